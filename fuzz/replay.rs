//! What fuzzing found, as ordinary tests: each crate with a fuzz target takes this file into its own.

use std::path::Path;

/// Runs everything in `fuzz/corpus` of this name, each with so many blind changes of it. `ANABRANCH_SEED` chooses the first
/// ones, `ANABRANCH_CASES` makes so many times more.
#[expect(clippy::print_stdout, reason = "whoever fails is the last one named")]
pub(crate) fn replay(name: &str, changes: u64, run: impl Fn(&[u8])) {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = crate_root.ancestors().map(|folder| folder.join("fuzz/corpus").join(name));
    let corpus = corpus.into_iter().find(|folder| folder.is_dir()).expect("a corpus");
    let mut paths: Vec<_> = std::fs::read_dir(corpus)
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .collect();
    paths.sort();
    let files: Vec<Vec<u8>> =
        paths.iter().map(|path| std::fs::read(path).expect("a file")).collect();
    for (path, bytes) in paths.iter().zip(&files) {
        println!("{}", path.display());
        run(bytes);
        let first = number("ANABRANCH_SEED").unwrap_or(0);
        for seed in first..first + changes * number("ANABRANCH_CASES").unwrap_or(1) {
            println!("seed {seed}");
            run(&changed(bytes, &files, seed));
        }
    }
}

fn changed(bytes: &[u8], files: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut state = seed;
    // SplitMix64.
    let mut below = |bound: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % bound as u64) as usize
    };
    let mut bytes = bytes.to_vec();
    for _ in 0..=below(4) {
        let at = below(bytes.len() + 1);
        let other = &files[below(files.len())];
        match below(4) {
            0 => drop(bytes.drain(at..bytes.len().min(at + below(8)))),
            1 => bytes.insert(at, below(256) as u8),
            2 => drop(bytes.splice(at..at, other[below(other.len() + 1)..].to_vec())),
            _ if at < bytes.len() => bytes[at] ^= 1 << below(8),
            _ => {}
        }
    }
    bytes
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
