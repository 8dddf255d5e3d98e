//! A list answered by a stream: its messages are gathered to one response.
//!
//! Where a message repeats what is shown, the messages one behind the other are that response: protobuf itself says that
//! their lists follow one another. Else each message has one item, and the response is a message that only we know, whose
//! field 1 repeats them.

use apollo_compiler::ast::Type;
use prost_reflect::{Kind, MessageDescriptor};

use super::abstract_type::oneof_at;
use super::binder::{At, Binder};
use super::call::Asking;
use super::directives::Text;
use super::fault::{Fault, Mismatch, Side};
use super::leaf::scalar_of;
use super::path::Place;
use super::request::Keyed;
use super::response::Standing;
use super::value::Side as Shown;
use crate::contract::{
    Cardinality, Gather, GatherItem, Join, KeyPart, Scalar, Source, Wire, source,
};

/// The field of the synthetic response that repeats the items.
const ITEMS: u32 = 1;

impl Binder<'_> {
    pub(super) fn gathered(&mut self, asking: &Asking<'_>) -> Option<Join> {
        let request = self.request(asking, Keyed::One(None));
        let value = self.gathered_value(asking);
        let (request, (gather, then)) = (request?, value?);
        if request.many {
            self.fault(Fault::StreamingMismatch {
                coordinate: asking.at.coordinate(),
                method: super::call::path_of(asking.method),
                reason: Mismatch::ManyKeys,
                span: asking.rpc.method.span.or(asking.span),
                proto: self.input.protos.method_span(asking.method),
            });
            return None;
        }
        let selection = match (&gather.item, &request.selecting) {
            (None, _) => self.selection(asking, &request, &then, None),
            (Some(_), Some(selecting)) => return self.no_mask_of_items(selecting),
            (Some(_), None) => None,
        };
        Some(Join {
            fills: request.fills,
            key: request.key,
            then: Some(Box::new(then)),
            selection,
            gather: Some(gather),
            ..Default::default()
        })
    }

    fn gathered_value(&mut self, asking: &Asking<'_>) -> Option<(Gather, Source)> {
        let (at, ty, message) = (asking.at, asking.ty, asking.method.output());
        let item_type = ty.item_type();
        if let Some(select) = &asking.rpc.select {
            if let Some(oneof) = oneof_at(&message, &select.value) {
                let value = self.oneof_value(item_type, &[], &oneof, select.span)?;
                return self.item(at, item_type, &message, value);
            }
            let place = Place { side: Side::Response, argument: "select", span: select.span };
            let path = self.path(&message, &select.value, place)?;
            if path.last().is_some_and(|last| last.is_list() || last.is_map()) {
                return Some((Gather::default(), self.read(at, ty, &[], &path)?));
            }
            let value = self.read(at, item_type, &[], &path)?;
            return self.item(at, item_type, &message, value);
        }
        let named = ty.inner_named_type().as_str();
        let is_item = self.shows(named, &message) || self.is_leaf_message(named, &message);
        let list = if is_item { Err(Vec::new()) } else { self.choose(at, ty, &message, &[]) };
        if let Ok(Standing::Field(field)) = list {
            return Some((Gather::default(), self.read(at, ty, &[], &[field])?));
        }
        let value = match self.choose(at, item_type, &message, &[]) {
            Ok(Standing::Whole) => self.whole(at, item_type, &[], &message)?,
            Ok(Standing::Field(field)) => self.read(at, item_type, &[], &[field])?,
            Err(candidates) => return self.no_value(at, ty, &message, candidates),
        };
        self.item(at, item_type, &message, value)
    }

    /// What is known of one message, for the response that repeats it.
    fn item(
        &mut self,
        at: &At,
        ty: &Type,
        message: &MessageDescriptor,
        value: Source,
    ) -> Option<(Gather, Source)> {
        let (item, kind) = match value.kind? {
            source::Kind::Wire(wire) if wire.cardinality() == Cardinality::Map => {
                let coordinate = at.coordinate();
                let side = Shown { coordinate: &coordinate, ty, span: self.type_span(ty) };
                let field = message.get_field(wire.number)?;
                return self.mismatch(&side, &field);
            }
            source::Kind::Wire(wire) => {
                let number = Some(wire.number).filter(|number| *number != 0);
                let path: Vec<u32> = wire.path.iter().copied().chain(number).collect();
                let presence = wire.cardinality() == Cardinality::Explicit;
                let item = GatherItem { scalar: scalar_at(message, &path) as i32, path, presence };
                let kind = source::Kind::Wire(Wire {
                    number: ITEMS,
                    cardinality: Cardinality::Repeated as i32,
                    value: wire.value,
                    ..Default::default()
                });
                (item, kind)
            }
            // What is loaded by key: the messages give the keys.
            source::Kind::Join(mut load) => {
                let part = load.key.first_mut()?;
                let path = std::mem::replace(&mut part.path, vec![ITEMS]);
                let KeyPart { scalar, presence, .. } = *part;
                part.presence = false;
                load.many = true;
                (GatherItem { path, scalar, presence }, source::Kind::Join(load))
            }
        };
        Some((Gather { item: Some(item) }, Source { kind: Some(kind) }))
    }

    fn no_mask_of_items<T>(&mut self, selecting: &super::selection::Selecting) -> Option<T> {
        let Text { value: text, span } = selecting.text.clone();
        let proto = selecting.target.last().and_then(|field| self.field_span(field));
        let reason = "a stream whose messages are items is asked for everything".to_owned();
        self.fault(Fault::InvalidSelection { text, reason, known: Vec::new(), span, proto });
        None
    }

    /// The mock makes the messages of a stream, and a value is a list.
    pub(super) fn mock_of_gathered(&mut self, at: &At, join: &Join) {
        let has_items = join.gather.as_ref().is_some_and(|gather| gather.item.is_some());
        let Some(mock) = self.directive(at, "mock").filter(|_| has_items) else { return };
        if let Some(value) = mock.argument("value") {
            self.fault(Fault::MisplacedDirective {
                coordinate: at.coordinate(),
                directive: "mock(value:)".to_owned(),
                reason: "the messages of a stream are made one by one: `value` has the whole list"
                    .to_owned(),
                span: value.span,
            });
        }
    }
}

fn scalar_at(message: &MessageDescriptor, path: &[u32]) -> Scalar {
    let mut kind = Kind::Message(message.clone());
    for number in path {
        let inner = kind.as_message().and_then(|message| message.get_field(*number));
        let Some(field) = inner else { return Scalar::Unspecified };
        kind = field.kind();
    }
    scalar_of(&kind)
}
