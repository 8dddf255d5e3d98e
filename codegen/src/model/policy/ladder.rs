//! `@fallback`: the rungs of the ladder.

use apollo_compiler::ast::Value;
use prost_reflect::{MessageDescriptor, MethodDescriptor};

use super::duration::milliseconds;
use crate::contract::{Fallback, Join, Source, fallback, source};
use crate::model::binder::{At, Binder, Shape};
use crate::model::call::Parent;
use crate::model::directives::{Argument, BatchArguments, Rpc, Text};
use crate::model::fault::Fault;
use crate::model::literal::{Deferred, Purpose};

impl Binder<'_> {
    pub(super) fn fallback(
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
    pub(super) fn fallback_of_load(
        &self,
        at: &At,
        many: bool,
        is_cached: bool,
    ) -> Option<Fallback> {
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

    pub(super) fn last(
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
    pub(super) fn fallback_rpc(&mut self, at: &At, shape: &Shape, method: &Text) -> Option<Join> {
        let found = self.find_method(method)?;
        if matches!(shape, Shape::Unknown) {
            return None;
        }
        let original = self.directive(at, "rpc").and_then(|rpc| rpc.rpc());
        if original.as_ref().is_some_and(|rpc| rpc.method.value == method.value) {
            self.fault(Fault::MisplacedDirective {
                coordinate: at.coordinate(),
                directive: "fallback(rpc:)".to_owned(),
                reason: "it is the method that failed: another one can stand in for it".to_owned(),
                span: method.span,
            });
            return None;
        }
        let batch = self.directive(at, "batch").map(|batch| batch.batch());
        let batch = batch.map(|batch| same_names(batch, &found));
        let with = original.and_then(|rpc| rpc.with);
        let rpc = Rpc { method: method.clone(), with, select: None };
        let calls = (self.call.take(), self.load.take());
        let source = self.rpc(at, &Parent::of(shape), &rpc, method.span, batch.as_ref());
        (self.call, self.load) = calls;
        match source {
            // It is asked for everything: what is read of its answer stands in another message.
            Some(Source { kind: Some(source::Kind::Join(join)) }) => {
                Some(Join { selection: None, ..*join })
            }
            _ => None,
        }
    }
}

fn is_empty_list(value: &Value) -> bool {
    value.as_list().is_some_and(<[_]>::is_empty)
}

/// The arguments whose names the other method's messages have too; the rest is inferred.
fn same_names(batch: BatchArguments, method: &MethodDescriptor) -> BatchArguments {
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
