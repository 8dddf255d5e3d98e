//! A proto that does not compile.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::input::{Edition, Fault as ReadFault, Language};

pub(super) const RULE: Rule = Rule {
    name: "invalid-proto",
    severity: Severity::Error,
    explanation: r#"The proto compiler refuses a file: its syntax is wrong, a type or an import does not exist, or two things have one
name. The message is the compiler's. Fields that cannot be are told one by one; behind other faults of syntax, and
behind two things of one name, faults of the same file may be told only when these are mended, and so are those of
files that import it.

Read are proto2, proto3 and the editions 2023 and 2024. Features of other languages (`features.(pb.go)`) say nothing
here. A file of an edition in which an enum begins with another number than 0 cannot also have fields without presence.

Imports are looked up below the proto roots. google/protobuf/*.proto and anabranch/v1/options.proto are always there.
"#,
    check: Check::Read(check),
};

fn check(rule: &Rule, fault: &ReadFault) -> Option<Diagnostic> {
    let ReadFault::Proto { message, labels, help, language } = fault else { return None };
    let mut finding = rule.finding(message.as_str());
    let mut labels = labels.iter();
    if let Some((span, text)) = labels.next() {
        finding = finding.at(*span, text.as_str());
    }
    for (span, text) in labels {
        finding = finding.also(*span, text.as_str());
    }
    Some(finding.help(help.clone().unwrap_or_else(|| help_for(message, *language))))
}

/// The compiler has no help of its own for most of what it says.
fn help_for(message: &str, language: Language) -> String {
    if message.starts_with("import ") {
        return "imports are looked up below the proto roots".to_owned();
    }
    if message.ends_with("is not defined") {
        return "define it, or import the file that does".to_owned();
    }
    if message.starts_with("camel-case name of field") {
        return "rename one of them: names that differ in case and underscores alone are one name here".to_owned();
    }
    let page = match language {
        Language::Proto2 => "proto2-spec",
        Language::Proto3 => "proto3-spec",
        Language::Edition(Edition::Of2023) => "edition-2023-spec",
        Language::Edition(Edition::Of2024) => "edition-2024-spec",
    };
    format!("what may stand here: https://protobuf.dev/reference/protobuf/{page}")
}
