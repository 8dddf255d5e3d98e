#![no_main]

#[path = "../../examples/bookshop/tests/it/fuzzing.rs"]
mod fuzzing;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::answer(bytes));
