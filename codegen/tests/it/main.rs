//! Code generation as its users meet it: sources in, contract and diagnostics out.

mod bindings;
mod builtins;
mod contracts;
mod echoes;
mod editions;
mod growth;
mod hostile;
mod imports;
mod rules;
mod sdl_cases;
mod selections;
mod statuses;
mod texts;
