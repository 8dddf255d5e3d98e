//! Frames for emission.

use std::fmt::Write as _;

use super::{Compiler, Place, finish, index, place, refused};
use crate::{
    contract::{self, Cardinality, Format, Scalar},
    error::Result,
    plan::{self, Member, Shape, ShapeField, ShapeId, SiteId, Source, Wire},
    transcoder::{
        descriptor::Known,
        finder::{Find, FinderId},
        frame::{
            Choice, ChoiceId, Default, Divided, Field, Frame, FrameId, Half, KeyText, Kind,
            Literal, Operation, Value, WHOLE,
        },
        leaf::{BytesLeaf, Integer, Leaf, write_bytes, write_number},
        map::EntryTags,
        raw::Room,
        scalar::wire_type,
        table::TableBuilder,
        wire::{Fields, LEN, Payload, tag_of},
    },
};

/// What an operation takes from its field.
#[derive(Clone, Copy)]
pub(super) struct Traits {
    pub(super) field: u32,
    nullable: bool,
    pub(super) item_nullable: bool,
    inside_join: bool,
}

impl Traits {
    /// For what a join reads from an entity.
    fn of_entity(self, many: bool) -> Self {
        let nullable = if many { self.item_nullable } else { self.nullable };
        Self { nullable, inside_join: true, ..self }
    }
}

impl<'a> Compiler<'a> {
    /// The frame of one shape.
    pub(super) fn object(&mut self, shape: ShapeId, known: &Known<'a>) -> Result<FrameId> {
        let plan = self.plan;
        let object = plan.shape(shape);
        let now = object.fields.iter().filter(|field| field.defers == object.defers);
        let (finder, builder) = match self.open.remove(&(self.parent, shape)) {
            Some((finder, builder)) => (Some(finder), builder),
            None => (None, TableBuilder::new(known.clone())),
        };
        let frame = self.fields(object, now, builder)?;
        if let Some(finder) = finder {
            self.read_together(finder, frame);
        }
        let mut portions = Vec::new();
        for (id, (defers, fields)) in self.portions(shape).zip(object.later()) {
            let field = index(self.layout.fields.len());
            let outer = std::mem::take(&mut self.outer);
            let builder = TableBuilder::new(known.clone());
            let site = self.site_of(id);
            let frame = self.below(site, |it| it.fields(object, fields.into_iter(), builder))?;
            self.outer.extend(defers);
            let portion = &mut self.layout.portions[id.0];
            portion.defers = defers.into();
            portion.frame = frame;
            portion.outer = self.outer.iter().copied().collect();
            portion.field = field;
            self.outer.extend(outer);
            portions.push(id);
        }
        // What begins here is not further out; what it stands in is.
        self.outer.extend(object.begins.iter().filter_map(|id| plan.defers[id.0].parent));
        self.outer.retain(|id| !object.begins.contains(id));
        if !portions.is_empty() || !object.begins.is_empty() {
            let divided =
                Divided { begins: object.begins.as_slice().into(), portions: portions.into() };
            self.layout.frames[frame.0].divided = Some(Box::new(divided));
        }
        Ok(frame)
    }

    /// A frame with some fields of a shape.
    fn fields<'f>(
        &mut self,
        shape: &Shape,
        fields: impl Iterator<Item = &'f ShapeField>,
        mut builder: TableBuilder<'a>,
    ) -> Result<FrameId> {
        let mut operations = Vec::new();
        let mut literal = String::from("{");
        for (at, field) in fields.enumerate() {
            if at > 0 {
                literal.push(',');
            }
            let _ = write!(literal, "\"{}\":", field.response_key);
            if field.source == Source::Typename {
                let _ = write!(literal, "\"{}\"", shape.type_name);
                continue;
            }
            let traits = self.traits(field);
            let mut operation = self.operation(&mut builder, &field.source, traits)?;
            if matches!(operation.kind, Kind::Text { .. }) {
                literal.push('"');
            }
            operation.literal = Literal::of(&std::mem::take(&mut literal));
            operations.push(operation);
        }
        literal.push('}');
        Ok(self.frame(builder, operations, &literal))
    }

    fn frame(
        &mut self,
        builder: TableBuilder<'a>,
        operations: Vec<Operation>,
        close: &str,
    ) -> FrameId {
        let (table, slots) = finish(builder, &mut self.layout.tables);
        let (operations, close) = (operations.into(), Literal::of(close));
        let frame = Frame { table, slots, operations, close, divided: None, kept: None };
        self.layout.frames.push(frame);
        FrameId(self.layout.frames.len() - 1)
    }

    /// Has a finder read with the table of its object's frame, and keep that for it.
    fn read_together(&mut self, FinderId(finder): FinderId, FrameId(frame): FrameId) {
        let (finder, frame) = (&mut self.layout.finders[finder], &mut self.layout.frames[frame]);
        (finder.table, finder.slots) = (frame.table, frame.slots);
        finder.keeps = finder.finds.iter().find_map(Find::only_site);
        frame.kept = finder.keeps;
    }

    fn traits(&mut self, field: &ShapeField) -> Traits {
        self.layout.fields.push(Field {
            response_key: field.response_key.as_str().into(),
            location: field.location,
        });
        Traits {
            field: index(self.layout.fields.len() - 1),
            nullable: field.nullable,
            item_nullable: field.item_nullable,
            inside_join: false,
        }
    }

    fn operation(
        &mut self,
        builder: &mut TableBuilder<'a>,
        source: &Source,
        traits: Traits,
    ) -> Result<Operation> {
        let (kind, slot, guard) = match source {
            Source::Wire(wire) => self.wire(builder, wire, traits)?,
            Source::Join { site, then } => (self.join(*site, then, traits)?, WHOLE, 0),
            Source::Slow => (Kind::Slow, WHOLE, 0),
            Source::Typename => return Err(refused("the plan reads a type's name from an entity")),
        };
        let Traits { field, nullable, item_nullable, inside_join } = traits;
        let default = self.default(source)?.map(Box::new);
        Ok(Operation {
            literal: Literal::of(""),
            kind,
            slot,
            guard,
            field,
            nullable,
            item_nullable,
            inside_join,
            default,
        })
    }

    /// What is shown where a field with presence is absent, if the contract says it.
    fn default(&mut self, source: &Source) -> Result<Option<Default>> {
        let Source::Wire(wire) = source else { return Ok(None) };
        let plan::Value::Leaf(contract_leaf) = &wire.value else { return Ok(None) };
        if wire.default.is_empty() || wire.cardinality != Cardinality::Explicit {
            return Ok(None);
        }
        let field = Fields::of(&wire.default).next().ok().flatten();
        let payload = field.ok_or(refused("the contract has a default that is no field"))?.payload;
        let leaf = self.leaf(contract_leaf)?;
        let enums = self.layout.enums.names();
        let mut json = Vec::new();
        let written = match (leaf, payload) {
            (Leaf::Number(leaf, _), Payload::Number(raw)) => {
                write_number(Room::of(&mut json), leaf, raw, enums)
            }
            (Leaf::Bytes(leaf), Payload::Bytes(bytes)) => {
                write_bytes(&mut json, leaf, bytes, enums)
            }
            _ => return Err(refused("the contract has a default of another type than its field")),
        };
        Ok(Some(written.map(|()| json)))
    }

    pub(super) fn join(&mut self, site: SiteId, then: &Source, traits: Traits) -> Result<Kind> {
        let plan::Site { step, many, stream, .. } = *self.plan.site(site);
        let join = &self.plan.step(step).join;
        let known = super::entity_of(join, self.contract, self.descriptors);
        self.layout.site_finders[site.0] = self.find_in_entity(site, then, known.clone())?;
        let traits = traits.of_entity(many);
        let then = self.below(site, |it| it.entity(then, traits, known))?;
        let half = match stream {
            None => Half::All,
            Some(stream) => {
                let rest = self.rest_of_values(stream, traits)?;
                Half::First { stream, rest }
            }
        };
        Ok(Kind::Join { site, step, many: many.then_some(half), then })
    }

    /// The frame of what a join reads from an entity.
    fn entity(&mut self, then: &Source, traits: Traits, known: Known<'a>) -> Result<FrameId> {
        if let Source::Wire(Wire { path, number: 0, value: plan::Value::Object(shape), .. }) = then
            && path.is_empty()
        {
            return self.object(*shape, &known);
        }
        let mut builder = TableBuilder::new(known);
        let mut operation = self.operation(&mut builder, then, traits)?;
        if matches!(operation.kind, Kind::Text { .. }) {
            operation.literal = Literal::of("\"");
        }
        Ok(self.frame(builder, vec![operation], ""))
    }

    fn wire(
        &mut self,
        builder: &mut TableBuilder<'a>,
        wire: &Wire,
        traits: Traits,
    ) -> Result<(Kind, u32, u32)> {
        let place = place(builder, wire)?;
        let guard = place.guard;
        let (kind, slot) = match place.cardinality {
            Cardinality::Repeated => self.list(builder, wire, &place, traits)?,
            Cardinality::Map => self.map(builder, wire, &place)?,
            _ => self.singular(builder, wire, &place)?,
        };
        Ok((kind, slot, guard))
    }

    fn singular(
        &mut self,
        builder: &mut TableBuilder<'a>,
        wire: &Wire,
        place: &Place<'a>,
    ) -> Result<(Kind, u32)> {
        let explicit = place.cardinality != Cardinality::Implicit;
        let (node, number) = (place.node, place.number);
        let value = match &wire.value {
            plan::Value::Leaf(contract_leaf) => match (self.leaf(contract_leaf)?, number) {
                (Leaf::Number(leaf, scalar), Some(number)) => {
                    let slot = builder.number(node, number, scalar, explicit)?;
                    return Ok((Kind::Number { leaf, scalar, explicit }, index(slot)));
                }
                (Leaf::Bytes(leaf), Some(number)) if !leaf.is_message() => {
                    let slot = index(builder.bytes(node, number)?);
                    let is_text = leaf == BytesLeaf::String;
                    let value = Value::Bytes(leaf);
                    let kind = if is_text {
                        Kind::Text { explicit }
                    } else {
                        Kind::One { value, explicit }
                    };
                    return Ok((kind, slot));
                }
                (Leaf::Bytes(leaf), _) if leaf.is_message() => Value::Bytes(leaf),
                _ => return Err(refused("the contract takes a message for a scalar")),
            },
            other => self.value(other, &place.known)?,
        };
        let slot = match number {
            Some(number) => index(builder.message(node, number)?),
            None => WHOLE,
        };
        Ok((Kind::One { value, explicit: !place.always }, slot))
    }

    fn list(
        &mut self,
        builder: &mut TableBuilder<'a>,
        wire: &Wire,
        place: &Place<'a>,
        traits: Traits,
    ) -> Result<(Kind, u32)> {
        let number = place.number.ok_or(refused("the contract takes a message for a list"))?;
        if let plan::Value::Leaf(contract_leaf) = &wire.value
            && let Leaf::Number(leaf, scalar) = self.leaf(contract_leaf)?
        {
            let wire_type = wire_type(scalar);
            let slot = builder.repeated(place.node, number, wire_type)?;
            return Ok((Kind::Numbers { leaf, number, wire_type }, index(slot)));
        }
        let value = self.value(&wire.value, &place.known)?;
        let slot = builder.repeated(place.node, number, LEN)?;
        let entry_key = place.known.entry_key();
        let mut half = Half::All;
        if let Some(stream) = wire.stream {
            let rest = self.rest_of_items(stream, number, &place.known, traits)?;
            half = Half::First { stream, rest };
        }
        Ok((Kind::Items { value, number, entry_key, half }, index(slot)))
    }

    fn map(
        &mut self,
        builder: &mut TableBuilder<'a>,
        wire: &Wire,
        place: &Place<'a>,
    ) -> Result<(Kind, u32)> {
        let number = place.number.ok_or(refused("the contract takes a message for a map"))?;
        let key = wire.map_key.ok_or(refused("the contract has a map without keys"))?;
        let value = self.value(&wire.value, &place.known.inside(2))?;
        let (value_type, merge) = match &wire.value {
            plan::Value::Leaf(contract_leaf) => match self.leaf(contract_leaf)? {
                Leaf::Number(_, scalar) => (wire_type(scalar), false),
                Leaf::Bytes(leaf) => (LEN, leaf.is_message()),
            },
            _ => (LEN, true),
        };
        let slot = builder.repeated(place.node, number, LEN)?;
        let tags = EntryTags { key: key.scalar(), value: tag_of(2, value_type), merge };
        Ok((Kind::Map { value, number, key: key_text(&key)?, tags }, index(slot)))
    }

    fn leaf(&mut self, leaf: &contract::Leaf) -> Result<Leaf> {
        if leaf.format() == Format::Any {
            self.layout.types = self.types.of(self.contract);
        }
        crate::transcoder::leaf::leaf(leaf, &mut self.layout.enums, self.contract)
    }

    pub(super) fn value(&mut self, value: &plan::Value, known: &Known<'a>) -> Result<Value> {
        Ok(match value {
            plan::Value::Leaf(contract_leaf) => match self.leaf(contract_leaf)? {
                Leaf::Number(leaf, _) => Value::Number(leaf),
                Leaf::Bytes(leaf) => Value::Bytes(leaf),
            },
            plan::Value::Object(shape) => Value::Object(self.object(*shape, known)?),
            plan::Value::Abstract(members) => Value::Choice(self.choice(members, known)?),
        })
    }

    fn choice(&mut self, members: &[Member], known: &Known<'a>) -> Result<ChoiceId> {
        let mut builder = TableBuilder::new(known.clone());
        let mut choices = Vec::new();
        let mut otherwise = None;
        for member in members {
            let inside = match member.number {
                0 => known.clone(),
                number => known.inside(number),
            };
            let frame = self.object(member.shape, &inside)?;
            if member.number == 0 {
                otherwise = Some(frame);
            } else {
                choices.push((builder.message(0, member.number)?, frame));
            }
        }
        builder.oneof(super::oneof(members));
        let (table, slots) = finish(builder, &mut self.layout.tables);
        self.layout.choices.push(Choice { table, slots, members: choices.into(), otherwise });
        Ok(ChoiceId(self.layout.choices.len() - 1))
    }
}

const NO_KEY_OF_A_MAP: &str = "the contract has a map with keys that protobuf does not allow";

fn key_text(key: &contract::Leaf) -> Result<KeyText> {
    Ok(match (key.scalar(), key.format()) {
        (Scalar::String, _) => KeyText::Text,
        (Scalar::Bool, _) => KeyText::Boolean,
        (_, Format::Enum) => return Err(refused(NO_KEY_OF_A_MAP)),
        (scalar, _) => {
            let integer = Integer::of(scalar);
            KeyText::Whole(integer.ok_or(refused(NO_KEY_OF_A_MAP))?)
        }
    })
}
