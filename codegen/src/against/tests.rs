//! Each kind of change, in one line each.

use super::*;

const NOTHING: Version<'_> = Version { sdl: "", descriptor_set: b"", bindings: &[] };

fn schemas(old: &str, new: &str) -> String {
    text(&changes(Version { sdl: old, ..NOTHING }, Version { sdl: new, ..NOTHING }).unwrap())
}

fn protos(old: &str, new: &str) -> String {
    let (old, new) = (descriptors(old), descriptors(new));
    text(
        &changes(
            Version { descriptor_set: &old, ..NOTHING },
            Version { descriptor_set: &new, ..NOTHING },
        )
        .unwrap(),
    )
}

fn descriptors(body: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("a.proto"),
        format!("syntax = \"proto3\"; package a; {body}"),
    )
    .unwrap();
    prost::Message::encode_to_vec(&protox::compile(["a.proto"], [folder.path()]).unwrap())
}

fn text(changes: &[Change]) -> String {
    let line = |change: &Change| {
        let mark = if change.level == Level::Dangerous { "(dangerous) " } else { "" };
        format!("{mark}{}: {}", change.place, change.message)
    };
    changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_only_grows_breaks_nobody() {
    let old = "type Query { a(x: Int!): Int  b: [Int] } enum E { X } input I { x: Int }";
    let new = "type Query { a(x: Int, y: Int): Int!  b: [Int!]!  c: E } enum E { X } input I { x: Int  y: Int! = 1 }";
    assert_eq!(schemas(old, new), "");
    assert_eq!(
        protos(
            "message M { int32 x = 1; }",
            "message M { int32 x = 1; int32 y = 2; } message N {}"
        ),
        ""
    );
}

#[test]
fn a_field_that_is_gone_or_wider_breaks_its_readers() {
    assert_eq!(
        schemas("type Query { a: Int!  b: Int  c: [Int!] }", "type Query { a: Int  c: [Int] }"),
        "Query.a: it was `Int!` and may now be anything of `Int`\n\
         Query.b: the field is gone\n\
         Query.c: it was `[Int!]` and may now be anything of `[Int]`"
    );
}

#[test]
fn an_input_that_is_gone_narrower_or_newly_required_breaks_its_writers() {
    assert_eq!(
        schemas(
            "type Query { a(x: Int, y: Int): Int } input I { p: Int }",
            "type Query { a(x: Int!, z: Int!): Int } input I { p: String, q: Int! }"
        ),
        "I.p: it took `Int` and takes only `String` now\n\
         I.q: the input field is new and required\n\
         Query.a(x:): it took `Int` and takes only `Int!` now\n\
         Query.a(y:): the argument is gone\n\
         Query.a(z:): the argument is new and required"
    );
}

#[test]
fn types_members_and_values_that_are_gone_break() {
    assert_eq!(
        schemas(
            "type Query { a: U } union U = A | B  type A { x: E } type B implements N { x: E } enum E { X Y } interface N { x: E } scalar S",
            "type Query { a: U } union U = A  type A { x: E } type B { x: E } enum E { X } interface N { x: E } enum S { Z }"
        ),
        "B: it no longer implements `N`\n\
         E.Y: the enum value is gone\n\
         S: it is another kind of type now\n\
         U: it no longer contains `B`"
    );
}

#[test]
fn a_default_that_is_lost_breaks_who_relied_on_it_and_another_one_is_dangerous() {
    assert_eq!(
        schemas(
            "type Query { a(n: Int! = 3, o: Int = 3, p: Int = 3, q: I = {x: 1, z: [1, 2]}, r: Int, s: Int!, t: Int = 1): Int } \
             input I { x: Int! = 3, y: Int! = 3, z: [Int] }",
            "type Query { a(n: Int!, o: Int, p: Int = 4, q: I = {z: [1, 2], x: 1}, r: Int = 5, s: Int! = 6, t: Int! = 1): Int } \
             input I { x: Int!, y: Int = 3, z: [Int] }"
        ),
        "I.x: the input field has lost its default and is required now\n\
         Query.a(n:): the argument has lost its default and is required now\n\
         Query.a(t:): it took null and is `Int!` now\n\
         (dangerous) Query.a(o:): its default was `3`, and now it has none\n\
         (dangerous) Query.a(p:): its default was `3` and is `4` now\n\
         (dangerous) Query.a(r:): it had no default, and now it is `5`"
    );
}

#[test]
fn an_input_that_takes_one_field_only_breaks_its_writers_and_the_other_way_round_nobody() {
    let (plain, one_of) = (
        "type Query { a(i: I): Int } input I { x: Int y: Int }",
        "type Query { a(i: I): Int } input I @oneOf { x: Int y: Int }",
    );
    assert_eq!(
        schemas(plain, one_of),
        "I: it is `@oneOf` now: it takes one field, and that not null"
    );
    assert_eq!(schemas(one_of, plain), "");
}

#[test]
fn what_readers_do_not_know_is_dangerous() {
    assert_eq!(
        schemas(
            "type Query { a: U } union U = A type A { x: E } type B { x: E } enum E { X } interface N { x: E }",
            "type Query { a: U } union U = A | B type A implements N { x: E } type B { x: E } enum E { X Y } interface N { x: E }"
        ),
        "(dangerous) A: it implements `N` now\n\
         (dangerous) E.Y: the enum value is new\n\
         (dangerous) U: it contains `B` now"
    );
}

#[test]
fn interfaces_and_directives_break_as_types_and_fields_do() {
    assert_eq!(
        schemas(
            "type Query { a: Int } interface N { x: Int } interface M implements N { x: Int y(a: Int = 1): Int } \
             directive @a(x: Int, y: Int! = 1) repeatable on FIELD | QUERY directive @b on FIELD directive @c on OBJECT",
            "type Query { a: Int } interface N { x: Int } interface M { x: Int y(a: Int = 2, b: Int!): Int } \
             directive @a(y: Int!, z: Int!) on FIELD"
        ),
        "@a: it may no longer stand at QUERY\n\
         @a: it may no longer stand several times at one place\n\
         @a(x:): the argument is gone\n\
         @a(y:): the argument has lost its default and is required now\n\
         @a(z:): the argument is new and required\n\
         @b: the directive is gone\n\
         M: it no longer implements `N`\n\
         M.y(b:): the argument is new and required\n\
         (dangerous) M.y(a:): its default was `1` and is `2` now"
    );
}

#[test]
fn messages_break_by_number_type_and_name() {
    assert_eq!(
        protos(
            "message M { int32 a = 1; int32 b = 2; int32 c = 3; int32 d = 4; int32 e = 5; } message Gone {}",
            "message M { string a = 1; int32 b = 7; repeated int32 c = 3; reserved 4; }"
        ),
        "a.Gone: the message is gone\n\
         a.M.a: it was `int32` and is `string` now\n\
         a.M.b: its number was 2 and is 7 now\n\
         a.M.c: it was `int32` and is `repeated int32` now\n\
         a.M.e: the field is gone and its number 5 is not reserved"
    );
}

#[test]
fn methods_and_enums_break_by_what_they_take_and_give() {
    assert_eq!(
        protos(
            "message M {} message N {} enum E { X = 0; Y = 1; } service S { rpc A(M) returns (M); rpc B(M) returns (M); rpc C(M) returns (M); }",
            "message M {} message N {} enum E { X = 0; } service S { rpc A(N) returns (M); rpc C(M) returns (stream N); }"
        ),
        "a.S.A: it took `a.M` and takes `a.N` now\n\
         a.S.B: the method is gone\n\
         a.S.C: it gave `a.M` and gives `a.N` now\n\
         a.S.C: it streams differently now\n\
         a.Y: the enum value is gone"
    );
}

fn contract(proto: &str) -> crate::contract::Contract {
    const SCHEMA: &str =
        "type Query { book(id: ID!): Book late: Int } type Book { id: ID! title: String }";
    let proto = format!(
        "syntax = \"proto3\"; package a; message GetBookRequest {{ string id = 1; }} \
         message Book {{ string id = 1; {proto} }} \
         service S {{ rpc GetBook(GetBookRequest) returns (Book); }}"
    );
    let sources =
        crate::Sources::new().proto_text("a.proto", proto).schema_text("a.graphql", SCHEMA);
    let compiled = crate::compile(&sources);
    compiled.contract.unwrap_or_else(|| panic!("{}", compiled.diagnostics))
}

#[test]
fn a_field_that_is_no_longer_answered_breaks() {
    let (old, new) = (contract("string title = 2;"), contract("reserved 2;"));
    let compare = |old: &crate::contract::Contract, new: &crate::contract::Contract| {
        let version = |bindings| Version { bindings, ..NOTHING };
        text(&changes(version(&old.bindings), version(&new.bindings)).unwrap())
    };
    assert_eq!(
        compare(&old, &new),
        "Book.title: a service answered it, and now it is only promised"
    );
    assert_eq!(compare(&new, &old), "");
    assert_eq!(compare(&new, &new), "");
}

#[test]
fn what_cannot_be_read_is_said() {
    let error = changes(Version { sdl: "type {", ..NOTHING }, NOTHING).unwrap_err();
    assert!(error.to_string().starts_with("the old schema cannot be read:"), "{error}");
}
