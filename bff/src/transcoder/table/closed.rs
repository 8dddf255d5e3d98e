//! Which numbers of a closed enum count.

use super::Closed;
use crate::transcoder::wire::{
    Fields, LEN, Malformed, Payload, VARINT, put_fixed, put_len, tag_of, varint,
};

impl Closed {
    /// Whether a field has numbers of the enum only. Its value is without the length.
    pub(super) fn knows(&self, tag: u32, value: &[u8]) -> Result<bool, Malformed> {
        if self.is_map {
            return self.knows_entry(value);
        }
        let mut at = 0;
        loop {
            // A packed list may be empty.
            if tag & 7 == LEN && at == value.len() {
                return Ok(true);
            }
            if !self.numbers.has(varint(value, &mut at)?) {
                return Ok(false);
            }
            if tag & 7 != LEN {
                return Ok(true);
            }
        }
    }

    /// An entry without a value has the enum's default, which is a number of it. One with any other number is unknown, as the
    /// readers of protobuf for Python have it.
    fn knows_entry(&self, entry: &[u8]) -> Result<bool, Malformed> {
        let mut known = true;
        let mut fields = Fields::of(entry);
        while let Some(field) = fields.next()? {
            if let Payload::Number(raw) = field.payload
                && field.tag == tag_of(2, VARINT)
            {
                known &= self.numbers.has(raw);
            }
        }
        Ok(known)
    }

    /// What is left of a field whose numbers are not all known.
    pub(super) fn put_known(
        &self,
        tag: u32,
        value: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        if self.is_map || tag & 7 != LEN {
            return Ok(());
        }
        let (mut at, mut known) = (0, Vec::new());
        while at < value.len() {
            let raw = varint(value, &mut at)?;
            if self.numbers.has(raw) {
                put_fixed(&mut known, VARINT, raw);
            }
        }
        put_len(out, tag >> 3, &known);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        contract::Scalar,
        transcoder::{
            descriptor::Descriptors,
            map::{EntryTags, MapKey, MapValue, entry},
            table::{Messages, Numbers, TableBuilder, TableId, Tables, part, raw},
            tests::random::{Random, seeds},
            wire::put_tag,
        },
    };

    const PROTO: &str = r#"
        syntax = "proto2";
        enum Size { NONE = 0; SMALL = 1; HUGE = 300; LOST = -1; }
        message Sizes {
          optional Size one = 1;
          repeated Size many = 2;
          map<uint32, Size> map = 3;
          oneof pick { string text = 4; Size size = 5; Sizes inner = 6; Size unseen = 7; }
        }
    "#;

    /// What is in a message, and in the one inside of it.
    #[derive(Debug, Default, PartialEq)]
    struct Sizes {
        one: Option<i32>,
        many: Vec<i32>,
        map: BTreeMap<u64, i32>,
        text: bool,
        size: Option<i32>,
        inner: Option<Vec<i32>>,
    }

    fn is_known(raw: u64) -> bool {
        [0, 1, 300, -1].contains(&(raw as i32))
    }

    /// The slow twin reads one field after the other, as the guide to protobuf's encoding tells it.
    fn twin(message: &[u8], sizes: &mut Sizes) -> Result<(), Malformed> {
        let mut fields = Fields::of(message);
        while let Some(field) = fields.next()? {
            let pick = matches!((field.number(), field.payload),
                (5 | 7, Payload::Number(raw)) if is_known(raw))
                || matches!((field.number(), field.payload), (4 | 6, Payload::Bytes(_)));
            if pick {
                (sizes.text, sizes.size) = (false, None);
                sizes.inner = sizes.inner.take().filter(|_| field.number() == 6);
            }
            match (field.number(), field.payload) {
                (1, Payload::Number(raw)) if is_known(raw) => sizes.one = Some(raw as i32),
                (2, Payload::Number(raw)) if is_known(raw) => sizes.many.push(raw as i32),
                (2, Payload::Bytes(packed)) => {
                    let mut at = 0;
                    while at < packed.len() {
                        let raw = varint(packed, &mut at)?;
                        sizes.many.extend(Some(raw as i32).filter(|_| is_known(raw)));
                    }
                }
                (3, Payload::Bytes(entry)) => {
                    let (mut key, mut value, mut known) = (0, 0, true);
                    let mut fields = Fields::of(entry);
                    while let Some(field) = fields.next()? {
                        match (field.number(), field.payload) {
                            (1, Payload::Number(raw)) => key = u64::from(raw as u32),
                            (2, Payload::Number(raw)) => {
                                known &= is_known(raw);
                                value = raw as i32;
                            }
                            _ => {}
                        }
                    }
                    if known {
                        sizes.map.insert(key, value);
                    }
                }
                (4, Payload::Bytes(_)) => sizes.text = true,
                (5, Payload::Number(raw)) if is_known(raw) => sizes.size = Some(raw as i32),
                (6, Payload::Bytes(inner)) => {
                    let mut inside = Sizes::default();
                    twin(inner, &mut inside)?;
                    sizes.inner.get_or_insert_default().extend(inside.many);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The slots of the fields above, in their order; the last is for the list in the inner message.
    struct Read {
        tables: Tables,
        table: TableId,
        count: usize,
        slots: [usize; 7],
    }

    impl Read {
        fn new(set: &[u8]) -> Self {
            let descriptors = Descriptors::of(set);
            let mut builder = TableBuilder::new(descriptors.message("Sizes"));
            let one = builder.number(0, 1, Scalar::Enum, true).unwrap();
            let many = builder.repeated(0, 2, VARINT).unwrap();
            let map = builder.repeated(0, 3, LEN).unwrap();
            let text = builder.bytes(0, 4).unwrap();
            let size = builder.number(0, 5, Scalar::Enum, true).unwrap();
            let (node, inner) = builder.descend(&[6]).unwrap();
            let deep = builder.repeated(node, 2, VARINT).unwrap();
            let (count, mut tables) = (builder.slots(), Tables::default());
            let table = builder.finish(&mut tables);
            Self { tables, table, count, slots: [one, many, map, text, size, inner, deep] }
        }

        fn sizes(&self, message: &[u8]) -> Result<Sizes, Malformed> {
            let mut filled = vec![0; self.count];
            let whole = self.tables.read(self.table, message, &mut filled)?;
            let [one, many, map, text, size, inner, deep] = self.slots.map(|slot| filled[slot]);
            let number = |span| -> Result<Option<i32>, Malformed> {
                let read = |span| raw(part(&whole, span), &mut 0, VARINT).map(|raw| raw as i32);
                (span != 0).then(|| read(span)).transpose()
            };
            let list = |span| {
                let mut numbers = Numbers::of(part(&whole, span), 2, VARINT);
                let mut found = Vec::new();
                while let Some(raw) = numbers.next()? {
                    found.push(raw as i32);
                }
                Ok(found)
            };
            let mut entries = BTreeMap::new();
            let tags = EntryTags { key: Scalar::Uint32, value: tag_of(2, VARINT), merge: false };
            let mut messages = Messages::of(part(&whole, map), 3);
            while let Some(bytes) = messages.next()? {
                let (MapKey::Number(key), value) = entry(bytes, tags)? else { unreachable!() };
                let MapValue::Number(value) = value else {
                    entries.insert(key, 0);
                    continue;
                };
                entries.insert(key, value as i32);
            }
            Ok(Sizes {
                one: number(one)?,
                many: list(many)?,
                map: entries,
                text: text != 0,
                size: number(size)?,
                inner: (inner != 0).then(|| list(deep)).transpose()?,
            })
        }
    }

    fn message(random: &mut Random<'_>, depth: usize) -> Vec<u8> {
        let mut message = Vec::new();
        let number = |random: &mut Random<'_>| match random.below(8) {
            0 => u64::MAX,
            1 => 300,
            2 => 0x1_0000_0001,
            3 => random.bits(),
            _ => random.below(3) as u64,
        };
        for _ in 0..random.below(8) {
            match random.below(8) {
                0 => {
                    let mut packed = Vec::new();
                    for _ in 0..random.below(5) {
                        put_fixed(&mut packed, VARINT, number(random));
                    }
                    put_len(&mut message, 2, &packed);
                }
                1 => {
                    let mut entry = Vec::new();
                    for _ in 0..random.below(4) {
                        put_tag(&mut entry, 1 + random.below(2) as u32, VARINT);
                        put_fixed(&mut entry, VARINT, number(random));
                    }
                    put_len(&mut message, 3, &entry);
                }
                2 => put_len(&mut message, 4, b"a"),
                3 if depth > 0 => {
                    let inner = self::message(random, depth - 1);
                    put_len(&mut message, 6, &inner);
                }
                _ => {
                    put_tag(&mut message, [1, 2, 5, 7][random.below(4)], VARINT);
                    put_fixed(&mut message, VARINT, number(random));
                }
            }
        }
        message
    }

    #[test]
    fn numbers_that_a_closed_enum_does_not_have_are_unknown_fields() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("a.proto"), PROTO).unwrap();
        let mut compiler = protox::Compiler::new([directory.path()]).unwrap();
        let set = compiler.open_file("a.proto").unwrap().encode_file_descriptor_set();
        let read = Read::new(&set);
        let mut picked = 0;
        for seed in seeds(3000) {
            let message = message(&mut Random::new(seed), 2);
            let mut expected = Sizes::default();
            twin(&message, &mut expected).unwrap();
            let sizes = read.sizes(&message).unwrap();
            picked += usize::from(sizes.inner.is_some());
            assert_eq!(sizes, expected, "seed {seed}, {message:02x?}");
        }
        assert!(picked > 100, "{picked} with an inner message");
    }
}
