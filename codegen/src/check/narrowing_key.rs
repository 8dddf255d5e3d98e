//! A key that goes into a field with less room.

use std::ops::RangeInclusive;

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::{Check, Rule};
use crate::contract::{Join, KeyPart, Scalar};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Call, Model, Site};

pub(super) const RULE: Rule = Rule {
    name: "narrowing-key",
    severity: Severity::Warning,
    explanation: r#"The parent's key has values that the request's field cannot hold: an `int64` goes into an `int32`, or a number that may
be negative into a `uint64`. Such a value is an error of its place when it comes (INVALID_VALUE), and nobody is asked.

Give both fields one type, the wider one.
"#,
    check: Check::Whole(check),
};

fn check(rule: &Rule, model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for site in &model.sites {
        let mut before = None;
        for (join, call) in model.joins(site) {
            for part in &join.key {
                findings.extend(narrowing(rule, model, (site, join, call, before), part));
            }
            before = call;
        }
    }
    findings
}

/// A call of a site, and the one before it.
type Asked<'a> = (&'a Site, &'a Join, Option<&'a Call>, Option<&'a Call>);

fn narrowing(
    rule: &Rule,
    model: &Model<'_>,
    (site, join, call, before): Asked<'_>,
    part: &KeyPart,
) -> Option<Diagnostic> {
    let (given, taken) = (part.scalar(), part.target_scalar());
    let (values, room) = (range(given)?, range(taken)?);
    let lost = match (room.contains(values.start()), room.contains(values.end())) {
        (true, true) => return None,
        (false, true) => format!("below {} do not fit", room.start()),
        (true, false) => format!("above {} do not fit", room.end()),
        (false, false) => format!("below {} and above {} do not fit", room.start(), room.end()),
    };
    let [given, taken] = [given, taken].map(|scalar| scalar.as_str_name().to_lowercase());
    let coordinate = site.coordinate();
    let finding =
        rule.finding(format!("the key of `{coordinate}` is {given}, and {taken} in the request"));
    let finding = finding.at(call.and_then(|call| call.span), format!("numbers {lost}"));
    let source = match before {
        Some(before) => before.value.clone(),
        None => site.parent.as_ref().and_then(|parent| field(parent, &part.path)),
    };
    let keys = join.batch.as_ref().map(|batch| &*batch.keys).unwrap_or_default();
    let request = call.and_then(|call| call.method.as_ref()).map(|method| method.input());
    let target = request.and_then(|request| field(&request, &[keys, &part.target].concat()));
    let span = |field: Option<FieldDescriptor>| model.input.protos.field_span(&field?);
    let finding = finding.also(span(source), given).also(span(target), taken);
    Some(finding.help("give both fields one type"))
}

/// The integers that a scalar holds; `None` for what is no integer.
fn range(scalar: Scalar) -> Option<RangeInclusive<i128>> {
    Some(match scalar {
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 | Scalar::Enum => {
            i32::MIN.into()..=i32::MAX.into()
        }
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => i64::MIN.into()..=i64::MAX.into(),
        Scalar::Uint32 | Scalar::Fixed32 => 0..=u32::MAX.into(),
        Scalar::Uint64 | Scalar::Fixed64 => 0..=u64::MAX.into(),
        _ => return None,
    })
}

fn field(message: &MessageDescriptor, path: &[u32]) -> Option<FieldDescriptor> {
    let (last, outer) = path.split_last()?;
    let message = outer.iter().try_fold(message.clone(), |message, number| {
        message.get_field(*number)?.kind().as_message().cloned()
    })?;
    message.get_field(*last)
}
