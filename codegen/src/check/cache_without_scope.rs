//! A cache that does not say whose it is.

use super::{Check, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::input::Fault as ReadFault;

pub(super) const RULE: Rule = Rule {
    name: "cache-without-scope",
    severity: Severity::Error,
    explanation: r#"A kept answer may be shown to others. `scope` says to whom: PUBLIC to everybody, TENANT to callers of the same tenant,
USER to the same user only. There is no default, because every default is wrong for somebody.

wrong:  price: Money @rpc(…) @cache(maxAge: "30s")
right:  price: Money @rpc(…) @cache(maxAge: "30s", scope: PUBLIC)
"#,
    check: Check::Read(check),
};

fn check(rule: &Rule, fault: &ReadFault) -> Option<Diagnostic> {
    let ReadFault::CacheWithoutScope { span } = fault else { return None };
    let finding =
        rule.finding("`@cache` does not say who may see what it keeps").at(*span, "no scope");
    Some(finding.help("write `scope: PUBLIC`, `scope: TENANT` or `scope: USER`"))
}
