//! The rules: each says what is wrong, where in the schema and in the proto, and what to do.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::input::Fault as ReadFault;
use crate::model::{Fault, Model};

mod ambiguous_batch;
mod ambiguous_method;
mod ambiguous_value;
mod cache_without_scope;
mod cached_write;
mod client_streaming;
mod drifted_field;
mod filled_twice;
mod foreign_fallback;
mod fragile_non_null;
mod impassable_path;
mod invalid_duration;
mod invalid_mock;
mod invalid_proto;
mod invalid_requires;
mod invalid_schema;
mod invalid_selection;
mod invalid_source;
mod invalid_tag;
mod key_mismatch;
mod list_mismatch;
mod misplaced_directive;
mod missing_key;
mod missing_match;
mod misspelled_field;
mod n_plus_one;
mod narrowing_key;
mod nested_list;
mod non_null_optional;
mod non_unique_match;
mod public_with_identity;
mod read_under_mutation;
mod reserved_package;
mod rust_name_clash;
mod stale_without_cache;
mod streaming_mismatch;
mod type_mismatch;
mod unbounded_list;
mod uncovered_enum_value;
mod uncovered_oneof_member;
mod unenforced_directive;
mod unfilled_required;
mod unholdable_value;
mod unknown_directive;
mod unknown_enum_value;
mod unknown_from;
mod unknown_member;
mod unknown_message;
mod unknown_method;
mod unknown_parent_field;
mod unknown_request_field;
mod unknown_response_field;
mod unlisted_message;
mod unmapped_argument;
mod unmapped_input_field;
mod unreadable_file;
mod useless_allow;
mod useless_argument;
mod useless_mock;
mod value_mismatch;
mod words;
mod write_under_query;

/// All rules: what cannot be read, what cannot be bound, what must not be, what should not be.
pub(crate) const RULES: &[&Rule] = &[
    &unreadable_file::RULE,
    &invalid_proto::RULE,
    &invalid_schema::RULE,
    &unknown_directive::RULE,
    &cache_without_scope::RULE,
    &reserved_package::RULE,
    &unknown_method::RULE,
    &ambiguous_method::RULE,
    &client_streaming::RULE,
    &streaming_mismatch::RULE,
    &unknown_request_field::RULE,
    &unknown_response_field::RULE,
    &unknown_parent_field::RULE,
    &unknown_from::RULE,
    &impassable_path::RULE,
    &unknown_message::RULE,
    &unlisted_message::RULE,
    &unknown_enum_value::RULE,
    &unknown_member::RULE,
    &unmapped_argument::RULE,
    &unmapped_input_field::RULE,
    &useless_argument::RULE,
    &type_mismatch::RULE,
    &list_mismatch::RULE,
    &nested_list::RULE,
    &ambiguous_value::RULE,
    &ambiguous_batch::RULE,
    &missing_key::RULE,
    &missing_match::RULE,
    &key_mismatch::RULE,
    &unfilled_required::RULE,
    &filled_twice::RULE,
    &misplaced_directive::RULE,
    &invalid_duration::RULE,
    &invalid_source::RULE,
    &invalid_selection::RULE,
    &invalid_tag::RULE,
    &invalid_mock::RULE,
    &invalid_requires::RULE,
    &value_mismatch::RULE,
    &unholdable_value::RULE,
    &drifted_field::RULE,
    &useless_mock::RULE,
    &foreign_fallback::RULE,
    &public_with_identity::RULE,
    &cached_write::RULE,
    &fragile_non_null::RULE,
    &n_plus_one::RULE,
    &unbounded_list::RULE,
    &non_unique_match::RULE,
    &narrowing_key::RULE,
    &write_under_query::RULE,
    &read_under_mutation::RULE,
    &non_null_optional::RULE,
    &misspelled_field::RULE,
    &uncovered_enum_value::RULE,
    &uncovered_oneof_member::RULE,
    &stale_without_cache::RULE,
    &unenforced_directive::RULE,
    &rust_name_clash::RULE,
    &useless_allow::RULE,
];

/// One rule.
pub(crate) struct Rule {
    /// In kebab case.
    pub(crate) name: &'static str,
    pub(crate) severity: Severity,
    /// For `anabranch explain`: why, what is wrong, what is right.
    pub(crate) explanation: &'static str,
    check: Check,
}

/// What a rule looks at.
enum Check {
    Read(fn(&Rule, &ReadFault) -> Option<Diagnostic>),
    Bind(fn(&Rule, &Fault) -> Option<Diagnostic>),
    Whole(fn(&Rule, &Model<'_>) -> Vec<Diagnostic>),
    /// Judges what the rules before it found.
    Found(fn(&Rule, &Model<'_>, &mut Vec<Diagnostic>)),
}

impl Rule {
    fn finding(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.name, self.severity, message)
    }
}

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = model.faults.iter().filter_map(of_fault).collect();
    for rule in RULES {
        match rule.check {
            Check::Read(check) => {
                findings.extend(model.input.faults.iter().filter_map(|fault| check(rule, fault)));
            }
            Check::Bind(_) => {}
            Check::Whole(check) => findings.extend(check(rule, model)),
            Check::Found(check) => check(rule, model, &mut findings),
        }
    }
    // What is wrong beside a type's `@load` was found once for each field that loads it.
    let mut seen = HashSet::new();
    findings.retain(|finding| seen.insert(finding.clone()));
    findings
}

/// The finding behind one fault.
pub(crate) fn of_fault(fault: &Fault) -> Option<Diagnostic> {
    RULES.iter().find_map(|rule| match rule.check {
        Check::Bind(check) => check(rule, fault),
        Check::Read(_) | Check::Whole(_) | Check::Found(_) => None,
    })
}

/// The explanation of a rule, for people.
pub(crate) fn explain(rule: &str) -> Option<String> {
    let rule = RULES.iter().find(|known| known.name == rule)?;
    let explanation = rule.explanation;
    if rule.severity == Severity::Error || rule.name == useless_allow::RULE.name {
        return Some(explanation.to_owned());
    }
    let name = rule.name;
    Some(format!(
        "{explanation}\nIt is a warning. Where it is accepted, write above the definition: `# anabranch: allow({name})`.\n"
    ))
}
