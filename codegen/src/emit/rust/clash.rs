//! Names that are different in protobuf or GraphQL and would be one in Rust, or none.

use std::collections::{BTreeMap, HashMap};

use apollo_compiler::schema::ExtendedType;
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, ServiceDescriptorProto,
};

use super::{
    Input,
    messages::{is_foreign, is_map_entry, moved},
    names::{snake, upper_camel},
    resolvers::{argument_names, trait_name},
    services::{client_name, method_name, server_name},
};
use crate::{
    contract::{Contract, Resolver},
    diagnostic::{Diagnostic, Severity, Span},
    input::{Protos, Schema},
};

/// Names that cannot be told apart in Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clash {
    /// What they would be; empty where Rust has no such name.
    pub(crate) rust: String,
    /// What they are: full names of protobuf, and `Type.field` of GraphQL.
    pub(crate) names: Vec<String>,
}

impl Clash {
    /// What is wrong, in one line.
    fn message(&self) -> String {
        let names: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        let names = names.join(" and ");
        if self.rust.is_empty() {
            format!("{names} has no name in Rust")
        } else {
            format!("{names} would both be `{}` in Rust", self.rust)
        }
    }

    /// The clash as a finding, with the places of what is named in a proto or in the schema.
    pub(crate) fn diagnostic(&self, protos: &Protos, schema: &Schema) -> Diagnostic {
        let help = "rename it; `anabranch serve` needs no Rust and takes the names as they are";
        let mut diagnostic = Diagnostic::new(RULE, Severity::Error, self.message()).help(help);
        let place = |name: &String| span(protos, name).or_else(|| field_span(schema, name));
        let mut spans = self.names.iter().filter_map(place);
        diagnostic = diagnostic.at(spans.next(), "this name");
        for span in spans {
            diagnostic = diagnostic.also(span, "and this one");
        }
        diagnostic
    }
}

/// The rule of all clashes.
const RULE: &str = "rust-name-clash";

/// Who wants which name.
struct Claims {
    /// By module, then by name.
    taken: BTreeMap<(String, String), Vec<String>>,
    /// The fields of GraphQL behind the messages of their functions.
    functions: HashMap<String, String>,
}

/// All clashes, in the order of their Rust names.
pub(super) fn find(input: &Input<'_>, files: &[FileDescriptorProto]) -> Vec<Clash> {
    let mut claims = Claims::new(input.contract);
    for file in files.iter().filter(|file| !is_foreign(file.package())) {
        claims.file(file, input.server_stubs);
    }
    claims.resolvers(input.contract);
    claims.claim("", "resolvers", "the module of resolver traits");
    claims.claim("", "EmbeddedContract", "the type of the contract");
    claims.clashes()
}

impl Claims {
    fn new(contract: &Contract) -> Self {
        let coordinate = |resolver: &Resolver| {
            let message = resolver.output.rsplit_once('.').map_or("", |(message, _)| message);
            (moved(message), format!("{}.{}", resolver.r#type, resolver.field))
        };
        let functions = contract.resolvers.iter().map(coordinate).collect();
        Self { taken: BTreeMap::new(), functions }
    }

    /// What clashes, without what clashes only because what it belongs to does.
    fn clashes(self) -> Vec<Clash> {
        let mut clashes: Vec<Clash> = Vec::new();
        for ((module, name), names) in self.taken {
            let belongs = |clash: &Clash| {
                clash.names.len() == names.len()
                    && names.iter().zip(&clash.names).all(|(name, outer)| name.starts_with(outer))
            };
            if name.is_empty() {
                clashes.push(Clash { rust: name, names });
            } else if names.len() > 1 && !clashes.iter().any(belongs) {
                clashes.push(Clash { rust: join(&module, &name, "::"), names });
            }
        }
        clashes
    }

    fn claim(&mut self, module: &str, name: &str, owner: &str) {
        let owners = self.taken.entry((module.to_owned(), name.to_owned())).or_default();
        if !owners.iter().any(|other| other == owner) {
            owners.push(owner.to_owned());
        }
    }

    fn file(&mut self, file: &FileDescriptorProto, server_stubs: bool) {
        let (mut module, mut package) = (String::new(), String::new());
        for part in file.package().split('.').filter(|part| !part.is_empty()) {
            package = join(&package, part, ".");
            self.claim(&module, &snake(part), &package);
            module = join(&module, &snake(part), "::");
        }
        self.types(&module, &package, &file.message_type, &file.enum_type);
        for service in &file.service {
            self.service(&module, &package, service, server_stubs);
        }
    }

    fn types(
        &mut self,
        module: &str,
        outer: &str,
        messages: &[DescriptorProto],
        enums: &[EnumDescriptorProto],
    ) {
        for name in enums.iter().map(EnumDescriptorProto::name) {
            self.claim(module, &upper_camel(name), &join(outer, name, "."));
        }
        for message in messages.iter().filter(|message| !is_map_entry(message)) {
            let full_name = join(outer, message.name(), ".");
            let full_name = self.functions.get(&full_name).cloned().unwrap_or(full_name);
            self.claim(module, &upper_camel(message.name()), &full_name);
            let inner = join(module, &snake(message.name()), "::");
            let oneofs = oneofs(message);
            let nested = message.nested_type.iter().any(|nested| !is_map_entry(nested));
            if nested || !message.enum_type.is_empty() || !oneofs.is_empty() {
                self.claim(module, &snake(message.name()), &full_name);
            }
            for (name, rust) in oneofs {
                self.claim(&inner, &rust, &join(&full_name, name, "."));
            }
            self.types(&inner, &full_name, &message.nested_type, &message.enum_type);
        }
    }

    fn service(
        &mut self,
        module: &str,
        package: &str,
        service: &ServiceDescriptorProto,
        server_stubs: bool,
    ) {
        let full_name = join(package, service.name(), ".");
        if upper_camel(service.name()).is_empty() {
            return self.claim(module, "", &full_name);
        }
        let client = client_name(service.name());
        self.claim(module, &client, &full_name);
        if server_stubs {
            let server = format!("{}_server", snake(&server_name(service.name())));
            self.claim(module, &server, &full_name);
        }
        for method in &service.method {
            let owner = format!("{full_name}/{}", method.name());
            self.claim(&join(module, &client, "::"), &method_name(method.name()), &owner);
        }
    }

    fn resolvers(&mut self, contract: &Contract) {
        for (resolver, name) in contract.resolvers.iter().zip(argument_names(contract)) {
            let coordinate = format!("{}.{}", resolver.r#type, resolver.field);
            self.claim("", &format!("{name}Parent"), &coordinate);
            self.claim("", &format!("{name}Args"), &coordinate);
            let traits = trait_name(&resolver.r#type);
            self.claim("", &traits, &resolver.r#type);
            self.claim(&traits, &snake(&resolver.field), &coordinate);
        }
    }
}

fn span(protos: &Protos, name: &str) -> Option<Span> {
    let pool = &protos.pool;
    if let Some((service, method)) = name.split_once('/') {
        let service = pool.get_service_by_name(service)?;
        let method = service.methods().find(|candidate| candidate.name() == method)?;
        return protos.method_span(&method);
    }
    let message = pool.get_message_by_name(name).and_then(|message| protos.message_span(&message));
    message.or_else(|| protos.enum_span(&pool.get_enum_by_name(name)?))
}

/// Where the schema has `Type.field` or a type.
fn field_span(schema: &Schema, name: &str) -> Option<Span> {
    let (type_name, field) =
        name.split_once('.').map_or((name, None), |(ty, field)| (ty, Some(field)));
    let ty = schema.definitions.types.get(type_name)?;
    let Some(field) = field else { return schema.span(ty.name().location()) };
    let field = match ty {
        ExtendedType::Object(ty) => ty.fields.get(field)?,
        ExtendedType::Interface(ty) => ty.fields.get(field)?,
        _ => return None,
    };
    schema.span(field.name.location())
}

fn join(outer: &str, name: &str, sign: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}{sign}{name}") }
}

/// The oneofs of a message that are types in Rust, and how prost-build calls those.
fn oneofs(message: &DescriptorProto) -> Vec<(&str, String)> {
    let is_type = |index: usize| {
        message
            .field
            .iter()
            .any(|field| !field.proto3_optional() && field.oneof_index == i32::try_from(index).ok())
    };
    let nested = message.nested_type.iter().map(DescriptorProto::name);
    let nested: Vec<String> = nested
        .chain(message.enum_type.iter().map(EnumDescriptorProto::name))
        .map(upper_camel)
        .collect();
    let indexed = message.oneof_decl.iter().enumerate().filter(|(index, _)| is_type(*index));
    indexed
        .map(|(_, oneof)| {
            let mut rust = upper_camel(oneof.name());
            if nested.contains(&rust) {
                rust.push_str("OneOf");
            }
            (oneof.name(), rust)
        })
        .collect()
}
