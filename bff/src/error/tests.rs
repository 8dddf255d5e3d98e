//! What the table says, and what an error shows to whom.

use super::*;

#[test]
fn every_grpc_status_keeps_its_canonical_name() {
    let names: Vec<_> =
        (0..=17).map(|status| Code::from_grpc(status).map_or("OK", Code::name)).collect();
    assert_eq!(
        names.join(" "),
        "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED \
         RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS \
         UNAUTHENTICATED UNKNOWN"
    );
}

#[test]
fn a_fallback_follows_only_the_codes_that_the_design_allows() {
    let allowed: Vec<_> =
        Code::ALL.into_iter().filter(|code| code.may_fall_back()).map(Code::name).collect();
    assert_eq!(
        allowed.join(" "),
        "UNKNOWN DEADLINE_EXCEEDED RESOURCE_EXHAUSTED ABORTED INTERNAL UNAVAILABLE DATA_LOSS"
    );
}

#[test]
fn a_change_was_certainly_not_made_where_it_was_refused_or_undone() {
    let open = Code::ALL.into_iter().filter(|code| code.leaves_the_outcome_open());
    let open: Vec<_> = open.map(Code::name).collect();
    assert_eq!(
        open.join(" "),
        "CANCELLED UNKNOWN DEADLINE_EXCEEDED INTERNAL UNAVAILABLE DATA_LOSS"
    );
}

#[test]
fn nothing_else_is_shown_after_a_denial() {
    let denials = Code::ALL.into_iter().filter(|code| code.is_denial());
    let denials: Vec<_> = denials.inspect(|code| assert!(!code.may_fall_back())).collect();
    assert_eq!(denials, [Code::PermissionDenied, Code::Unauthenticated]);
}

#[test]
fn names_lead_back_to_their_codes() {
    for code in Code::ALL {
        assert_eq!(Code::from_name(code.name()), Some(code));
    }
    assert_eq!(Code::from_name("unavailable"), None);
}

#[test]
fn the_source_is_for_the_log_and_not_in_the_message() {
    let error =
        Error::with_source(Code::Unavailable, "the service cannot be reached", "10.0.0.7 refused");
    assert_eq!(error.to_string(), "the service cannot be reached");
    assert!(format!("{error:?}").contains("10.0.0.7"));
}
