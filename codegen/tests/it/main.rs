//! Code generation as its users meet it: sources in, contract and diagnostics out.

mod rules;
