//! Root fields that say nothing: the method of that name, as the AIP conventions name methods.

use apollo_compiler::ast::OperationType;
use prost_reflect::MethodDescriptor;

use super::binder::{At, Binder};
use super::call::path_of;
use super::directives::{Rpc, Text};
use super::fault::Fault;
use super::names::pascal;

/// What the conventions find.
pub(super) enum Found {
    Method(Rpc),
    Nothing,
    /// More than one, which is a fault.
    Refused,
}

impl Binder<'_> {
    pub(super) fn by_convention(&mut self, at: &At, operation: OperationType) -> Found {
        let names = self.conventional_names(at, operation);
        let streaming = operation == OperationType::Subscription;
        let methods = self.methods();
        let fitting = |method: &&MethodDescriptor| {
            method.is_server_streaming() == streaming
                && !method.is_client_streaming()
                && self.choose(at, &at.field.ty, &method.output(), &[]).is_ok()
        };
        for name in names {
            let candidates: Vec<&MethodDescriptor> =
                methods.iter().filter(|method| method.name() == name).filter(fitting).collect();
            match candidates.as_slice() {
                [] => {}
                [method] => {
                    let method = Text { value: path_of(method), span: None };
                    return Found::Method(Rpc { method, with: None, select: None });
                }
                several => {
                    let candidates = several.iter().map(|method| path_of(method)).collect();
                    let (coordinate, span) = (at.coordinate(), self.name_span(at));
                    self.fault(Fault::AmbiguousMethod { coordinate, span, candidates });
                    return Found::Refused;
                }
            }
        }
        Found::Nothing
    }

    fn conventional_names(&self, at: &At, operation: OperationType) -> Vec<String> {
        let field = pascal(&at.field.name);
        match operation {
            OperationType::Query if at.field.ty.is_list() => {
                vec![format!("List{field}"), format!("Search{field}"), field]
            }
            OperationType::Query => vec![format!("Get{field}"), format!("List{field}"), field],
            OperationType::Mutation => vec![field],
            OperationType::Subscription => vec![format!("Watch{field}"), field],
        }
    }
}
