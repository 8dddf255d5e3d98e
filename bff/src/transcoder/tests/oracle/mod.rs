//! prost as the oracle: what it reads from any encoding of a message, we write as JSON.

use std::collections::BTreeMap;

use prost::Message;
use serde_json::{Value as Json, json};

use super::{
    kit::{
        Builder, Run, at, bytes, choice, field, leaf, list, object, scalar, string, whole, wire,
    },
    random::{Random, seeds},
};
use crate::{
    contract::{self, Cardinality, Format, Scalar},
    plan::{ShapeField, ShapeId, Source, Value, Wire},
    transcoder::{
        Program,
        wire::{
            FIXED32, FIXED64, LEN, START_GROUP, VARINT, put_fixed, put_len, put_tag, skip, tag,
            varint,
        },
    },
};

mod gathered;
mod item;
mod mutate;
mod program;
mod slow;

pub(in crate::transcoder) use gathered::gathers_as_prost_does;
use item::*;
use mutate::*;
use program::*;
use slow::*;

/// What we write, and whether we could read it.
fn ours(program: &Program, message: &[u8]) -> (Json, bool) {
    let mut run = Run::new(program);
    run.answer(0, |_| bytes(message.to_vec()));
    let (json, emission) = run.emit();
    let mut json: Json = serde_json::from_str(&json).unwrap();
    let unread =
        |error: &crate::transcoder::FieldError| error.error.code() == crate::error::Code::DataLoss;
    sort_entries(&mut json);
    (json["it"].clone(), !emission.errors.iter().any(unread))
}

fn near(ours: &serde_json::Number, theirs: &serde_json::Number, path: &str) -> bool {
    let (Some(ours), Some(theirs)) = (ours.as_f64(), theirs.as_f64()) else { return false };
    let is_float = path.ends_with(".float") && ours as f32 == theirs as f32;
    is_float || (ours - theirs).abs() <= theirs.abs() * 4.0 * f64::EPSILON
}

/// The first place where two values differ.
fn difference(written: &Json, expected: &Json, path: &str) -> Option<String> {
    match (written, expected) {
        (Json::Object(ours), Json::Object(theirs)) if ours.len() == theirs.len() => {
            theirs.iter().find_map(|(key, value)| {
                let written = ours.get(key).unwrap_or(&Json::Null);
                difference(written, value, &format!("{path}.{key}"))
            })
        }
        (Json::Array(ours), Json::Array(theirs)) if ours.len() == theirs.len() => {
            let pairs = ours.iter().zip(theirs).enumerate();
            pairs.into_iter().find_map(|(at, (written, expected))| {
                difference(written, expected, &format!("{path}.{at}"))
            })
        }
        _ if written == expected => None,
        // Of two shortest texts for one number both are right, and serde_json does not always read the nearest double.
        (Json::Number(ours), Json::Number(theirs)) if near(ours, theirs, path) => None,
        _ => Some(format!("{path}: {written} is not {expected}")),
    }
}

fn check(written: &Json, expected: &Json, seed: u64, message: &[u8]) {
    if let Some(difference) = difference(written, expected, "it") {
        panic!("{difference}\nseed {seed}, {message:02x?}");
    }
}

/// What prost still reads of any bytes we read alike. Gives whether prost does.
pub(in crate::transcoder) fn agrees_with_prost(message: &[u8]) -> bool {
    thread_local!(static PROGRAM: Program = program());
    let (json, could_read) = PROGRAM.with(|program| ours(program, message));
    match Item::decode(message) {
        Ok(decoded) if !prost_misreads(Kind::Item, message) => {
            assert!(could_read, "{message:02x?}");
            check(&json, &slow(&decoded, DEPTH), 0, message);
            true
        }
        _ => false,
    }
}

#[test]
fn every_encoding_of_a_message_is_read_as_prost_reads_it() {
    let program = program();
    for seed in seeds(60) {
        let mut random = Random::new(seed);
        let item = random_item(&mut random, DEPTH);
        let plain = item.encode_to_vec();
        check(&ours(&program, &plain).0, &slow(&item, DEPTH), seed, &plain);
        for _ in 0..3 {
            let message = mutate(&mut random, Kind::Item, &plain);
            let decoded = Item::decode(&*message).unwrap();
            check(&ours(&program, &message).0, &slow(&decoded, DEPTH), seed, &message);
        }
        let twice = [plain, random_item(&mut random, 1).encode_to_vec()].concat();
        let decoded = Item::decode(&*twice).unwrap();
        check(&ours(&program, &twice).0, &slow(&decoded, DEPTH), seed, &twice);
    }
}

#[test]
fn no_damage_crashes_and_what_prost_still_reads_we_read_alike() {
    let program = program();
    let mut read = 0;
    for seed in seeds(400) {
        let mut random = Random::new(seed ^ 0x5eed);
        let mut message = random_item(&mut random, 1).encode_to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(message.len());
            match random.below(4) {
                0 => message.truncate(at + 1),
                1 => message[at] = random.bits() as u8,
                _ => message[at] ^= 1 << random.below(8),
            }
        }
        let (json, could_read) = ours(&program, &message);
        if let Ok(decoded) = Item::decode(&*message)
            && !prost_misreads(Kind::Item, &message)
        {
            assert!(could_read, "seed {seed}, {message:02x?}");
            check(&json, &slow(&decoded, DEPTH), seed, &message);
            read += 1;
        }
    }
    assert!(read > 20, "damage that prost can read is what this compares: {read}");
}
