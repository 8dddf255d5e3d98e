//! What a fuzzer runs, and the tests replay.

use super::tests::{oracle, twin};

/// A reply is read as prost reads it.
pub fn reply(bytes: &[u8]) {
    oracle::agrees_with_prost(bytes);
}

/// The bytes decide of a plan and of its answers, which emission and its twin show alike.
pub fn twin(bytes: &[u8]) {
    twin::agrees(bytes);
}

/// Runs everything in `fuzz/corpus` of this name, and what a few blind changes make of it.
#[cfg(test)]
#[expect(clippy::print_stdout, reason = "whoever fails is the last one named")]
pub(crate) fn replay(name: &str, run: impl Fn(&[u8])) {
    use super::tests::random::{Random, seeds};
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../fuzz/corpus").join(name);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{name} has a corpus");
    let corpus: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    for (path, bytes) in paths.iter().zip(&corpus) {
        println!("{}", path.display());
        run(bytes);
        for seed in seeds(40) {
            println!("seed {seed}");
            let mut random = Random::new(seed);
            let mut bytes = bytes.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len() + 1);
                let other = &corpus[random.below(corpus.len())];
                match random.below(4) {
                    0 => drop(bytes.drain(at..bytes.len().min(at + random.below(8)))),
                    1 => bytes.insert(at, random.bits() as u8),
                    2 => drop(bytes.splice(at..at, other[random.below(other.len())..].to_vec())),
                    _ if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
                    _ => {}
                }
            }
            run(&bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fuzzing_found_in_replies_is_read_as_prost_reads_it() {
        replay("reply", reply);
    }

    #[test]
    fn what_fuzzing_found_in_plans_is_shown_as_the_twin_shows_it() {
        replay("twin", twin);
    }
}
