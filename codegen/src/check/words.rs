//! Phrases that several rules use.

use prost_reflect::MethodDescriptor;

use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::model::MessageFacts;
use crate::model::names::snake;

/// The last segment of a full name.
pub(super) fn simple(full_name: &str) -> &str {
    full_name.rsplit('.').next().unwrap_or(full_name)
}

/// "`a`, `b` and `c`"
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Labels the field that was probably meant, else the message; gives the name that was meant.
pub(super) fn near(
    diagnostic: Diagnostic,
    name: &str,
    message: &MessageFacts,
) -> (Diagnostic, Option<String>) {
    let known = message.fields.iter().map(|(name, _)| name.as_str());
    if let Some(meant) = did_you_mean(name, known.clone()) {
        let span =
            message.fields.iter().find(|(name, _)| name == meant).and_then(|(_, span)| *span);
        return (diagnostic.also(span, "did you mean this one?"), Some(meant.to_owned()));
    }
    (diagnostic.also(message.span, has(message)), None)
}

/// "it has `a` and `b`"
pub(super) fn has(message: &MessageFacts) -> String {
    format!("it has {}", list(message.fields.iter().map(|(name, _)| name.as_str())))
}

/// Labels one of several known places by name.
pub(super) fn meant<'a>(
    name: &str,
    known: &'a [(String, Option<Span>)],
) -> Option<&'a (String, Option<Span>)> {
    let meant = did_you_mean(name, known.iter().map(|(name, _)| name.as_str()))?;
    known.iter().find(|(name, _)| name == meant)
}

/// The verb of a method: "get" of `GetBook`; of `BatchGetBooks` the word behind "batch".
pub(super) fn first_word(method: &str) -> String {
    let words = snake(method);
    let mut words = words.split('_').filter(|word| *word != "batch");
    words.next().unwrap_or_default().to_owned()
}

/// Whether the proto itself says what repeating the call does.
pub(super) fn says_idempotency(method: &MethodDescriptor) -> bool {
    let options = method.method_descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.idempotency_level.is_some_and(|level| level != 0))
}
