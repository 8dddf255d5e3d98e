//! A field answered by an RPC: which one, and what is put together to ask it.

use apollo_compiler::ast::{OperationType, Type};
use apollo_compiler::schema::ExtendedType;
use prost_reflect::{FieldDescriptor, MessageDescriptor, MethodDescriptor, Value};

use super::binder::{At, Binder, Shape};
use super::directives::{Argument, BatchArguments, Reader, Rpc, Text};
use super::fault::{Fault, Mismatch, Side};
use super::path::Place;
use super::policy::Ground;
use super::request::Keyed;
use super::synthetic::SyntheticMessage;
use crate::contract::{Join, KeyPart, Method, SideEffects, Source, join, source};
use crate::diagnostic::Span;
use crate::input::Fault as InputFault;

/// What a call may read keys from.
pub(super) enum Parent<'a> {
    Root,
    Message(&'a MessageDescriptor),
    Synthetic(&'a SyntheticMessage),
    /// The key is already known: a type that is loaded by it.
    Key(&'a LoadKey),
    /// What the parent is could not be found out: whether it has something is not to be judged.
    Unknown,
}

/// A key that the parent holds in place of an object.
pub(super) struct LoadKey {
    pub(super) part: KeyPart,
    pub(super) many: bool,
    field: FieldDescriptor,
}

impl<'a> Parent<'a> {
    pub(super) fn of(shape: &'a Shape) -> Parent<'a> {
        match shape {
            Shape::Root(_) => Parent::Root,
            Shape::Message(message) => Parent::Message(message),
            Shape::Synthetic(message) => Parent::Synthetic(message),
            Shape::Unknown => Parent::Unknown,
        }
    }
}

/// A call while it is put together.
pub(super) struct Asking<'a> {
    pub(super) at: &'a At,
    pub(super) ty: &'a Type,
    pub(super) parent: &'a Parent<'a>,
    pub(super) method: &'a MethodDescriptor,
    pub(super) rpc: &'a Rpc,
    pub(super) span: Option<Span>,
    /// For `@load`: arguments of the field are none of the loading method's business.
    pub(super) with_arguments: bool,
}

/// What becomes of the messages of a method.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Streaming {
    /// There is one.
    No,
    /// Each is an event of a subscription.
    Events,
    /// All of them are a list.
    Gathered,
}

impl Binder<'_> {
    pub(super) fn rpc(
        &mut self,
        at: &At,
        parent: &Parent<'_>,
        rpc: &Rpc,
        span: Option<Span>,
        batch: Option<&BatchArguments>,
    ) -> Option<Source> {
        let Some(method) = self.find_method(&rpc.method) else {
            self.sources_without_method(at, parent, rpc.with.as_ref(), batch);
            return None;
        };
        let ty = at.field.ty.clone();
        let asking =
            Asking { at, ty: &ty, parent, method: &method, rpc, span, with_arguments: true };
        let streaming = self.check_streaming(&asking, batch)?;
        self.call = Some(super::Call { method: Some(method.clone()), span, ..Default::default() });
        self.join(&asking, batch, streaming)
    }

    /// Where there is no such method: what its request was to be filled with can still be wrong in itself.
    pub(super) fn sources_without_method(
        &mut self,
        at: &At,
        parent: &Parent<'_>,
        with: Option<&Argument>,
        batch: Option<&BatchArguments>,
    ) {
        if let Some(with) = with {
            self.with_sources(at, parent, with);
        }
        if let Some(batch) = batch {
            self.max(at, batch);
            self.key_sources::<()>(parent, batch);
        }
    }

    fn join(
        &mut self,
        asking: &Asking<'_>,
        batch: Option<&BatchArguments>,
        streaming: Streaming,
    ) -> Option<Source> {
        let mut join = if streaming == Streaming::Gathered {
            self.gathered(asking)?
        } else if let Some(arguments) = self.batch_arguments(asking, batch) {
            self.batched(asking, &arguments)?
        } else {
            self.unbatched(asking, batch.and_then(|batch| batch.keys.as_ref()))?
        };
        if join.many && !asking.ty.is_list() {
            return self.many_for_one(asking, &join);
        }
        join.target = Some(join::Target::Method(self.method(asking.method)));
        self.required_fills(&mut join, &asking.method.input());
        let operation = asking.at.operation.filter(|_| asking.with_arguments);
        join.side_effects = side_effects(asking.method, operation) as i32;
        Some(Source { kind: Some(source::Kind::Join(Box::new(join))) })
    }

    /// The parent gives a list of keys, and the field shows one value.
    fn many_for_one<T>(&mut self, asking: &Asking<'_>, join: &Join) -> Option<T> {
        let path = join.key.first().map(|part| &*part.path).unwrap_or_default();
        let field = match asking.parent {
            Parent::Key(load) => Some(load.field.clone()),
            Parent::Message(parent) => super::path::field_at(parent, path),
            _ => None,
        };
        let proto = field.as_ref().map_or("the key", |field| field.full_name()).to_owned();
        self.fault(Fault::ListMismatch {
            coordinate: asking.at.coordinate(),
            graphql: asking.ty.to_string(),
            graphql_is_list: false,
            span: self.type_span(asking.ty),
            proto,
            proto_span: field.and_then(|field| self.field_span(&field)),
        });
        None
    }

    fn unbatched(&mut self, asking: &Asking<'_>, key: Option<&Text>) -> Option<Join> {
        let request = self.request(asking, Keyed::One(key));
        let many = request.as_ref().is_some_and(|request| request.many);
        let ty = if many { asking.ty.item_type() } else { asking.ty };
        let then =
            self.response(asking.at, ty, &asking.method.output(), asking.rpc.select.as_ref());
        let (request, then) = (request?, then?);
        let echoes = match asking.at.operation {
            Some(OperationType::Query) => super::echo::echoes(asking.method, &request.fills, &then),
            _ => Vec::new(),
        };
        let selection = self.selection(asking, &request, &then, None);
        Some(Join {
            fills: request.fills,
            key: request.key,
            many: request.many,
            then: Some(Box::new(then)),
            echoes,
            selection,
            ..Default::default()
        })
    }

    /// Whether objects of this type can be made from their key alone.
    pub(super) fn has_load(&self, named: &str) -> bool {
        self.type_of(named).is_some_and(|ty| ty.directives().has("load"))
    }

    /// The object whose key is at the end of `path`.
    pub(super) fn load(
        &mut self,
        at: &At,
        ty: &Type,
        prefix: &[u32],
        path: &[FieldDescriptor],
    ) -> Option<Source> {
        let field = path.last()?.clone();
        let named = ty.inner_named_type().as_str();
        let definition = self.type_of(named)?;
        let load = Reader::find(self.schema(), definition.directives(), "load")?;
        let (span, rpc, arguments) = (load.span(), load.rpc()?, load.batch());
        if self.is_loading {
            let (text, reason) =
                (field.name(), "it is a key once more, and would be loaded without end");
            let place = Place { side: Side::Response, argument: "select", span };
            return self.bad_path(text, reason, place, &field);
        }
        let Some(method) = self.find_method(&rpc.method) else {
            self.load_policy(at, definition, Ground::Unknown);
            return None;
        };
        let scalar = super::leaf::scalar_of(&field.kind());
        let key = LoadKey {
            part: KeyPart {
                path: [prefix, &super::path::numbers(path)].concat(),
                scalar: scalar as i32,
                presence: super::path::has_presence(&field),
                ..Default::default()
            },
            many: field.is_list(),
            field: field.clone(),
        };
        let parent = Parent::Key(&key);
        let asking = Asking {
            at,
            ty,
            parent: &parent,
            method: &method,
            rpc: &rpc,
            span,
            with_arguments: false,
        };
        let streaming = self.check_streaming(&asking, Some(&arguments))?;
        let load = super::Call { method: Some(method.clone()), span, ..Default::default() };
        let first = self.call.replace(load);
        self.is_loading = true;
        let mut source = self.join(&asking, Some(&arguments), streaming);
        self.is_loading = false;
        if self.batch_arguments(&asking, Some(&arguments)).is_none() {
            self.load_without_batch(named, definition);
        }
        if let Some(Source { kind: Some(source::Kind::Join(join)) }) = &mut source {
            join.policy = self.load_policy(at, definition, self.ground(join));
        } else {
            self.load_policy(at, definition, self.ground_of_refused(false));
        }
        if first.is_some() {
            self.load = std::mem::replace(&mut self.call, first);
        }
        source
    }

    /// What `@load` says of items where the method answers one.
    fn load_without_batch(&mut self, named: &str, definition: &ExtendedType) {
        let load = Reader::find(self.schema(), definition.directives(), "load");
        let said: Vec<_> = ["match", "status", "max"]
            .into_iter()
            .filter_map(|name| Some((name, load.as_ref()?.argument(name)?.span)))
            .collect();
        for (name, span) in said {
            self.fault(Fault::MisplacedDirective {
                coordinate: named.to_owned(),
                directive: format!("load({name}:)"),
                reason: "one key is asked at a time: a batch has `items`".to_owned(),
                span,
            });
        }
    }

    pub(super) fn find_method(&mut self, name: &Text) -> Option<MethodDescriptor> {
        let found = name.value.split_once('/').and_then(|(service, method)| {
            let service = self.input.protos.pool.get_service_by_name(service)?;
            service.methods().find(|candidate| candidate.name() == method)
        });
        // A proto that could not be read may have it.
        if found.is_none() && !self.input.faults.iter().any(InputFault::is_fatal) {
            let methods = self.methods();
            let known = methods
                .iter()
                .map(|method| (path_of(method), self.input.protos.method_span(method)))
                .collect();
            self.fault(Fault::UnknownMethod { name: name.value.clone(), span: name.span, known });
        }
        found
    }

    pub(super) fn methods(&self) -> Vec<MethodDescriptor> {
        self.input
            .protos
            .pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .collect()
    }

    fn check_streaming(
        &mut self,
        asking: &Asking<'_>,
        batch: Option<&BatchArguments>,
    ) -> Option<Streaming> {
        let method = asking.method;
        let (coordinate, name) = (asking.at.coordinate(), path_of(method));
        let proto = self.input.protos.method_span(method);
        let span = asking.rpc.method.span.or(asking.span);
        if method.is_client_streaming() {
            self.fault(Fault::ClientStreaming { coordinate, method: name, span, proto });
            return None;
        }
        let operation = asking.at.operation.filter(|_| asking.with_arguments);
        let is_subscription = operation == Some(OperationType::Subscription);
        let reason = match (method.is_server_streaming(), is_subscription) {
            (true, true) => return Some(Streaming::Events),
            (false, false) => return Some(Streaming::No),
            (false, true) => Mismatch::AnswersOnce,
            (true, false) if operation == Some(OperationType::Mutation) => Mismatch::Mutation,
            (true, false) if !asking.with_arguments => Mismatch::Load,
            (true, false) if batch.is_some() => Mismatch::Batch,
            (true, false) if !asking.ty.is_list() => Mismatch::NoList,
            (true, false) => return Some(Streaming::Gathered),
        };
        self.fault(Fault::StreamingMismatch { coordinate, method: name, reason, span, proto });
        None
    }
}

/// "bookshop.pricing.v1.Pricing/GetPrice"
pub(super) fn path_of(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

/// What repeating the call would do: what the proto says, else what GraphQL says.
fn side_effects(method: &MethodDescriptor, operation: Option<OperationType>) -> SideEffects {
    use prost_reflect::prost_types::method_options::IdempotencyLevel;
    let options = method.method_descriptor_proto().options.as_ref();
    match options.map(|options| options.idempotency_level()) {
        Some(IdempotencyLevel::NoSideEffects) => SideEffects::NoSideEffects,
        Some(IdempotencyLevel::Idempotent) => SideEffects::Idempotent,
        _ if operation == Some(OperationType::Mutation) => SideEffects::Any,
        _ => SideEffects::NoSideEffects,
    }
}

pub(crate) fn describe(method: &MethodDescriptor) -> Method {
    let options = method.options();
    let extension = |name: &str| {
        let extension = method.parent_pool().get_extension_by_name(name)?;
        options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
    };
    let mut described = Method {
        service: method.parent_service().full_name().to_owned(),
        name: method.name().to_owned(),
        input: method.input().full_name().to_owned(),
        output: method.output().full_name().to_owned(),
        server_streaming: method.is_server_streaming(),
        ..Default::default()
    };
    described.shareable =
        extension("anabranch.v1.shareable").and_then(|value| value.as_bool()).unwrap_or(false);
    if let Some(Value::Message(forward)) = extension("anabranch.v1.forward") {
        let flag = |name: &str| {
            forward.get_field_by_name(name).and_then(|value| value.as_bool()).unwrap_or(false)
        };
        described.forward_identity = flag("identity");
        described.forward_tenant = flag("tenant");
        let headers = forward.get_field_by_name("headers");
        let headers = headers.as_ref().and_then(|headers| headers.as_list()).unwrap_or_default();
        described.forward_headers =
            headers.iter().filter_map(Value::as_str).map(str::to_lowercase).collect();
    }
    described
}
