//! What is written when there is no room, or no time, for all of it.

use serde_json::Value;
use tokio::time::Instant;

use super::{
    joins::{library, run, same},
    kit::{
        Builder, Run, bytes, call, field, joined, leaf, list, non_null, object, shown, string,
        whole, wire,
    },
};
use crate::{
    contract::{Cardinality, Format, Scalar},
    plan::{ShapeField, Value as Shown},
    transcoder::{Emission, EntityValue, Program, wire::put_len},
};

/// How much is written before the clock is read.
const STRIDE: usize = 32 << 10;

/// So many books by one author whom they share.
fn books(count: usize) -> Vec<(&'static str, &'static str)> {
    vec![("a title", "x"); count]
}

/// What is written when the time was over before.
fn late(mut run: Run<'_>) -> (Value, usize, Emission) {
    run.budget.deadline = Instant::now();
    let (json, emission) = run.emit();
    (serde_json::from_str(&json).unwrap(), json.len(), emission)
}

fn in_time(list: &Value) -> usize {
    list.as_array().unwrap().iter().take_while(|item| !item.is_null()).count()
}

#[test]
fn an_answer_that_grows_beyond_its_limit_is_null_as_a_whole() {
    let program = library(same, same);
    let mut run = run(&program, &books(500));
    run.budget.size = 100;
    run.check(r"null", &[": RESOURCE_EXHAUSTED"]);
}

#[test]
fn a_small_answer_is_whole_however_late() {
    let program = library(same, same);
    let (json, _, emission) = late(run(&program, &books(400)));
    assert_eq!(in_time(&json["shelf"]["books"]), 400);
    assert!(emission.errors.is_empty());
}

#[test]
fn items_for_which_there_is_no_time_are_null_and_the_others_stay() {
    let program = library(same, same);
    let (json, _, emission) = late(run(&program, &books(5_000)));
    let list = json["shelf"]["books"].as_array().unwrap();
    let written = in_time(&json["shelf"]["books"]);
    assert_eq!(list.len(), 5_000);
    let size = serde_json::to_string(&list[..written]).unwrap().len();
    assert!(size.abs_diff(STRIDE) < 200, "{size} bytes were written");
    assert!(list[written..].iter().all(Value::is_null));
    let errors = shown(&emission);
    let here = [format!("shelf.books.{written}"), format!("shelf.books.{}.author", written - 1)];
    assert!(
        here.iter().any(|path| errors[0] == format!("{path}: DEADLINE_EXCEEDED")),
        "{errors:?}"
    );
    assert_eq!(errors.len(), 100, "100 are listed, the others counted");
    assert!(emission.errors_left_out.abs_diff(5_000 - 100 - written as u64) <= 1);
}

#[test]
fn where_items_may_not_be_null_the_list_is_and_what_stands_beside_it_stays() {
    let program = library(same, |books| ShapeField { item_nullable: false, ..books });
    let (json, _, emission) = late(run(&program, &books(5_000)));
    assert_eq!(json["shelf"]["name"], "poems");
    assert_eq!(json["shelf"]["books"], Value::Null);
    assert_eq!(json["__typename"], "Query");
    assert_eq!(emission.errors.len(), 1, "{:?}", shown(&emission));
}

#[test]
fn where_nothing_may_be_null_data_is() {
    let program = library(same, |books| ShapeField { item_nullable: false, ..non_null(books) });
    let (json, _, emission) = late(run(&program, &books(5_000)));
    // The field of the root may be null.
    assert_eq!(json["shelf"], Value::Null);
    assert!(shown(&emission)[0].ends_with("DEADLINE_EXCEEDED"));
}

/// `{ it { before numbers after inner { name } twin { name } } }`
fn numbers() -> Program {
    let mut builder = Builder::new();
    let inner = builder.shape("Inner", vec![field("name", string(1))]);
    let list = wire(3, Cardinality::Repeated, Shown::Leaf(leaf(Scalar::Int32, Format::Int)));
    let shape = builder.shape(
        "It",
        vec![
            field("before", string(1)),
            field("numbers", list),
            field("after", string(1)),
            field("inner", object(2, inner)),
            field("twin", object(2, inner)),
        ],
    );
    builder.reads(whole(shape), true)
}

#[test]
fn a_list_of_numbers_ends_in_nulls_and_scalars_at_hand_are_still_written() {
    let program = numbers();
    let mut run = Run::new(&program);
    run.answer(0, |_| {
        let mut message = Vec::new();
        put_len(&mut message, 1, b"text");
        put_len(&mut message, 2, b"");
        put_len(&mut message, 3, &[7; 100_000]);
        bytes(message)
    });
    let (json, _, emission) = late(run);
    let it = &json["it"];
    assert_eq!(it["before"], "text");
    assert_eq!(it["numbers"].as_array().unwrap().len(), 100_000);
    let written = in_time(&it["numbers"]);
    assert!(written.abs_diff(STRIDE / 2) < 100, "{written} numbers were written");
    assert_eq!(it["inner"], Value::Null);
    let last = shown(&emission);
    assert_eq!(last.len(), 100, "listed are 100, the others counted");
    assert!(emission.errors_left_out > 80_000);
}

/// `{ it { a0: text a1: text … } }`, of one text of a megabyte.
fn aliases(count: usize) -> Program {
    let mut builder = Builder::new();
    let fields = (0..count).map(|at| field(&format!("a{at}"), string(1))).collect();
    let shape = builder.shape("It", fields);
    builder.reads(whole(shape), true)
}

fn long_text(program: &Program) -> Run<'_> {
    let mut run = Run::new(program);
    run.answer(0, |_| {
        let mut message = Vec::new();
        put_len(&mut message, 1, &[b'a'; 1 << 20]);
        bytes(message)
    });
    run
}

#[test]
fn a_long_text_under_many_names_is_within_the_limit_too() {
    let program = aliases(100);
    let mut run = long_text(&program);
    run.budget.size = 5 << 20;
    run.check("null", &[": RESOURCE_EXHAUSTED"]);
}

#[test]
fn a_long_text_under_many_names_stops_with_the_time_too() {
    let program = aliases(100);
    let (json, size, emission) = late(long_text(&program));
    assert!(size < 3 << 20, "{size} bytes were written");
    assert_eq!(json["it"]["a99"], Value::Null);
    assert!(shown(&emission).contains(&"it.a99: DEADLINE_EXCEEDED".to_owned()));
}

/// `{ shelf { books { author { name } } } }` where one author, who is large and whose reply has a fault, stands at every
/// book: what has something to report is read again at each of its places.
#[test]
fn reading_counts_as_work_as_writing_does() {
    let mut builder = Builder::new();
    let shelf_step = builder.step(call(Vec::new()));
    let shelf_site = builder.site(shelf_step, None, Vec::new(), false);
    let author_step = builder.step(super::kit::batch(Scalar::String));
    let key = vec![super::kit::key_source(&[2], Scalar::String)];
    let author_site = builder.site(author_step, Some(shelf_site), key, false);
    let bad = wire(3, Cardinality::Implicit, Shown::Leaf(leaf(Scalar::String, Format::String)));
    let author_shape = builder.shape("Author", vec![field("name", string(2)), field("bad", bad)]);
    let book = vec![joined("author", author_site, whole(author_shape))];
    let book_shape = builder.shape("Book", book);
    let shelf_shape = builder.shape("Shelf", vec![field("books", list(2, book_shape))]);
    builder.root(vec![joined("shelf", shelf_site, object(1, shelf_shape))]);
    let program = builder.compile();

    let mut run = run(&program, &[("", "x"); 100]);
    let mut author = Vec::new();
    for _ in 0..1_000 {
        put_len(&mut author, 9, b"not selected");
    }
    put_len(&mut author, 3, &[0xff]);
    run.entities[1][0].value = EntityValue::Bytes(author.into());
    let (json, size, _) = late(run);
    assert!(size < STRIDE, "little is written");
    let books = json["shelf"]["books"].as_array().unwrap();
    let read = books.iter().filter(|book| !book["author"].is_null()).count();
    assert!((1..10).contains(&read), "the author was read {read} times");
}

#[test]
fn a_buffer_with_room_for_the_answer_is_kept_as_it_is() {
    let program = library(same, same);
    let run = run(&program, &books(500));
    let (json, _) = run.emit();
    let mut out = Vec::with_capacity(json.len() + 100);
    let room = out.capacity();
    run.emit_into(&mut out);
    assert_eq!((out.capacity(), &*out), (room, json.as_bytes()));
}
