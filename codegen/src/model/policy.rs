//! `@timeout`, `@cache`, `@invalidates` and `@fallback`: what holds for the call behind a field.

use apollo_compiler::ast::{DirectiveList, Value};
use apollo_compiler::schema::ExtendedType;
use prost_reflect::MessageDescriptor;

use super::binder::{At, Binder, Shape};
use super::call::Parent;
use super::directives::{Argument, BatchArguments, Reader, Rpc, Text};
use super::fault::{Fault, Side};
use super::leaf::scalar_of;
use super::literal::{Deferred, Purpose};
use super::path::{Place, is_plain, numbers};
use crate::contract::{
    Cache, Fallback, Join, Match, Piece, Policy, Scope, Source, Template, fallback, piece, source,
};

/// Where paths in tags begin.
enum Ground {
    /// The message, and how to get there from the item.
    Message(MessageDescriptor, Vec<u32>),
    /// No proto has a message yet.
    Promised,
    /// The call could not be bound: whether a path leads anywhere is not to be judged.
    Unknown,
}

/// What a tag may have holes for.
struct Holes {
    ground: Ground,
    /// Whether there is a field whose arguments a tag may have.
    has_arguments: bool,
}

impl Binder<'_> {
    /// What holds for the call behind a field. The field comes before what its type says beside `@load`. Where the call
    /// only names what another one loads, the field's `@timeout` and `@fallback` hold for that one too: one of the two
    /// must not void what the other one saves.
    pub(super) fn policy(&mut self, at: &At, shape: &Shape, join: &mut Join, place: (u32, usize)) {
        let of_type = join.policy.take().unwrap_or_default();
        let holes = Holes { ground: self.ground(join), has_arguments: true };
        let own = self.own_policy(at, shape, place, join.many, &holes);
        let timeout_ms = (own.timeout_ms > 0).then_some(own.timeout_ms);
        join.policy = said(Policy {
            timeout_ms: timeout_ms.unwrap_or(of_type.timeout_ms),
            cache: own.cache.or(of_type.cache),
            ..own
        });
        let then = join.then.as_mut().and_then(|then| then.kind.as_mut());
        if let Some(source::Kind::Join(load)) = then {
            let of_type = load.policy.take().unwrap_or_default();
            let fallback = self.fallback_of_load(at, load.many, of_type.cache.is_some());
            load.policy = said(Policy {
                timeout_ms: timeout_ms.unwrap_or(of_type.timeout_ms),
                fallback: fallback.map(Box::new),
                ..*of_type
            });
        }
    }

    /// What is wrong with the policy of a field whose call could not be bound, as far as that does not depend on the call.
    pub(super) fn policy_of_refused(&mut self, at: &At, shape: &Shape, place: (u32, usize)) {
        let holes = Holes { ground: Ground::Unknown, has_arguments: true };
        self.own_policy(at, shape, place, false, &holes);
    }

    fn own_policy(
        &mut self,
        at: &At,
        shape: &Shape,
        place: (u32, usize),
        many: bool,
        holes: &Holes,
    ) -> Policy {
        Policy {
            timeout_ms: self.timeout(&at.field.directives).unwrap_or_default(),
            cache: self.cache(at, &at.field.directives, holes),
            invalidates: self.invalidates(at, holes),
            fallback: self.fallback(at, shape, place, many).map(Box::new),
        }
    }

    /// What a type says beside `@load`. Without a call it is only judged.
    pub(super) fn load_policy(
        &mut self,
        at: &At,
        definition: &ExtendedType,
        load: Option<&Join>,
    ) -> Option<Box<Policy>> {
        let ground = load.map_or(Ground::Unknown, |load| self.ground(load));
        let holes = Holes { ground, has_arguments: false };
        let timeout_ms = self.timeout(definition.directives()).unwrap_or_default();
        let cache = self.cache(at, definition.directives(), &holes);
        said(Policy { timeout_ms, cache, ..Default::default() })
    }

    /// Says of each type with a policy and no call that the policy has no effect.
    pub(super) fn policies_without_load(&mut self) {
        for (name, ty) in &self.schema().definitions.types {
            for directive in ["timeout", "cache"] {
                let found = Reader::find(self.schema(), ty.directives(), directive);
                if let Some(found) = found.filter(|_| !ty.directives().has("load")) {
                    self.fault(Fault::MisplacedDirective {
                        coordinate: name.to_string(),
                        directive: directive.to_owned(),
                        reason: "a type without `@load` has no call of its own".to_owned(),
                        span: found.span(),
                    });
                }
            }
        }
    }

    fn ground(&self, join: &Join) -> Ground {
        let Some(call) = &self.call else { return Ground::Promised };
        match (call.item.clone().filter(|_| join.batch.is_some()), &call.method) {
            (Some(item), _) => Ground::Message(item, call.item_prefix.clone()),
            (None, Some(method)) => Ground::Message(method.output(), Vec::new()),
            (None, None) => Ground::Promised,
        }
    }

    fn timeout(&mut self, directives: &DirectiveList) -> Option<u64> {
        let timeout = Reader::find(self.schema(), directives, "timeout")?;
        self.positive_duration(&timeout.text("after")?)
    }

    fn cache(&mut self, at: &At, directives: &DirectiveList, holes: &Holes) -> Option<Cache> {
        let cache = Reader::find(self.schema(), directives, "cache")?;
        let (max_age, revalidate) = (cache.text("maxAge"), cache.text("staleWhileRevalidate"));
        let scope = cache
            .argument("scope")
            .and_then(|scope| scope.value.as_enum().map(ToString::to_string));
        let scope = scope.as_deref().and_then(Scope::from_str_name).unwrap_or(Scope::Unspecified);
        let vary =
            cache.texts("vary").into_iter().map(|header| header.value.to_lowercase()).collect();
        let tags = cache.texts("tags");
        Some(Cache {
            max_age_ms: max_age.and_then(|text| self.positive_duration(&text)).unwrap_or_default(),
            stale_while_revalidate_ms: revalidate
                .and_then(|text| self.duration(&text))
                .unwrap_or_default(),
            scope: scope as i32,
            vary,
            tags: tags.iter().filter_map(|tag| self.template(at, tag, holes)).collect(),
        })
    }

    fn invalidates(&mut self, at: &At, holes: &Holes) -> Vec<Template> {
        let tags = self
            .directive(at, "invalidates")
            .map(|invalidates| invalidates.texts("tags"))
            .unwrap_or_default();
        tags.iter().filter_map(|tag| self.template(at, tag, holes)).collect()
    }

    /// "book-{book_id}" as pieces.
    fn template(&mut self, at: &At, tag: &Text, holes: &Holes) -> Option<Template> {
        let mut pieces = Vec::new();
        let mut rest = tag.value.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((hole, after)) = after.split_once('}') else {
                return self.invalid_tag(tag, "a `{` is not closed");
            };
            pieces.extend(
                (!before.is_empty())
                    .then(|| Piece { kind: Some(piece::Kind::Text(before.to_owned())) }),
            );
            pieces.push(Piece { kind: Some(self.hole(at, tag, hole.trim(), holes)?) });
            rest = after;
        }
        if rest.contains('}') {
            return self.invalid_tag(tag, "a `}` closes nothing");
        }
        pieces.extend(
            (!rest.is_empty()).then(|| Piece { kind: Some(piece::Kind::Text(rest.to_owned())) }),
        );
        if pieces.is_empty() {
            return self.invalid_tag(tag, "it is empty");
        }
        Some(Template { pieces })
    }

    fn hole(&mut self, at: &At, tag: &Text, hole: &str, holes: &Holes) -> Option<piece::Kind> {
        if let Some(argument) = hole.strip_prefix("$args.") {
            if !holes.has_arguments {
                return self
                    .invalid_tag(tag, "a type has no arguments; `{id}` is a path in the item");
            }
            let ty = self.argument_type(at, argument);
            let is_leaf = ty.as_ref().is_some_and(|ty| {
                !ty.is_list() && self.type_of(ty.inner_named_type()).is_some_and(|ty| ty.is_leaf())
            });
            if !is_leaf {
                return self
                    .invalid_tag(tag, &format!("`{hole}` is no scalar argument of the field"));
            }
            return Some(piece::Kind::Argument(argument.to_owned()));
        }
        let (message, prefix) = match &holes.ground {
            Ground::Message(message, prefix) => (message, prefix),
            Ground::Promised => {
                return self.invalid_tag(tag, "no proto has a message to read it from yet");
            }
            Ground::Unknown => return None,
        };
        let place = Place { side: Side::Response, argument: "tags", span: tag.span };
        let path = self.path(message, hole, place)?;
        let last = path.last()?;
        if last.is_list() || !is_plain(last) {
            return self.bad_path(hole, "a tag takes one plain value", place, last);
        }
        let path = [prefix.as_slice(), &numbers(&path)].concat();
        Some(piece::Kind::Path(Match { path, scalar: scalar_of(&last.kind()) as i32 }))
    }

    fn invalid_tag<T>(&mut self, tag: &Text, reason: &str) -> Option<T> {
        self.fault(Fault::InvalidTag {
            text: tag.value.clone(),
            reason: reason.to_owned(),
            span: tag.span,
        });
        None
    }

    fn fallback(
        &mut self,
        at: &At,
        shape: &Shape,
        place: (u32, usize),
        many: bool,
    ) -> Option<Fallback> {
        let directive = self.directive(at, "fallback")?;
        let (span, stale) = (directive.span(), directive.text("staleIfError"));
        let (rpc, value) = (directive.text("rpc"), directive.argument("value"));
        if stale.is_none() && rpc.is_none() && value.is_none() {
            let reason = "it says nothing: write `staleIfError`, `rpc` or `value`".to_owned();
            let directive = "fallback".to_owned();
            self.fault(Fault::MisplacedDirective {
                coordinate: at.coordinate(),
                directive,
                reason,
                span,
            });
        }
        let stale_if_error_ms =
            stale.and_then(|stale| self.positive_duration(&stale)).unwrap_or_default();
        let rpc = rpc.and_then(|rpc| self.fallback_rpc(at, shape, &rpc)).map(Box::new);
        let leave_out = many && value.as_ref().is_some_and(|value| is_empty_list(&value.value));
        let last = if leave_out {
            Some(fallback::Last::Null(true))
        } else {
            value.and_then(|value| self.last(at, place, value))
        };
        Some(Fallback { stale_if_error_ms, rpc, last, leave_out })
    }

    /// The rungs of a field that hold for the call that loads what the field's own call names: of a list an element that
    /// cannot be loaded is left out. A value of its own stands for the whole field, never for one element.
    fn fallback_of_load(&self, at: &At, many: bool, is_cached: bool) -> Option<Fallback> {
        let directive = self.directive(at, "fallback")?;
        let stale = directive.text("staleIfError").filter(|_| is_cached);
        let stale_if_error_ms = stale.and_then(|stale| milliseconds(&stale.value));
        let value = directive.argument("value").map(|value| value.value);
        let leave_out = many && value.as_ref().is_some_and(|value| is_empty_list(value));
        let is_null = leave_out || value.is_some_and(|value| value.is_null());
        (stale_if_error_ms.is_some() || is_null).then(|| Fallback {
            stale_if_error_ms: stale_if_error_ms.unwrap_or_default(),
            rpc: None,
            last: is_null.then_some(fallback::Last::Null(true)),
            leave_out,
        })
    }

    fn last(
        &mut self,
        at: &At,
        (binding, field): (u32, usize),
        value: Argument,
    ) -> Option<fallback::Last> {
        if !value.value.is_null() {
            let (at, purpose) = (at.clone(), Purpose::Fallback);
            self.deferred.push(Deferred { at, binding, field, value, purpose });
            return Some(fallback::Last::Value(Vec::new()));
        }
        if at.field.ty.is_non_null() {
            let reason = format!("`{}` is never null", at.field.ty);
            self.fault(Fault::ValueMismatch {
                coordinate: at.coordinate(),
                reason,
                span: value.span,
                proto: None,
            });
        }
        Some(fallback::Last::Null(true))
    }

    /// The other method, asked for the same parents: what the first one needs said is said for both, as far as the
    /// names of the other one's messages are the same.
    fn fallback_rpc(&mut self, at: &At, shape: &Shape, method: &Text) -> Option<Join> {
        let found = self.find_method(method)?;
        if matches!(shape, Shape::Unknown) {
            return None;
        }
        let original = self.directive(at, "rpc").and_then(|rpc| rpc.rpc());
        let batch = self.directive(at, "batch").map(|batch| batch.batch());
        let batch = batch.map(|batch| same_names(batch, &found));
        let with = original.and_then(|rpc| rpc.with);
        let rpc = Rpc { method: method.clone(), with, select: None };
        let calls = (self.call.take(), self.load.take());
        let source = self.rpc(at, &Parent::of(shape), &rpc, method.span, batch.as_ref());
        (self.call, self.load) = calls;
        match source {
            Some(Source { kind: Some(source::Kind::Join(join)) }) => Some(*join),
            _ => None,
        }
    }

    fn positive_duration(&mut self, text: &Text) -> Option<u64> {
        let milliseconds = self.duration(text)?;
        if milliseconds == 0 {
            self.fault(Fault::InvalidDuration { text: text.value.clone(), span: text.span });
            return None;
        }
        Some(milliseconds)
    }

    /// `80ms`, `1.5s`, `10m`, `2h`, `1d` in milliseconds.
    pub(super) fn duration(&mut self, text: &Text) -> Option<u64> {
        let milliseconds = milliseconds(&text.value);
        if milliseconds.is_none() {
            self.fault(Fault::InvalidDuration { text: text.value.clone(), span: text.span });
        }
        milliseconds
    }
}

/// A policy that says anything.
fn said(policy: Policy) -> Option<Box<Policy>> {
    (policy != Policy::default()).then(|| Box::new(policy))
}

fn is_empty_list(value: &Value) -> bool {
    value.as_list().is_some_and(<[_]>::is_empty)
}

/// The arguments whose names the other method's messages have too; the rest is inferred.
fn same_names(batch: BatchArguments, method: &prost_reflect::MethodDescriptor) -> BatchArguments {
    let has = |message: MessageDescriptor, path: &Option<Text>| {
        path.as_ref().is_some_and(|path| {
            let first = path.value.split('.').next().unwrap_or_default();
            message.get_field_by_name(first).is_some()
        })
    };
    let keys = batch.keys.clone().filter(|_| has(method.input(), &batch.keys));
    let same_items = has(method.output(), &batch.items);
    let items = batch.items.clone().filter(|_| same_items);
    let (matching, select, status) =
        if same_items { (batch.matching, batch.select, batch.status) } else { (None, None, None) };
    BatchArguments { keys, items, matching, select, status, ..batch }
}

fn milliseconds(text: &str) -> Option<u64> {
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let unit: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return None;
    }
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(thousandths * unit / 1_000)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, expected) in [
            ("80ms", 80),
            ("2s", 2_000),
            ("1.5s", 1_500),
            ("10m", 600_000),
            ("1d", 86_400_000),
            ("0s", 0),
        ] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in
            ["", "80", "ms", "1.s", ".5s", "-1s", "1 s", "1y", "1.2345s", "99999999999999999999s"]
        {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
