//! What answers one field: a function, a call, a value in the message at hand, or nobody yet.

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::abstract_type::{OneofAt, oneof_at};
use super::binder::{At, Binder, Shape};
use super::call::Parent;
use super::fault::{Fault, Side};
use super::names::{field_of, singular, snake};
use super::path::{Place, is_plain};
use crate::contract::{Field, Source, State, join, source};
use crate::diagnostic::Span;

/// Directives that say how an object's field is answered.
const OF_OBJECTS: [&str; 9] =
    ["rpc", "batch", "from", "resolve", "timeout", "cache", "fallback", "invalidates", "mock"];

/// Directives that shape a call, and mean nothing without one.
const OF_CALLS: [&str; 4] = ["timeout", "cache", "fallback", "invalidates"];

impl Binder<'_> {
    pub(super) fn field(&mut self, at: &At, shape: &Shape, place: (u32, usize)) -> Field {
        self.conflicts(at);
        let mock = self.mock(at, place);
        let before = self.model.faults.len();
        let mut source = self.source(at, shape);
        let is_refused = source.is_none() && self.model.faults.len() > before;
        let mut state = State::Real;
        if let Some(Source { kind: Some(source::Kind::Join(join)) }) = &mut source {
            if self.is_promised(join) {
                state = State::Promised;
            }
            self.policy(at, shape, join, place);
            self.mock_of_gathered(at, join);
        } else if source.is_some() {
            self.policy_without_call(at);
        } else if is_refused {
            self.policy_of_refused(at, shape, place);
        }
        if matches!(shape, Shape::Synthetic(message) if message.is_promised)
            && !self.has_own_source(at)
        {
            state = State::Promised;
        }
        Field { name: at.field.name.to_string(), source, state: state as i32, mock }
    }

    fn is_promised(&self, join: &crate::contract::Join) -> bool {
        matches!(join.target, Some(join::Target::Method(id))
            if self.model.methods.get(id as usize).is_some_and(|method| method.promised))
    }

    fn has_own_source(&self, at: &At) -> bool {
        self.directive(at, "rpc").is_some() || self.directive(at, "resolve").is_some()
    }

    fn source(&mut self, at: &At, shape: &Shape) -> Option<Source> {
        if let Some(requires) =
            self.directive(at, "resolve").map(|resolve| (resolve.span(), resolve.text("requires")))
        {
            return self.resolve(at, shape, requires);
        }
        if let Some(rpc) = self.directive(at, "rpc").and_then(|rpc| Some((rpc.rpc()?, rpc.span())))
        {
            let batch = self.directive(at, "batch").map(|batch| batch.batch());
            return self.rpc(at, &Parent::of(shape), &rpc.0, rpc.1, batch.as_ref());
        }
        match shape {
            Shape::Root(operation) => self.root_field(at, *operation),
            Shape::Message(message) => self.message_field(at, message),
            Shape::Synthetic(message) => self.synthetic_field(at, message),
            Shape::Unknown => None,
        }
    }

    fn root_field(
        &mut self,
        at: &At,
        operation: apollo_compiler::ast::OperationType,
    ) -> Option<Source> {
        match self.by_convention(at, operation) {
            super::convention::Found::Method(rpc) => {
                self.rpc(at, &Parent::Root, &rpc, self.name_span(at), None)
            }
            super::convention::Found::Nothing => self.promised_root(at, operation),
            super::convention::Found::Refused => None,
        }
    }

    fn message_field(&mut self, at: &At, message: &MessageDescriptor) -> Option<Source> {
        if let Some(from) = self.directive(at, "from").and_then(|from| from.text("path")) {
            let place = Place { side: Side::From, argument: "path", span: from.span };
            if let Some(oneof) = oneof_at(message, &from.value) {
                return self.oneof_field(at, &oneof, from.span);
            }
            let path = self.path(message, &from.value, place)?;
            return self.wire_field(at, &path);
        }
        if let Some(path) = self.same_name(at, message) {
            return self.wire_field(at, &path);
        }
        if self.is_composite(at.field.ty.inner_named_type().as_str())
            && let Some(oneof) = oneof_at(message, &at.field.name)
        {
            return self.oneof_field(at, &oneof, self.name_span(at));
        }
        self.promised_on_message(at, message)
    }

    fn wire_field(&mut self, at: &At, path: &[FieldDescriptor]) -> Option<Source> {
        self.wire = path.last().cloned();
        self.useless_arguments(at);
        self.value_at(at, &at.field.ty, &[], path)
    }

    /// The field of the same name; for a type that is loaded by key, also the field that holds the key.
    fn same_name(&self, at: &At, message: &MessageDescriptor) -> Option<Vec<FieldDescriptor>> {
        let name = at.field.name.as_str();
        if let Some(field) = field_of(message, name) {
            return Some(vec![field]);
        }
        if !self.has_load(at.field.ty.inner_named_type().as_str()) {
            return None;
        }
        let key = if at.field.ty.is_list() {
            format!("{}_ids", singular(&snake(name)))
        } else {
            format!("{}_id", snake(name))
        };
        let field = message.get_field_by_name(&key)?;
        (is_plain(&field) && field.is_list() == at.field.ty.is_list()).then(|| vec![field])
    }

    fn oneof_field(&mut self, at: &At, oneof: &OneofAt, span: Option<Span>) -> Option<Source> {
        self.wire = oneof.first();
        self.useless_arguments(at);
        self.oneof_value(&at.field.ty, &[], oneof, span)
    }

    /// A value that comes with its parent was asked for by somebody else: no argument can change it any more.
    pub(super) fn useless_arguments(&mut self, at: &At) {
        for argument in &at.field.arguments {
            let (coordinate, argument, span) =
                (at.coordinate(), argument.name.to_string(), self.span(argument.name.location()));
            self.fault(Fault::UselessArgument { coordinate, argument, span });
        }
    }

    pub(super) fn conflicts(&mut self, at: &At) {
        let has = |name: &str| at.field.directives.has(name);
        let mut conflicts: Vec<(&str, &str)> = Vec::new();
        if has("rpc") && has("resolve") {
            conflicts.push(("resolve", "an RPC already answers this field"));
        }
        if has("from") && (has("rpc") || has("resolve") || at.operation.is_some()) {
            conflicts.push(("from", "the value comes from elsewhere; use `select` of `@rpc`"));
        }
        if has("batch") && !has("rpc") {
            conflicts.push(("batch", "there is no `@rpc` that it could batch"));
        } else if has("batch") && at.operation.is_some() {
            conflicts.push(("batch", "a root field has no parents to batch"));
        }
        if has("invalidates") && at.operation != Some(apollo_compiler::ast::OperationType::Mutation)
        {
            conflicts.push(("invalidates", "only a mutation invalidates"));
        }
        if at.operation == Some(apollo_compiler::ast::OperationType::Subscription) {
            conflicts.extend([
                ("resolve", "a function answers once, and a subscription needs a stream"),
                ("cache", "what a stream sends is shown as it comes, and not kept"),
                ("fallback", "what a stream sends is shown as it comes: nothing stands in for it"),
            ]);
        }
        for (directive, reason) in conflicts {
            self.misplaced(at, directive, reason);
        }
        self.selects(at);
    }

    /// Of two `select` one would be lost.
    fn selects(&mut self, at: &At) {
        let select = |name: &str| self.directive(at, name)?.argument("select");
        let (Some(rpc), Some(_)) = (select("rpc"), select("batch")) else { return };
        self.fault(Fault::MisplacedDirective {
            coordinate: at.coordinate(),
            directive: "rpc(select:)".to_owned(),
            reason: "`@batch` says with `select` what an item shows".to_owned(),
            span: rpc.span,
        });
    }

    /// What answers the field of an interface is said by the types that implement it.
    pub(super) fn interfaces(&mut self) {
        let types = &self.schema().definitions.types;
        for interface in types.values().filter_map(|ty| ty.as_interface()) {
            for field in interface.fields.values() {
                let type_name = interface.name.to_string();
                let at = At { type_name, field: field.clone(), operation: None };
                for directive in OF_OBJECTS {
                    let reason =
                        "each type that implements the interface says what answers its field";
                    self.misplaced(&at, directive, reason);
                }
            }
        }
    }

    fn policy_without_call(&mut self, at: &At) {
        for directive in OF_CALLS {
            self.misplaced(
                at,
                directive,
                "the value comes with its parent: there is no call behind this field",
            );
        }
    }

    fn misplaced(&mut self, at: &At, directive: &str, reason: &str) {
        let Some(span) = self.directive(at, directive).map(|directive| directive.span()) else {
            return;
        };
        let (directive, reason) = (directive.to_owned(), reason.to_owned());
        self.fault(Fault::MisplacedDirective {
            coordinate: at.coordinate(),
            directive,
            reason,
            span,
        });
    }
}
