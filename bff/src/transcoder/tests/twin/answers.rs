//! Answers that fit a plan, mostly.

use super::*;

/// Answers: messages that fit a plan, mostly.
pub(super) struct Answers<'r, 'b> {
    pub(super) random: &'r mut Random<'b>,
    pub(super) plan: Plan,
}

impl Answers<'_, '_> {
    pub(super) fn message(&mut self, shape: ShapeId) -> Message {
        let mut message = Message::default();
        for field in self.plan.shape(shape).fields.clone() {
            message = self.source(message, &field.source);
        }
        message
    }

    pub(super) fn source(&mut self, message: Message, source: &Source) -> Message {
        let omitted = self.random.once_in(4);
        match source {
            Source::Wire(wire) if !omitted => self.wire(message, wire),
            Source::Join { site, .. } => {
                let site = self.plan.site(*site).clone();
                self.keys(message, &site.key, site.many)
            }
            _ => message,
        }
    }

    pub(super) fn wire(&mut self, message: Message, wire: &Wire) -> Message {
        if let Some((number, rest)) = wire.path.split_first() {
            let inner = Wire { path: rest.to_vec(), ..wire.clone() };
            let mut inner = self.wire(Message::default(), &inner);
            if self.random.once_in(6) {
                inner = Message::default();
            }
            return message.message(*number, inner);
        }
        let times =
            if wire.cardinality == Cardinality::Repeated { self.random.below(4) } else { 1 };
        (0..times).fold(message, |message, _| match &wire.value {
            Value::Leaf(leaf) if leaf.scalar() == Scalar::String => {
                let text: &[u8] = if self.random.once_in(10) { b"\xff" } else { b"text" };
                message.len(wire.number, text)
            }
            Value::Leaf(_) => {
                let number = if self.random.once_in(10) { 1 << 40 } else { 7 };
                message.varint(wire.number, number)
            }
            _ if self.random.once_in(60) => message.len(wire.number, b"\x0a\x7f"),
            Value::Object(shape) => {
                let inner = self.message(*shape);
                if wire.number == 0 {
                    Message([message.0, inner.0].concat())
                } else {
                    message.message(wire.number, inner)
                }
            }
            Value::Abstract(members) => {
                let mut inner = Message::default();
                for member in members {
                    if self.random.once_in(2) {
                        inner = inner.message(member.number, self.message(member.shape));
                    }
                }
                message.message(wire.number, inner)
            }
        })
    }

    pub(super) fn keys(&mut self, message: Message, key: &[KeySource], many: bool) -> Message {
        let Some(key) = key.first() else { return message };
        let times = if many { self.random.below(4) } else { usize::from(!self.random.once_in(6)) };
        (0..times).fold(message, |message, _| {
            let number = key.path[0];
            match key.scalar {
                Scalar::String => {
                    message.len(number, [&b"a"[..], b"b", b"c", b""][self.random.below(4)])
                }
                _ => message.varint(number, self.random.below(3) as u64),
            }
        })
    }

    pub(super) fn entity(&mut self, step: StepId) -> EntityValue {
        let failed = |code| EntityValue::Failed(Error::new(code, "failed"));
        match self.random.below(16) {
            0 => EntityValue::Null,
            1 => failed(Code::NotFound),
            2 => failed(Code::Unavailable),
            3 => EntityValue::Bytes(b"\xff".to_vec().into()),
            _ => {
                let then = then_of(&self.plan, step).expect("each step has a site").clone();
                kit::bytes(self.source_of_entity(&then).0)
            }
        }
    }

    pub(super) fn source_of_entity(&mut self, then: &Source) -> Message {
        match then {
            Source::Wire(wire) => self.wire(Message::default(), wire),
            _ => Message::default(),
        }
    }
}
