//! `@defer`: what may be deferred, and what becomes of it.

use super::{SDL, lower, types};
use crate::{
    graphql::{config::Config, document},
    operation::{Field, Operation},
};

#[track_caller]
fn check(text: &str, expected: &str) {
    let operation = lower(text, &[]).unwrap();
    assert_eq!(print(&operation), expected, "{text}");
}

/// `title@0`: the field is answered with fragment 0, which begins where `+0` stands. Of abstract types only the first
/// concrete one is shown.
fn print(operation: &Operation) -> String {
    let labels = operation.defers.iter().enumerate().map(|(id, defer)| {
        let parent = defer.parent.map_or(String::new(), |parent| format!(" in {}", parent.0));
        format!("; {id} {}{parent}", defer.label.as_deref().unwrap_or("-"))
    });
    let begins = operation.begins.iter().map(|id| format!("+{} ", id.0)).collect::<String>();
    format!("{begins}{}{}", fields(&operation.fields), labels.collect::<String>())
}

fn fields(of: &[Field]) -> String {
    let field = |field: &Field| {
        let defers: String = field.defers.iter().map(|id| format!("@{}", id.0)).collect();
        let inside = field.selections.first().map_or(String::new(), |selection| {
            let begins = selection.begins.iter().map(|id| format!("+{} ", id.0));
            format!(" {{ {}{} }}", begins.collect::<String>(), fields(&selection.fields))
        });
        format!("{}{defers}{inside}", field.response_key)
    };
    of.iter().map(field).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_field_belongs_to_the_outermost_fragments_that_it_stands_in() {
    check(
        "{ book(id: 1) { title ... @defer(label: \"a\") { id } } }",
        "book { +0 title id@0 }; 0 a",
    );
    // What stands outside too is not deferred, though its fields may be.
    check(
        "{ book(id: 1) { author { id } ... @defer { title author { id name } } } }",
        "book { +0 author { id name@0 } title@0 }; 0 -",
    );
    check(
        "{ book(id: 1) { ... @defer { title ... @defer { id title } } ... @defer { id } } }",
        "book { +0 +1 +2 title@0 id@1@2 }; 0 -; 1 - in 0; 2 -",
    );
    check(
        "{ ...F @defer ...F } fragment F on Query { book(id: 1) { title } }",
        "+0 book { title }; 0 -",
    );
    check(
        "{ ...F @defer(label: \"a\") ...G } fragment F on Query { book(id: 1) { title } } \
         fragment G on Query { ...F @defer(label: \"b\") }",
        "+0 +1 book@0@1 { title@0@1 }; 0 a; 1 b",
    );
}

#[test]
fn a_fragment_is_deferred_unless_it_says_otherwise() {
    check("{ book(id: 1) { ... @defer(if: false) { id } } }", "book { id }");
    check("{ book(id: 1) { ... @defer(if: true) { id } } }", "book { +0 id@0 }; 0 -");
    let text = "query($on: Boolean) { book(id: 1) { ... @defer(if: $on) { id } } }";
    assert_eq!(print(&lower(text, &[]).unwrap()), "book { id }");
    assert_eq!(print(&lower(text, &["on"]).unwrap()), "book { +0 id@0 }; 0 -");
    check("{ book(id: 1) { ... @defer @include(if: false) { id } title } }", "book { title }");
}

#[test]
fn deferred_fragments_are_validated() {
    let sdl = SDL
        .replace("mutation: Mutation }", "mutation: Mutation subscription: Subscription }")
        + "type Subscription { bookSold: Book }";
    let verdict = |text: &str| -> Vec<String> {
        match document::check(text, &types(&sdl), &Config::default()) {
            Ok(_) => Vec::new(),
            Err(refusal) => refusal.faults.into_iter().map(|fault| fault.message).collect(),
        }
    };
    let unique = "Value for arguments \"defer(label:)\" and \"stream(label:)\" must be unique across all Defer/Stream \
                  directive usages.";
    let fixed = "Argument \"@defer(label:)\" must be a static string.";
    let text = "query A($l: String) { ... @defer(label: \"a\") { book(id: 1) { ...F @defer(label: $l) } } } \
                query B { __typename } fragment F on Book { ... @defer(label: \"a\") { id } }";
    assert_eq!(verdict(text), [fixed, unique]);
    let root = "Defer directive cannot be used on root mutation type.";
    let text = "mutation { ...F @defer } fragment F on Mutation { ... @defer { __typename } }";
    assert_eq!(verdict(text), [root, root]);
    let deep = "mutation { review(input: {book: 1, stars: 3}) { ... @defer { stars } } }";
    assert_eq!(verdict(deep), Vec::<String>::new());
    let subscribed = "Defer directive not supported on subscription operations. Disable `@defer` by setting the `if` \
                      argument to `false`.";
    let on = |condition: &str| {
        format!(
            "subscription($on: Boolean = true) {{ bookSold {{ title(upper: $on) ... @defer{condition} {{ id }} }} }}"
        )
    };
    assert_eq!(verdict(&on("")), [subscribed]);
    assert_eq!(verdict(&on("(if: true)")), [subscribed]);
    assert_eq!(verdict(&on(" @skip(if: true)")), Vec::<String>::new());
    assert_eq!(verdict(&on("(if: false)")), Vec::<String>::new());
    assert_eq!(verdict(&on("(if: $on)")), Vec::<String>::new());
}
