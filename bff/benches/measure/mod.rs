//! Timing: each case is the shortest of many rounds, all cases in turn in each round, so that a busy machine disturbs them
//! alike.

#![allow(clippy::print_stdout, reason = "a report is what this is for")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

const ROUNDS: usize = 1000;

/// An environment variable: how many rounds are run instead. `bench/instructions.sh` compares two numbers of them.
const ROUNDS_VARIABLE: &str = "ANABRANCH_BENCH_ROUNDS";

/// Something that is timed.
pub(crate) struct Case<'a> {
    name: &'static str,
    /// How many fields, items or requests are in it.
    count: usize,
    /// Gives how many bytes it wrote.
    run: Box<dyn FnMut() -> usize + 'a>,
    best: Duration,
}

impl<'a> Case<'a> {
    pub(crate) fn new(name: &'static str, count: usize, run: impl FnMut() -> usize + 'a) -> Self {
        Self { name, count, run: Box::new(run), best: Duration::MAX }
    }
}

/// Runs the cases, or those whose names begin with the first argument (`cargo bench --bench transcode -- flat`), and prints
/// what they took.
pub(crate) fn run(mut cases: Vec<Case<'_>>) {
    if let Some(name) = std::env::args().nth(1).filter(|argument| !argument.starts_with('-')) {
        cases.retain(|case| case.name.starts_with(&name));
    }
    let rounds = std::env::var(ROUNDS_VARIABLE);
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));
    for _ in 0..rounds {
        for case in &mut cases {
            let start = Instant::now();
            black_box((case.run)());
            case.best = case.best.min(start.elapsed());
        }
    }
    for case in &mut cases {
        let micros = case.best.as_secs_f64() * 1e6;
        let each = micros * 1e3 / case.count as f64;
        println!("{:40} {micros:8.1} us {each:8.1} ns each {:8} bytes", case.name, (case.run)());
    }
}
