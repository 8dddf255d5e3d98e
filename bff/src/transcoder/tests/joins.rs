//! Joins: which entity each place gets, and what becomes of those that are missing, failed or garbage.

use bytes::Bytes;

use super::kit::{
    Builder, Run, at, batch, bytes, call, field, joined, key_part, key_source, list, non_null,
    object, string, whole,
};
use crate::{
    contract::Scalar,
    error::{Code, Error},
    plan::{ShapeField, SiteId, Source, StepId},
    transcoder::{EntityValue, Program, wire::put_len},
};

/// `{ shelf { name books { title author { name } } } }`: books have the id of their author in field 2, authors come in a
/// batch. `author` decides how the join's field is declared.
pub(super) fn library(
    author: impl Fn(ShapeField) -> ShapeField,
    book: impl Fn(ShapeField) -> ShapeField,
) -> Program {
    let mut builder = Builder::new();
    let shelf_step = builder.step(call(Vec::new()));
    let shelf_site = builder.site(shelf_step, None, Vec::new(), false);
    let author_step = builder.step(batch(Scalar::String));
    let key = vec![key_source(&[2], Scalar::String)];
    let author_site = builder.site(author_step, Some(shelf_site), key, false);
    let author_shape = builder.shape("Author", vec![field("name", string(2))]);
    let book_shape = builder.shape(
        "Book",
        vec![
            non_null(field("title", string(1))),
            author(joined("author", author_site, whole(author_shape))),
        ],
    );
    let shelf_shape = builder
        .shape("Shelf", vec![field("name", string(1)), book(field("books", list(2, book_shape)))]);
    builder.root(vec![
        field("__typename", Source::Typename),
        joined("shelf", shelf_site, object(1, shelf_shape)),
    ]);
    builder.compile()
}

fn message(fields: &[(u32, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, payload) in fields {
        put_len(&mut out, *number, payload);
    }
    out
}

fn shelf(books: &[(&str, &str)]) -> EntityValue {
    let mut shelf = message(&[(1, b"poems")]);
    for (title, author) in books {
        put_len(&mut shelf, 2, &message(&[(1, title.as_bytes()), (2, author.as_bytes())]));
    }
    bytes(message(&[(1, &shelf)]))
}

fn author(key: &[u8]) -> EntityValue {
    match key {
        b"gone" => EntityValue::Null,
        b"lost" => EntityValue::Failed(Error::new(Code::NotFound, "no such author")),
        b"down" => EntityValue::Failed(Error::new(Code::Unavailable, "down")),
        b"junk" => EntityValue::Bytes(Bytes::from_static(b"\xff")),
        _ => bytes(message(&[(1, key), (2, &key.to_ascii_uppercase())])),
    }
}

pub(super) fn run<'p>(program: &'p Program, books: &[(&str, &str)]) -> Run<'p> {
    let mut run = Run::new(program);
    run.answer(0, |_| shelf(books));
    run.answer(1, author);
    run
}

pub(super) fn same(field: ShapeField) -> ShapeField {
    field
}

fn item_nullable(field: ShapeField) -> ShapeField {
    ShapeField { item_nullable: true, ..non_null(field) }
}

#[test]
fn each_place_gets_the_entity_of_its_key_and_keys_are_asked_once() {
    let program = library(same, same);
    let run = run(&program, &[("a", "x"), ("b", "y"), ("c", "x")]);
    assert_eq!(run.keys[1].iter().collect::<Vec<_>>(), [b"x", b"y"]);
    run.check(
        r#"{"__typename":"Query","shelf":{"name":"poems","books":[{"title":"a","author":{"name":"X"}},{"title":"b","author":{"name":"Y"}},{"title":"c","author":{"name":"X"}}]}}"#,
        &[],
    );
}

#[test]
fn what_is_missing_is_null_and_only_faults_are_errors() {
    let program = library(same, same);
    let run =
        run(&program, &[("a", ""), ("b", "gone"), ("c", "lost"), ("d", "down"), ("e", "junk")]);
    assert_eq!(run.keys[1].len(), 4, "an empty key is not asked");
    run.check(
        r#"{"__typename":"Query","shelf":{"name":"poems","books":[{"title":"a","author":null},{"title":"b","author":null},{"title":"c","author":null},{"title":"d","author":null},{"title":"e","author":null}]}}"#,
        &["shelf.books.3.author: UNAVAILABLE", "shelf.books.4.author: DATA_LOSS"],
    );
}

/// `{ it { one many } }`: a book with the key of one author in field 1, and of several in field 2, given as `given`, asked as
/// `asked`.
fn keyed(given: Scalar, asked: Scalar) -> Program {
    let mut builder = Builder::new();
    let book_step = builder.step(call(Vec::new()));
    let book_site = builder.site(book_step, None, Vec::new(), false);
    let mut join = batch(asked);
    join.key[0].scalar = given.into();
    let author_step = builder.step(join);
    let key = |number| vec![key_source(&[number], given)];
    let one = builder.site(author_step, Some(book_site), key(1), false);
    let many = builder.site(author_step, Some(book_site), key(2), true);
    let author = builder.shape("Author", vec![field("name", string(2))]);
    let shown = vec![joined("one", one, whole(author)), joined("many", many, whole(author))];
    let book = builder.shape("Book", shown);
    builder.root(vec![joined("it", book_site, whole(book))]);
    builder.compile()
}

#[test]
fn a_key_that_is_not_utf_8_is_an_error_of_its_place_and_the_others_are_asked() {
    let book = message(&[(1, b"\xff"), (2, b"x"), (2, b"a\xff"), (2, b"")]);
    let program = keyed(Scalar::String, Scalar::String);
    let mut run = Run::new(&program);
    run.answer(0, |_| bytes(book.clone()));
    assert_eq!(run.keys[1].iter().collect::<Vec<_>>(), [b"x"]);
    run.answer(1, author);
    run.check(
        r#"{"it":{"one":null,"many":[{"name":"X"},null,null]}}"#,
        &["it.one: INVALID_VALUE", "it.many.1: INVALID_VALUE"],
    );
}

#[test]
fn a_number_out_of_range_of_its_request_is_an_error_and_is_not_asked() {
    let program = keyed(Scalar::Int64, Scalar::Int32);
    let mut run = Run::new(&program);
    // 2^33; 5, 2^33.
    let book = [8, 0x80, 0x80, 0x80, 0x80, 0x20, 0x12, 6, 5, 0x80, 0x80, 0x80, 0x80, 0x20];
    run.answer(0, |_| bytes(book.to_vec()));
    assert_eq!(run.keys[1].len(), 1);
    run.answer(1, |_| bytes(message(&[(2, b"five")])));
    run.check(
        r#"{"it":{"one":null,"many":[{"name":"five"},null]}}"#,
        &["it.one: INVALID_VALUE", "it.many.1: INVALID_VALUE"],
    );
}

#[test]
fn null_goes_up_to_the_nearest_place_that_may_be_null_and_the_places_after_it_stay_right() {
    let program = library(non_null, same);
    let run = run(&program, &[("a", "x"), ("b", "lost"), ("c", ""), ("d", "y")]);
    run.check(
        r#"{"__typename":"Query","shelf":{"name":"poems","books":[{"title":"a","author":{"name":"X"}},null,null,{"title":"d","author":{"name":"Y"}}]}}"#,
        &["shelf.books.1.author: NOT_FOUND", "shelf.books.2.author: NULL_VALUE"],
    );
}

#[test]
fn inside_a_nulled_part_only_its_cause_is_reported() {
    let program = library(non_null, non_null);
    let run = run(&program, &[("a", "x"), ("b", "down"), ("c", "gone")]);
    run.check(r#"{"__typename":"Query","shelf":null}"#, &["shelf.books.1.author: UNAVAILABLE"]);
    let program = library(non_null, item_nullable);
    let run = self::run(&program, &[("b", "down"), ("c", "gone")]);
    run.check(
        r#"{"__typename":"Query","shelf":{"name":"poems","books":[null,null]}}"#,
        &["shelf.books.0.author: UNAVAILABLE", "shelf.books.1.author: NULL_VALUE"],
    );
}

#[test]
fn errors_are_listed_up_to_a_hundred_for_a_step_and_then_counted() {
    let program = library(same, same);
    let books = vec![("a", "down"); 250];
    let (_, emission) = run(&program, &books).emit();
    assert_eq!((emission.errors.len(), emission.errors_left_out), (100, 150));
    let program = library(non_null, non_null);
    let (json, emission) = run(&program, &books).emit();
    assert_eq!(json, r#"{"__typename":"Query","shelf":null}"#);
    assert_eq!((emission.errors.len(), emission.errors_left_out), (1, 0));
}

#[test]
fn a_parent_that_cannot_be_read_is_one_error_and_asks_for_nothing() {
    let program = library(same, same);
    let mut run = Run::new(&program);
    run.answer(0, |_| bytes(message(&[(1, b"\x12\x7f")])));
    assert!(run.keys[1].is_empty());
    run.check(r#"{"__typename":"Query","shelf":null}"#, &["shelf: DATA_LOSS"]);
}

#[test]
fn the_whole_answer_is_null_where_the_root_field_may_not_be() {
    let mut builder = Builder::new();
    let step = builder.step(call(Vec::new()));
    let site = builder.site(step, None, Vec::new(), false);
    builder
        .root(vec![field("__typename", Source::Typename), non_null(joined("it", site, string(1)))]);
    let program = builder.compile();
    let mut run = Run::new(&program);
    run.answer(0, |_| EntityValue::Failed(Error::new(Code::Internal, "no")));
    run.check("null", &["it: INTERNAL"]);
    assert!(run.emit().1.data_is_null);
}

#[test]
fn noted_entities_are_reported_where_they_are_shown_and_not_inside_a_nulled_part() {
    let program = library(same, same);
    let mut run = run(&program, &[("a", "x"), ("b", "y"), ("c", "x")]);
    run.entities[1][0].note = Some(7);
    let (_, emission) = run.emit();
    let degraded: Vec<_> = emission.degraded.iter().map(|it| super::kit::path(&it.path)).collect();
    assert_eq!(degraded, ["shelf.books.0.author", "shelf.books.2.author"]);
    assert!(emission.degraded.iter().all(|it| it.note == 7));

    let program = library(non_null, non_null);
    let mut run = self::run(&program, &[("a", "x"), ("b", "down")]);
    run.entities[1][0].note = Some(7);
    assert_eq!(run.emit().1.degraded, []);
}

#[test]
fn an_entity_that_stands_again_after_a_cut_is_written_anew() {
    let program = library(non_null, same);
    // The first `x` is cut off with its book, whose title cannot be shown.
    let mut shelf = Vec::new();
    put_len(&mut shelf, 2, &message(&[(1, b"\xff"), (2, b"x")]));
    for title in [&b"b"[..], b"c"] {
        put_len(&mut shelf, 2, &message(&[(1, title), (2, b"x")]));
    }
    let mut run = Run::new(&program);
    run.answer(0, |_| bytes(message(&[(1, &shelf)])));
    run.answer(1, author);
    run.check(
        r#"{"__typename":"Query","shelf":{"name":"","books":[null,{"title":"b","author":{"name":"X"}},{"title":"c","author":{"name":"X"}}]}}"#,
        &["shelf.books.0.title: INVALID_VALUE"],
    );
}

#[test]
fn a_list_of_keys_becomes_the_list_of_its_objects_in_its_order() {
    let mut builder = Builder::new();
    let book_step = builder.step(call(Vec::new()));
    let book_site = builder.site(book_step, None, Vec::new(), false);
    let author_step = builder.step(batch(Scalar::Int32));
    let key = vec![key_source(&[3, 2], Scalar::Int32)];
    let author_site = builder.site(author_step, Some(book_site), key, true);
    let author_shape = builder.shape("Author", vec![field("name", string(2))]);
    let book_shape =
        builder.shape("Book", vec![joined("authors", author_site, whole(author_shape))]);
    builder.root(vec![joined("book", book_site, whole(book_shape))]);
    let program = builder.compile();
    let mut run = Run::new(&program);
    // Packed and unpacked: 5, 7, 5, -1.
    let ids =
        [0x12, 2, 5, 7, 0x10, 5, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    run.answer(0, |_| bytes(message(&[(3, &ids)])));
    run.answer(1, |key| match i64::from_be_bytes(key.try_into().unwrap()) {
        -1 => EntityValue::Null,
        id => bytes(message(&[(2, format!("A{id}").as_bytes())])),
    });
    run.check(r#"{"book":{"authors":[{"name":"A5"},{"name":"A7"},{"name":"A5"},null]}}"#, &[]);

    let mut run = Run::new(&program);
    run.answer(0, |_| bytes(Vec::new()));
    run.check(r#"{"book":{"authors":[]}}"#, &[]);
}

#[test]
fn a_join_may_lead_to_another_one() {
    let mut builder = Builder::new();
    let ids_step = builder.step(call(Vec::new()));
    let ids_site = builder.site(ids_step, None, Vec::new(), false);
    let book_step = builder.step(batch(Scalar::String));
    let key = vec![key_source(&[1], Scalar::String)];
    let book_site = builder.site(book_step, Some(ids_site), key, true);
    let book_shape = builder.shape("Book", vec![field("title", string(2))]);
    let books = Source::Join { site: book_site, then: Box::new(whole(book_shape)) };
    builder.root(vec![joined("bestsellers", ids_site, books)]);
    let program = builder.compile();
    let mut run = Run::new(&program);
    run.answer(0, |_| bytes(message(&[(1, b"x"), (1, b"down"), (1, b"y")])));
    run.answer(1, author);
    run.check(
        r#"{"bestsellers":[{"title":"X"},null,{"title":"Y"}]}"#,
        &["bestsellers.1: UNAVAILABLE"],
    );
}

#[test]
fn a_composite_key_with_a_missing_part_is_none() {
    let mut builder = Builder::new();
    let step = builder.step(call(Vec::new()));
    let site = builder.site(step, None, Vec::new(), false);
    let parts = vec![key_part(&[1], Scalar::String, &[1]), key_part(&[2], Scalar::Int64, &[2, 3])];
    let price_step = builder.step(call(parts));
    let key = vec![key_source(&[1], Scalar::String), key_source(&[2, 1], Scalar::Int64)];
    let price_site = builder.site(price_step, Some(site), key, false);
    let offer = builder.shape("Offer", vec![joined("price", price_site, string(1))]);
    builder.root(vec![joined("offers", site, list(1, offer))]);
    let program = builder.compile();
    let mut run = Run::new(&program);
    let inner = [0x08, 9];
    run.answer(0, |_| {
        let whole = message(&[(1, b"sku"), (2, &inner)]);
        let without_number = message(&[(1, b"sku"), (2, b"")]);
        let without_message = message(&[(1, b"sku")]);
        bytes(message(&[(1, &whole), (1, &without_number), (1, &without_message)]))
    });
    assert_eq!(run.keys[1].len(), 2, "an absent integer is 0, an absent message is no key");
    let call = program.call(StepId(1));
    let request = call.with_keys(&Bytes::new(), std::iter::once(run.keys[1].get(0)));
    assert_eq!(request, message(&[(1, b"sku"), (2, &[0x18, 9])]));
    run.answer(1, |_| bytes(message(&[(1, b"12.90")])));
    run.check(r#"{"offers":[{"price":"12.90"},{"price":"12.90"},{"price":null}]}"#, &[]);
}

#[test]
fn a_join_whose_parent_was_not_looked_at_fails_alone() {
    let program = library(same, same);
    let mut run = run(&program, &[("a", "x")]);
    run.refs[SiteId(1).0] = crate::transcoder::Refs::default();
    let (_, emission) = run.emit();
    assert_eq!(super::kit::shown(&emission), ["shelf.books.0.author: INTERNAL"]);
}

#[test]
fn fields_flattened_out_of_messages_share_their_path() {
    let mut builder = Builder::new();
    let shape = builder.shape(
        "Flat",
        vec![
            field("a", at(&[1, 1], string(1))),
            field("b", at(&[2], string(1))),
            field("c", at(&[1], string(2))),
            field("d", at(&[1, 1], string(2))),
        ],
    );
    let program = builder.reads(whole(shape), true);
    let mut run = Run::new(&program);
    // `1` comes in two parts, and so does `1.1`.
    run.answer(0, |_| {
        bytes(message(&[
            (1, &message(&[(1, &message(&[(1, b"a")]))])),
            (1, &message(&[(1, &message(&[(2, b"d")])), (2, b"c")])),
        ]))
    });
    run.check(r#"{"it":{"a":"a","b":null,"c":"c","d":"d"}}"#, &[]);
}

/// `{ book { authors { name } } }`: a book has the ids of its authors in field 3.
#[test]
fn a_list_is_shown_without_what_is_left_out_and_reported_once() {
    let mut builder = Builder::new();
    let book_step = builder.step(call(Vec::new()));
    let book_site = builder.site(book_step, None, Vec::new(), false);
    let author_step = builder.step(batch(Scalar::String));
    let key = vec![key_source(&[3], Scalar::String)];
    let author_site = builder.site(author_step, Some(book_site), key, true);
    let author_shape = builder.shape("Author", vec![field("name", string(2))]);
    let authors = ShapeField {
        item_nullable: false,
        ..non_null(joined("authors", author_site, whole(author_shape)))
    };
    let book_shape = builder.shape("Book", vec![authors]);
    builder.root(vec![joined("book", book_site, whole(book_shape))]);
    let program = builder.compile();

    let mut run = Run::new(&program);
    run.answer(0, |_| bytes(message(&[(3, b"a"), (3, b"x"), (3, b"b"), (3, b"y")])));
    run.answer(1, |key| match key {
        b"x" | b"y" => EntityValue::LeftOut,
        _ => author(key),
    });
    for entity in &mut run.entities[1] {
        entity.note = matches!(entity.value, EntityValue::LeftOut).then_some(0);
    }
    run.check(r#"{"book":{"authors":[{"name":"A"},{"name":"B"}]}}"#, &[]);
    let (_, emission) = run.emit();
    assert_eq!(emission.degraded.len(), 1);
}
