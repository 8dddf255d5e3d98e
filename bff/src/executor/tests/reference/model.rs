//! A random schema over random services.

use super::dice::Dice;
use crate::operation::Type;

/// Every object has its keys here: a text, an integer, and lists of them.
pub(super) const TEXT_KEY: u32 = 51;
pub(super) const INT_KEY: u32 = 52;
pub(super) const TEXT_KEYS: u32 = 53;
pub(super) const INT_KEYS: u32 = 54;
/// Where an item has the parts of its key, and its status.
pub(super) const ITEM_KEY: [u32; 2] = [61, 62];
pub(super) const ITEM_STATUS: u32 = 63;
/// Where a request has its argument.
pub(super) const ARGUMENT: u32 = 9;

/// Longer than some fields wait.
pub(super) const SLOW: u64 = 70;
const TIMEOUTS: [u64; 3] = [50, 50, 100];

/// A schema.
pub(super) struct Model {
    pub(super) objects: Vec<Object>,
    /// Each a union of some objects, as a message with one field for each.
    pub(super) unions: Vec<Vec<usize>>,
    pub(super) asks: Vec<Ask>,
    /// The root fields.
    pub(super) root: Vec<FieldModel>,
}

pub(super) struct Object {
    pub(super) fields: Vec<FieldModel>,
}

#[derive(Clone)]
pub(super) struct FieldModel {
    pub(super) name: String,
    pub(super) nullable: bool,
    pub(super) item_nullable: bool,
    /// How many milliseconds it waits, if it asks.
    pub(super) timeout: u64,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Wire(WireModel),
    Ask(usize),
}

/// A value in a message.
#[derive(Clone, Copy)]
pub(super) struct WireModel {
    /// 0: the message itself.
    pub(super) number: u32,
    pub(super) list: bool,
    pub(super) explicit: bool,
    pub(super) value: ValueModel,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum ValueModel {
    Text,
    Int,
    Enum,
    Object(usize),
    Union(usize),
}

/// What some fields ask.
pub(super) struct Ask {
    /// Whether each part of the key is a text; no parts: the call stands alone.
    pub(super) key: Vec<bool>,
    pub(super) many: bool,
    pub(super) batch: Option<BatchModel>,
    pub(super) argument: bool,
    /// The contract says that its object has the argument as its keys. Often that is so.
    pub(super) echoes: bool,
    pub(super) then: WireModel,
    pub(super) ladder: Option<Ladder>,
    pub(super) cached: bool,
    pub(super) shareable: bool,
    /// Its call takes [`SLOW`] milliseconds. Only where nobody else's call can bring the answer sooner.
    pub(super) slow: bool,
}

#[derive(Clone, Copy)]
pub(super) struct BatchModel {
    pub(super) map: bool,
    pub(super) group: bool,
    pub(super) max: u32,
    /// The items are inside a message.
    pub(super) nested: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Ladder {
    pub(super) rpc: bool,
    pub(super) last: LastModel,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum LastModel {
    None,
    Null,
    Value,
}

impl Ask {
    /// Its list comes as a stream of messages that repeat some of the items. What is kept would be read once only.
    pub(super) fn streams(&self) -> bool {
        let is_object = matches!(self.then.value, ValueModel::Object(_) | ValueModel::Union(_));
        self.batch.is_none() && self.then.list && is_object && !self.cached
    }
}

impl Model {
    pub(super) fn random(dice: &mut Dice) -> Self {
        let mut model =
            Self { objects: Vec::new(), unions: Vec::new(), asks: Vec::new(), root: Vec::new() };
        let objects = 2 + dice.roll(4);
        for _ in 0..dice.roll(3) {
            let members = (0..objects).filter(|_| dice.often(60)).collect::<Vec<_>>();
            if !members.is_empty() {
                model.unions.push(members);
            }
        }
        for _ in 0..2 + dice.roll(6) {
            let ask = model.ask(dice, objects, false);
            model.asks.push(ask);
        }
        let roots = 1 + dice.roll(4);
        for _ in 0..roots {
            let ask = model.ask(dice, objects, true);
            model.asks.push(ask);
        }
        for index in 0..objects {
            let fields = (0..2 + dice.roll(5))
                .map(|number| model.field(dice, index, objects, number))
                .collect();
            model.objects.push(Object { fields });
        }
        let first_root = model.asks.len() - roots;
        // Several fields may ask the same and wait differently.
        let more = dice.roll(3);
        let mut asked: Vec<usize> = (first_root..model.asks.len()).collect();
        asked.extend((0..more).map(|_| first_root + dice.roll(roots)));
        let fields = asked.into_iter().enumerate();
        model.root =
            fields.map(|(position, ask)| field_model(dice, position, Kind::Ask(ask))).collect();
        model
    }

    fn field(&self, dice: &mut Dice, of: usize, objects: usize, position: usize) -> FieldModel {
        let keyed: Vec<usize> =
            (0..self.asks.len()).filter(|ask| !self.asks[*ask].key.is_empty()).collect();
        let kind = if dice.often(40) && !keyed.is_empty() {
            Kind::Ask(dice.pick(&keyed))
        } else {
            let number = u32::try_from(position).unwrap() + 1;
            // Only objects that come later, so that no message contains itself.
            let later: Vec<usize> = (of + 1..objects).collect();
            let value = match dice.roll(6) {
                0 | 1 if !later.is_empty() => ValueModel::Object(dice.pick(&later)),
                2 => ValueModel::Int,
                3 => ValueModel::Enum,
                _ => ValueModel::Text,
            };
            Kind::Wire(wire_model(dice, number, value))
        };
        field_model(dice, position, kind)
    }

    fn ask(&self, dice: &mut Dice, objects: usize, alone: bool) -> Ask {
        let key: Vec<bool> = match dice.roll(4) {
            _ if alone => Vec::new(),
            0 => vec![true, false],
            1 => vec![false],
            _ => vec![true],
        };
        let batch = (!key.is_empty() && dice.often(70)).then(|| BatchModel {
            map: key.len() == 1 && dice.often(25),
            group: dice.often(25),
            max: u32::try_from(dice.roll(4)).unwrap(),
            nested: dice.often(30),
        });
        let batch = batch.map(|batch| BatchModel { group: batch.group && !batch.map, ..batch });
        let many = key.len() == 1 && dice.often(30) && batch.is_none_or(|batch| !batch.group);
        let group = batch.is_some_and(|batch| batch.group);
        let (cached, shareable) = (dice.often(30), dice.often(30));
        let then = self.then(dice, objects, group, many);
        let argument = dice.often(if alone { 70 } else { 40 });
        let is_object = matches!(then.value, ValueModel::Object(_)) && !then.list;
        Ask {
            then,
            many,
            argument,
            echoes: alone && argument && is_object && dice.often(75),
            ladder: dice.often(65).then(|| Ladder {
                rpc: dice.often(30),
                last: dice.pick(&[LastModel::None, LastModel::Null, LastModel::Value]),
            }),
            slow: alone && !cached && !shareable && dice.often(25),
            cached,
            shareable,
            key,
            batch,
        }
    }

    fn then(&self, dice: &mut Dice, objects: usize, group: bool, many: bool) -> WireModel {
        let object = ValueModel::Object(dice.roll(objects));
        if group {
            return WireModel { number: 1, list: true, explicit: false, value: object };
        }
        let value = match dice.roll(6) {
            0 if !self.unions.is_empty() => ValueModel::Union(dice.roll(self.unions.len())),
            1 => ValueModel::Text,
            2 => ValueModel::Int,
            3 => return WireModel { number: 0, list: false, explicit: true, value: object },
            _ => object,
        };
        let wire = wire_model(dice, 3, value);
        WireModel { list: wire.list && !many, ..wire }
    }

    /// The GraphQL type of a field.
    pub(super) fn ty(&self, field: &FieldModel) -> Type {
        let (value, list) = match field.kind {
            Kind::Wire(wire) => (wire.value, wire.list),
            Kind::Ask(ask) => {
                let ask = &self.asks[ask];
                (ask.then.value, ask.then.list || ask.many)
            }
        };
        let named = Type::Named(value.type_name());
        let null = |ty, nullable| if nullable { ty } else { Type::NonNull(Box::new(ty)) };
        let inner =
            if list { Type::List(Box::new(null(named, field.item_nullable))) } else { named };
        null(inner, field.nullable)
    }
}

impl ValueModel {
    pub(super) fn type_name(self) -> String {
        match self {
            Self::Text => "String".to_owned(),
            Self::Int => "Int".to_owned(),
            Self::Enum => "E".to_owned(),
            Self::Object(index) => format!("T{index}"),
            Self::Union(index) => format!("U{index}"),
        }
    }
}

fn field_model(dice: &mut Dice, position: usize, kind: Kind) -> FieldModel {
    FieldModel {
        name: format!("f{position}"),
        nullable: dice.often(88),
        item_nullable: dice.often(75),
        timeout: dice.pick(&TIMEOUTS),
        kind,
    }
}

fn wire_model(dice: &mut Dice, number: u32, value: ValueModel) -> WireModel {
    let message = matches!(value, ValueModel::Object(_) | ValueModel::Union(_));
    WireModel { number, list: dice.often(30), explicit: message || dice.often(40), value }
}
