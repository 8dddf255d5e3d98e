//! Random readers, fetches, invalidations and times, against what may be shown at all.
//!
//! A field says when it was fetched, so that a reader can tell whether it should have been shown.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;

use super::{segments::fields, *};

const PATHS: [&str; 8] = ["a", "b", "c.x", "c.y", "c", "d", "e", "f"];
const TAGS: [&str; 3] = ["one", "other", "third"];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % sides
    }

    fn paths(&mut self) -> String {
        let paths: Vec<&str> = PATHS.into_iter().filter(|_| self.roll(4) == 0).collect();
        if paths.is_empty() { "a".to_owned() } else { paths.join(" ") }
    }
}

/// What a field was when it was fetched: the second, and the tag of that fetch.
fn stamp(second: u64, tag: u64) -> u64 {
    second * 8 + tag
}

/// What a service answers now. `c` is a message whose fields `x` and `y` have numbers 1 and 2.
fn answered(asked: &FieldSet, now: u64) -> Bytes {
    let mut out = Vec::new();
    for (path, number) in [("a", 1), ("b", 2), ("d", 4), ("e", 5), ("f", 6)] {
        if asked.paths().any(|asked| asked == path) {
            prost::encoding::uint64::encode(number, &now, &mut out);
        }
    }
    let mut inner = Vec::new();
    for (path, number) in [("c.x", 1), ("c.y", 2)] {
        if asked.paths().any(|asked| asked == path || asked == "c") {
            prost::encoding::uint64::encode(number, &now, &mut inner);
        }
    }
    if !inner.is_empty() {
        prost::encoding::bytes::encode(3, &inner, &mut out);
    }
    out.into()
}

/// The stamps of a path, `None` where it is not there. Every field stands once.
fn stamps(mut message: &[u8], path: &str) -> Vec<u64> {
    use prost::encoding::{decode_key, decode_varint};
    let mut found = Vec::new();
    let mut numbers = Vec::new();
    while !message.is_empty() {
        let (number, _) = decode_key(&mut message).unwrap();
        assert!(!numbers.contains(&number), "field {number} stands twice");
        numbers.push(number);
        let value = decode_varint(&mut message).unwrap();
        if number != 3 {
            if path.as_bytes()[0] - b'a' + 1 == u8::try_from(number).unwrap() {
                found.push(value);
            }
            continue;
        }
        let (mut inner, rest) = message.split_at(usize::try_from(value).unwrap());
        message = rest;
        while !inner.is_empty() {
            let (number, _) = decode_key(&mut inner).unwrap();
            let value = decode_varint(&mut inner).unwrap();
            let name = if number == 1 { "c.x" } else { "c.y" };
            if path == "c" || path == name {
                found.push(value);
            }
        }
    }
    found
}

/// What was done in one run, so that nobody believes in a run in which nothing happens.
#[derive(Debug, Default)]
struct Seen {
    fresh: u32,
    stale: u32,
    partial: u32,
    absent: u32,
    after_failure: u32,
}

async fn run(seed: u64, seen: &mut Seen) {
    let mut dice = Dice(seed);
    let cache = cache();
    let began = Instant::now();
    let mut invalidated = [0; TAGS.len()];
    let rules = Rules { stale_if_error: 20 * SECOND, ..rules() };
    for _ in 0..60 {
        let now = began.elapsed().as_secs();
        if dice.roll(12) == 0 {
            let tag = dice.roll(TAGS.len() as u64) as usize;
            cache.invalidate([TAGS[tag].into()]);
            invalidated[tag] = now + 1;
            // Whole seconds tell apart what came before and after.
            advance(SECOND).await;
            continue;
        }
        advance(u32::try_from(dice.roll(5)).unwrap() * SECOND).await;
        let now = began.elapsed().as_secs();
        let wanted = fields(&dice.paths());
        let paths: Vec<String> = wanted.as_ref().unwrap().paths().map(str::to_owned).collect();
        let view = cache.view(&public(), rules, wanted.clone()).unwrap();
        let check = |message: &[u8], oldest: u64| {
            let mut parts = std::collections::HashMap::new();
            for path in &paths {
                let stamps = stamps(message, path);
                assert!(!stamps.is_empty(), "`{path}` is not there");
                for stamp in stamps {
                    let (second, tag) = (stamp / 8, (stamp % 8) as usize);
                    assert!(now - second < oldest, "`{path}` of {second} is shown at {now}");
                    assert!(second >= invalidated[tag], "`{path}` was invalidated");
                    let first = parts.entry(path.as_bytes()[0]).or_insert(stamp);
                    assert_eq!(*first, stamp, "`{path}` is of two times");
                }
            }
        };
        let tag = dice.roll(TAGS.len() as u64);
        let fetch = |missing: &FieldSet| {
            let item = answered(missing, stamp(now, tag));
            let tags = vec![TAGS[tag as usize].into()];
            let answer = Answer::Item(item.clone(), Some(Arc::new(missing.clone())), tags);
            view.put(b"7", answer, cache.begin());
            item
        };
        match view.get(b"7") {
            Lookup::Fresh(item) => {
                seen.fresh += 1;
                check(&item, 10);
            }
            Lookup::Stale(item, missing) => {
                seen.stale += 1;
                check(&item, 15);
                fetch(&missing.unwrap());
                assert!(matches!(view.get(b"7"), Lookup::Fresh(_)));
            }
            Lookup::Absent(missing, there) => {
                let missing = missing.unwrap();
                if dice.roll(4) == 0 {
                    if let Some((item, age)) = view.stale_if_error(b"7") {
                        seen.after_failure += 1;
                        check(&item, 30);
                        let oldest = paths.iter().flat_map(|path| stamps(&item, path)).min();
                        assert_eq!(age.as_secs(), now - oldest.unwrap() / 8);
                    }
                    continue;
                }
                // As for some other key in the same call.
                let mut asked = FieldSet::clone(&missing);
                if dice.roll(3) == 0 {
                    asked.extend(fields(&dice.paths()).as_ref().unwrap());
                }
                let fetched = fetch(&asked);
                let whole = match &there {
                    None => fetched,
                    Some(there) => {
                        let wanted = wanted.as_ref().unwrap();
                        let is_newer =
                            |part| asked.has_part(part) && asked.covers_part(wanted, part);
                        let pick = |part| if is_newer(part) { Pick::Newer } else { Pick::Older };
                        merged(there, &fetched, pick).unwrap()
                    }
                };
                *(if there.is_some() { &mut seen.partial } else { &mut seen.absent }) += 1;
                check(&whole, 10);
                let again = view.get(b"7");
                assert!(matches!(again, Lookup::Fresh(_)), "it was fetched: {again:?}");
            }
            Lookup::Missing(_) => unreachable!("everything exists"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_shown_that_is_too_old_or_invalidated_or_of_two_times() {
    let text = std::env::var("ANABRANCH_SEEDS").unwrap_or_else(|_| "400".to_owned());
    let (from, to) = text.split_once("..").unwrap_or(("0", &text));
    let seeds = from.parse().unwrap()..to.parse::<u64>().unwrap();
    let mut seen = Seen::default();
    for seed in seeds.clone() {
        let ran = AssertUnwindSafe(run(seed, &mut seen)).catch_unwind().await;
        if let Err(panic) = ran {
            let told = panic.downcast_ref::<String>().map_or("no words", String::as_str);
            panic!("seed {seed}: {told}");
        }
    }
    if seeds.count() >= 400 {
        let Seen { fresh, stale, partial, absent, after_failure } = seen;
        let least = [fresh, stale, partial, absent, after_failure].into_iter().min();
        assert!(least > Some(200), "these seeds show too little: {seen:?}");
    }
}
