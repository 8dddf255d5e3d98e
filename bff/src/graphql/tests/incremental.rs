//! `@defer` and `@stream`: what may come later, and what becomes of it.

use super::{SDL, lower, types};
use crate::{
    graphql::{config::Config, document},
    operation::{Field, Operation, Selection},
};

#[track_caller]
fn check(text: &str, expected: &str) {
    let operation = lower(text, &[]).unwrap();
    assert_eq!(print(&operation), expected, "{text}");
}

/// `title@0`: the field is answered with fragment 0, which begins where `+0` stands. Of abstract types only the first
/// concrete one is shown. `books*1 { … } then 0 { … }`: behind the first item of the list, more comes with 0.
fn print(operation: &Operation) -> String {
    let labels = operation.defers.iter().enumerate().map(|(id, defer)| {
        let parent = defer.parent.map_or(String::new(), |parent| format!(" in {}", parent.0));
        format!("; {id} {}{parent}", defer.label.as_deref().unwrap_or("-"))
    });
    let begins = operation.begins.iter().map(|id| format!("+{} ", id.0)).collect::<String>();
    format!("{begins}{}{}", fields(&operation.fields), labels.collect::<String>())
}

fn selection(of: &Selection) -> String {
    let begins = of.begins.iter().map(|id| format!("+{} ", id.0));
    format!(" {{ {}{} }}", begins.collect::<String>(), fields(&of.fields))
}

fn fields(of: &[Field]) -> String {
    let field = |field: &Field| {
        let defers: String = field.defers.iter().map(|id| format!("@{}", id.0)).collect();
        let inside = field.selections.first().map_or(String::new(), selection);
        let rest = field.stream.as_ref().map(|stream| {
            let inside = selection(&stream.selections[0]);
            (format!("*{:?}", stream.initial_count), format!(" then {}{inside}", stream.defer.0))
        });
        let (count, rest) = rest.unwrap_or_default();
        format!("{}{defers}{count}{inside}{rest}", field.response_key)
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
    let verdict = |text: &str| verdict(&sdl, text);
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

/// What is wrong with a document.
fn verdict(sdl: &str, text: &str) -> Vec<String> {
    match document::check(text, &types(sdl), &Config::default()) {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.faults.into_iter().map(|fault| fault.message).collect(),
    }
}

#[test]
fn the_items_of_a_list_are_selected_once_more_for_what_comes_later() {
    check(
        "{ books @stream(initialCount: 1, label: \"a\") { id } }",
        "books*Int(1) { id } then 0 { id@0 }; 0 a",
    );
    check("{ books @stream { id } }", "books*Int(0) { id } then 0 { id@0 }; 0 -");
    check("{ books @stream(if: false) { id } }", "books { id }");
    // What begins inside begins anew, and what begins outside means nothing to items that come later.
    check(
        "{ books @stream { id ... @defer { title } } }",
        "books*Int(0) { +0 id title@0 } then 1 { +2 id@1 title@2 }; 0 -; 1 -; 2 - in 1",
    );
    check(
        "{ ... @defer { books @stream { id } } }",
        "+0 books@0*Int(0) { id@0 } then 1 { id@1 }; 0 -; 1 - in 0",
    );
    let text = "query($on: Boolean, $n: Int) { books @stream(if: $on, initialCount: $n) { id } }";
    assert_eq!(print(&lower(text, &[]).unwrap()), "books { id }");
    let counted = print(&lower(text, &["on"]).unwrap());
    let variable = "books*Variable { index: 1, default: Some(Int(0)), never_null: true } { id } then 0 { id@0 }; 0 -";
    assert_eq!(counted, variable);
}

#[test]
fn streamed_lists_are_validated() {
    let sdl = SDL
        .replace("mutation: Mutation }", "mutation: Mutation subscription: Subscription }")
        .replace("type Mutation {", "type Mutation { restock: [Book!]")
        + "type Subscription { booksSold: [Book!] }";
    let verdict = |text: &str| verdict(&sdl, text);
    let stream = |arguments: &str| verdict(&format!("{{ books @stream{arguments} {{ id }} }}"));
    assert_eq!(stream("(initialCount: 2, label: \"a\", if: true)"), Vec::<String>::new());
    assert_eq!(
        stream("(initialCount: -1)"),
        ["The `initialCount` of a @stream must not be negative, and is -1."]
    );
    assert_eq!(
        verdict("{ book(id: 1) @stream { id } }"),
        ["Directive \"@stream\" cannot be used on non-list field \"Query.book\"."]
    );
    let unique = "Value for arguments \"defer(label:)\" and \"stream(label:)\" must be unique across all Defer/Stream \
                  directive usages.";
    let fixed = "Argument \"@stream(label:)\" must be a static string.";
    let text = "query($l: String) { a: books @stream(label: \"a\") { ... @defer(label: \"a\") { id } } \
                b: books @stream(label: $l) { id } c: books @stream(label: \"a\") { id } }";
    assert_eq!(verdict(text), [unique, fixed, unique]);
    let overlap = "Fields \"books\" conflict because they have overlapping stream directives. Use different aliases on \
                   the fields to fetch both if this was intentional.";
    assert_eq!(verdict("{ books @stream { id } ... { books { title } } }"), [overlap]);
    let text = "{ ...F ...G } fragment F on Query { books { id } } fragment G on Query { books @stream { id } }";
    assert_eq!(verdict(text), [overlap]);
    assert_eq!(
        verdict("{ ...F ...F } fragment F on Query { books @stream { id } }"),
        Vec::<String>::new()
    );
    assert_eq!(
        verdict("mutation { restock @stream { id } }"),
        ["Stream directive cannot be used on root mutation type \"Mutation\"."]
    );
    let subscribed = "Stream directive not supported on subscription operations. Disable `@stream` by setting the `if` \
                      argument to `false`.";
    let root = "Stream directive cannot be used on root subscription type \"Subscription\".";
    assert_eq!(verdict("subscription { booksSold @stream { id } }"), [root, subscribed]);
    assert_eq!(verdict("subscription { booksSold @stream(if: false) { id } }"), [root]);
}
