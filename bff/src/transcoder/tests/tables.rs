//! Tables of keys beside lists, which are searched from the beginning.

use super::random::{Random, seeds};
use crate::transcoder::KeyTable;

/// Few keys that are alike, so that many come again: of any length, empty too.
fn key(random: &mut Random<'_>) -> Vec<u8> {
    let length = if random.once_in(4) { random.below(40) } else { random.below(3) };
    (0..length).map(|_| random.below(2) as u8).collect()
}

/// The number of a key in a list, where it stands at the end if it is new.
fn number(list: &mut Vec<Vec<u8>>, key: &[u8]) -> u32 {
    let found = list.iter().position(|other| other == key);
    let at = found.unwrap_or_else(|| {
        list.push(key.to_vec());
        list.len() - 1
    });
    at as u32
}

#[test]
fn keys_have_the_numbers_that_they_have_in_a_list() {
    for seed in seeds(200) {
        let mut random = Random::new(seed);
        let mut tables = [KeyTable::default(), KeyTable::with_room(random.below(20))];
        let mut lists = [Vec::new(), Vec::new()];
        for _ in 0..random.below(150) {
            let (at, key) = (random.below(2), key(&mut random));
            match random.below(4) {
                0 if !lists[1 - at].is_empty() => {
                    let id = random.below(lists[1 - at].len()) as u32;
                    let other = tables[1 - at].clone();
                    let expected = number(&mut lists[at], other.get(id));
                    assert_eq!(tables[at].intern_from(&other, id), expected, "seed {seed}");
                }
                1 => {
                    let expected = lists[at].iter().position(|other| *other == key);
                    let expected = expected.map(|id| id as u32);
                    assert_eq!(tables[at].find(&key), expected, "seed {seed}");
                }
                2 if random.once_in(10) => {
                    let from = random.below(lists[at].len() + 1);
                    tables[at] = tables[at].since(from as u32);
                    lists[at].drain(..from);
                }
                _ => {
                    let expected = number(&mut lists[at], &key);
                    assert_eq!(tables[at].intern(&key), expected, "seed {seed}");
                }
            }
            let keys: Vec<&[u8]> = tables[at].iter().collect();
            assert_eq!(keys, lists[at], "seed {seed}");
            assert_eq!(tables[at].len(), keys.len());
        }
        // The hash of a key is the same in every table of the process, or nobody could carry it over.
        for (id, key) in (0..).zip(&lists[0]) {
            if let Some(there) = tables[1].find(key) {
                assert_eq!(tables[0].hash(id), tables[1].hash(there), "seed {seed}");
            }
        }
    }
}
