//! Small contracts by hand.

use crate::contract::{
    Batch, Binding, Cache, Cardinality, Contract, Echo, Fallback, Field, Fill, Format, Join,
    KeyPart, Leaf, MaskField, MaskMessage, Match, Member, Method, Policy, Resolver, Scalar, Scope,
    Selection, SideEffects, Source, Wire, fill, join, source, wire,
};

#[derive(Default)]
pub(super) struct Builder {
    pub(super) contract: Contract,
}

impl Builder {
    pub(super) fn object<const N: usize>(
        &mut self,
        name: &str,
        message: &str,
        fields: [Field; N],
    ) -> u32 {
        self.binding(Binding {
            r#type: name.to_owned(),
            message: message.to_owned(),
            fields: fields.into(),
            members: Vec::new(),
        })
    }

    pub(super) fn abstract_type<const N: usize>(
        &mut self,
        name: &str,
        message: &str,
        members: [(u32, u32); N],
    ) -> u32 {
        let members =
            members.into_iter().map(|(number, binding)| Member { number, binding }).collect();
        self.binding(Binding {
            r#type: name.to_owned(),
            message: message.to_owned(),
            fields: Vec::new(),
            members,
        })
    }

    fn binding(&mut self, binding: Binding) -> u32 {
        self.contract.bindings.push(binding);
        u32::try_from(self.contract.bindings.len() - 1).unwrap()
    }

    /// What masks call the fields of a message: `1 id, 2 price→1, 3 color|1`.
    pub(super) fn mask_message(&mut self, fields: &str) -> u32 {
        let field = |text: &str| {
            let (number, rest) = text.split_once(' ').unwrap();
            let (rest, oneof) = rest.split_once('|').unwrap_or((rest, "0"));
            let (name, message) = rest.split_once('→').unwrap_or((rest, ""));
            MaskField {
                number: number.parse().unwrap(),
                name: name.to_owned(),
                message: message.parse().ok(),
                oneof: oneof.parse().unwrap(),
            }
        };
        let fields = fields.split(", ").map(field).collect();
        self.contract.mask_messages.push(MaskMessage { fields });
        u32::try_from(self.contract.mask_messages.len() - 1).unwrap()
    }

    /// A call of `shop.Service/Method`, whose name is added to the contract.
    pub(super) fn call(&mut self, name: &str) -> Ask {
        let (service, name) = name.split_once('/').unwrap();
        let same = |method: &Method| method.service == service && method.name == name;
        let index = self.contract.methods.iter().position(same).unwrap_or_else(|| {
            let (service, name) = (service.to_owned(), name.to_owned());
            self.contract.methods.push(Method { service, name, ..Method::default() });
            self.contract.methods.len() - 1
        });
        let target = Some(join::Target::Method(u32::try_from(index).unwrap()));
        Ask(Join { target, ..Join::default() })
    }

    pub(super) fn resolver(&mut self, type_name: &str, field: &str) -> Ask {
        let (r#type, field) = (type_name.to_owned(), field.to_owned());
        self.contract.resolvers.push(Resolver { r#type, field, ..Resolver::default() });
        let index = u32::try_from(self.contract.resolvers.len() - 1).unwrap();
        Ask(Join { target: Some(join::Target::Resolver(index)), ..Join::default() })
    }
}

/// A join, step by step.
#[derive(Clone)]
pub(super) struct Ask(pub(super) Join);

impl Ask {
    /// Argument `name` goes into the request's field `number`.
    pub(super) fn argument(mut self, name: &str, number: u32) -> Self {
        let source = Some(fill::Source::Argument(name.to_owned()));
        self.0.fills.push(Fill { path: vec![number], source, value: None, required: 0 });
        self
    }

    /// Field `request` of the request is said again at `response`.
    pub(super) fn echo(mut self, request: u32, response: &[u32]) -> Self {
        let (scalar, response) = (Scalar::String.into(), response.to_vec());
        self.0.echoes.push(Echo { request, scalar, response });
        self
    }

    /// It changes nothing.
    pub(super) fn reads(mut self) -> Self {
        self.0.side_effects = SideEffects::NoSideEffects.into();
        self
    }

    /// The request's field 9 takes a mask whose paths begin at `resource` of an entity, in the mask message `message`.
    pub(super) fn selection(mut self, resource: &[u32], message: u32) -> Self {
        let resource = resource.to_vec();
        self.0.selection = Some(Selection { path: vec![9], resource, message });
        self
    }

    /// The parent's field `path` goes into field 1 of the request.
    pub(super) fn key(mut self, path: &[u32]) -> Self {
        self.0.key.push(KeyPart {
            path: path.to_vec(),
            scalar: Scalar::String.into(),
            target: vec![1],
            target_scalar: Scalar::String.into(),
            ..KeyPart::default()
        });
        self
    }

    pub(super) fn many(mut self) -> Self {
        self.0.many = true;
        self
    }

    pub(super) fn batch(mut self, max: u32) -> Self {
        for part in &mut self.0.key {
            part.target.clear();
        }
        let matching = Match { path: vec![1], scalar: Scalar::String.into() };
        let r#match = self.0.key.iter().map(|_| matching.clone()).collect();
        self.0.batch =
            Some(Batch { keys: vec![1], items: vec![1], r#match, max, ..Batch::default() });
        self
    }

    pub(super) fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(self.0.policy.get_or_insert_default());
        self
    }

    pub(super) fn timeout(self, milliseconds: u64) -> Self {
        self.policy(|policy| policy.timeout_ms = milliseconds)
    }

    pub(super) fn cache(self, max_age_ms: u64, scope: Scope) -> Self {
        let scope = scope.into();
        let cache = Cache { max_age_ms, scope, ..Cache::default() };
        self.policy(|policy| policy.cache = Some(cache))
    }

    pub(super) fn fallback(self, fallback: Fallback) -> Self {
        self.policy(|policy| policy.fallback = Some(Box::new(fallback)))
    }

    /// The field `name`, answered by the reply as a whole.
    pub(super) fn field(self, name: &str, then: Source) -> Field {
        field(name, self.source(then))
    }

    pub(super) fn source(mut self, then: Source) -> Source {
        self.0.then = Some(Box::new(then));
        Source { kind: Some(source::Kind::Join(Box::new(self.0))) }
    }
}

pub(super) fn field(name: &str, source: Source) -> Field {
    Field { name: name.to_owned(), source: Some(source), ..Field::default() }
}

/// A text in the message's field `number`.
pub(super) fn leaf(name: &str, number: u32) -> Field {
    field(name, text(number))
}

pub(super) fn text(number: u32) -> Source {
    wire(number, Cardinality::Implicit, wire::Value::Leaf(text_leaf()))
}

/// A message of `binding` in the field `number`; 0: the message itself.
pub(super) fn object(number: u32, binding: u32) -> Source {
    wire(number, Cardinality::Explicit, wire::Value::Binding(binding))
}

/// Messages of `binding` in the field `number`.
pub(super) fn list(number: u32, binding: u32) -> Source {
    wire(number, Cardinality::Repeated, wire::Value::Binding(binding))
}

fn wire(number: u32, cardinality: Cardinality, value: wire::Value) -> Source {
    let cardinality = cardinality.into();
    let value = Some(value);
    let wire =
        Wire { path: Vec::new(), number, cardinality, value, map_key: None, default: Vec::new() };
    Source { kind: Some(source::Kind::Wire(wire)) }
}

fn text_leaf() -> Leaf {
    Leaf { scalar: Scalar::String.into(), format: Format::String.into(), r#enum: 0, wrapped: false }
}
