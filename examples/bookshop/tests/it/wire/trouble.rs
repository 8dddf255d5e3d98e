//! Answers that are not as they should be: an error of a field or its fallback, and everything else intact.

use std::time::Duration;

use serde_json::{Value, json};
use tonic::Code;

use super::service::Reply;
use super::shelf::{Shelf, degraded, errors};
use crate::served::{Answer, TICK, later, still};

/// So long do stock and blurbs have.
const TIMEOUT: Duration = Duration::from_millis(100);

/// Asks for a field of each book while a method answers so. Titles and news always come.
async fn ask(method: &'static str, reply: fn() -> Reply, field: &str) -> (Value, Answer) {
    let shelf = Shelf::but(method, move |_| reply()).await;
    let query = format!("{{ books {{ title value: {field} }} news {{ text }} }}");
    let timeout = async {
        shelf.service.until(method, 1).await;
        later(TIMEOUT + TICK).await;
    };
    let (answer, ()) = tokio::join!(shelf.ask(&query), timeout);
    assert_eq!(answer.status, 200);
    let books = answer.body["data"]["books"].as_array().expect("books");
    let titles: Vec<_> = books.iter().map(|book| &book["title"]).collect();
    assert_eq!(titles, ["Emma", "Walden", "Kim"], "{}", answer.body);
    assert_eq!(answer.body["data"]["news"], json!({"text": "None."}));
    assert!(!answer.body.to_string().contains("secrets"), "{}", answer.body);
    (books.iter().map(|book| book["value"].clone()).collect(), answer)
}

async fn check(
    method: &'static str,
    reply: fn() -> Reply,
    field: &str,
    values: Value,
    trouble: &[&str],
) {
    let (seen, answer) = still(ask(method, reply, field)).await;
    assert_eq!(seen, values, "{}", answer.body);
    assert_eq!([errors(&answer), degraded(&answer)].concat(), trouble, "{}", answer.body);
}

/// What is wrong, the reply, and the code that comes of it.
type Case<'a> = (&'a str, fn() -> Reply, &'a str);

/// Breaks the answers of a field without a fallback, and those of one with.
async fn check_broken(cases: &[Case<'_>]) {
    still(async {
        for (what, reply, code) in cases {
            let (values, answer) = ask("BatchGetStock", *reply, "stock { count }").await;
            assert_eq!(values, json!([null, null, null]), "{what}");
            let each = [0, 1, 2].map(|book| format!("books.{book}.value {code}"));
            assert_eq!((errors(&answer), degraded(&answer)), (each.to_vec(), vec![]), "{what}");

            let (values, answer) = ask("BatchGetBlurbs", *reply, "blurb { text }").await;
            let instead = json!({"text": "Read it."});
            assert_eq!(values, json!([instead, instead, instead]), "{what}");
            let each = each.map(|entry| format!("{entry} value"));
            assert_eq!((errors(&answer), degraded(&answer)), (vec![], each.to_vec()), "{what}");
        }
    })
    .await;
}

#[tokio::test]
async fn bytes_that_cannot_be_read_break_their_field_alone() {
    check_broken(&[
        ("a tag that never ends", || Reply::Message(&[0xff; 12]), "DATA_LOSS"),
        ("field number 0", || Reply::Message(b"\x00\x01"), "DATA_LOSS"),
        (
            "an item that is longer than the message",
            || Reply::Message(b"\x0a\x7f\x0a\x01a"),
            "DATA_LOSS",
        ),
        ("an item whose inside is cut off", || Reply::Message(b"\x0a\x03\x0a\x7fa"), "DATA_LOSS"),
        ("a group that is not closed", || Reply::Message(b"\x0b\x0a\x01a"), "DATA_LOSS"),
        ("a frame that is cut off", || Reply::Data(b"\0\0\0\0\x09abc"), "INTERNAL"),
        ("no frame", || Reply::Data(b"<html>no</html>"), "INTERNAL"),
        ("no message", || Reply::Data(b""), "INTERNAL"),
    ])
    .await;
}

#[tokio::test]
async fn a_status_in_headers_and_one_in_trailers_are_the_same() {
    check_broken(&[
        ("headers", || Reply::InHeaders(Code::Unavailable), "UNAVAILABLE"),
        ("trailers", || Reply::InTrailers(Code::Unavailable), "UNAVAILABLE"),
        ("headers", || Reply::InHeaders(Code::ResourceExhausted), "RESOURCE_EXHAUSTED"),
        ("trailers", || Reply::InTrailers(Code::ResourceExhausted), "RESOURCE_EXHAUSTED"),
    ])
    .await;
}

#[tokio::test]
async fn no_fallback_hides_a_denial() {
    let reply = || Reply::InHeaders(Code::PermissionDenied);
    let denied = [0, 1, 2].map(|book| format!("books.{book}.value PERMISSION_DENIED"));
    let denied: Vec<_> = denied.iter().map(String::as_str).collect();
    check("BatchGetBlurbs", reply, "blurb { text }", json!([null, null, null]), &denied).await;
}

#[tokio::test]
async fn a_stall_after_headers_ends_with_the_fields_timeout() {
    check_broken(&[("headers and nothing more", || Reply::Stall, "DEADLINE_EXCEEDED")]).await;
}

#[tokio::test]
async fn another_wire_type_than_the_protos_is_as_unknown_as_another_field() {
    // Field 1 as a number, and then one item as it should be.
    let reply = || Reply::Message(b"\x08\x07\x0a\x06\x0a\x01b\x12\x01x");
    check("BatchGetBlurbs", reply, "blurb { text }", json!([null, {"text": "x"}, null]), &[]).await;
}

#[tokio::test]
async fn an_unknown_number_of_an_enum_is_an_error_of_its_field() {
    let books = || {
        Reply::text(
            r#"books { id: "a" title: "Emma" genre: 7 } books { id: "b" title: "Walden" genre: GENRE_NOVEL }
               books { id: "c" title: "Kim" genre: -1 }"#,
        )
    };
    let trouble = ["books.0.value INVALID_VALUE", "books.2.value INVALID_VALUE"];
    check("ListBooks", books, "genre", json!([null, "NOVEL", null]), &trouble).await;
}

#[tokio::test]
async fn text_that_is_no_unicode_is_an_error_of_its_field() {
    let reply = || Reply::Message(b"\x0a\x06\x0a\x01a\x12\x01\xff\x0a\x06\x0a\x01b\x12\x01x");
    check(
        "BatchGetBlurbs",
        reply,
        "blurb { text }",
        json!([null, {"text": "x"}, null]),
        &["books.0.value.text INVALID_VALUE"],
    )
    .await;
}

#[tokio::test]
async fn items_are_found_by_their_keys_whatever_their_order_and_of_two_the_last_holds() {
    let reply = || {
        Reply::text(
            r#"blurbs { book_id: "c" text: "C" } blurbs { book_id: "z" text: "nobody asked" } blurbs { text: "no key" }
               blurbs { book_id: "a" text: "A" } blurbs { book_id: "c" text: "C again" }"#,
        )
    };
    let values = json!([{"text": "A"}, null, {"text": "C again"}]);
    check("BatchGetBlurbs", reply, "blurb { text }", values, &[]).await;
}

#[tokio::test]
async fn each_item_has_its_own_status() {
    let reply = || {
        Reply::text(
            r#"blurbs { book_id: "a" status { code: 7 message: "row 7 of table secrets" } }
               blurbs { book_id: "b" status { code: 14 } } blurbs { book_id: "c" text: "C" status {} }"#,
        )
    };
    let values = json!([null, {"text": "Read it."}, {"text": "C"}]);
    let trouble = ["books.0.value PERMISSION_DENIED", "books.1.value UNAVAILABLE value"];
    check("BatchGetBlurbs", reply, "blurb { text }", values, &trouble).await;
}

#[tokio::test]
async fn an_item_that_is_not_found_is_null_without_an_error() {
    let reply = || {
        Reply::text(
            r#"blurbs { book_id: "a" status { code: 5 } } blurbs { book_id: "b" text: "B" }"#,
        )
    };
    check("BatchGetBlurbs", reply, "blurb { text }", json!([null, {"text": "B"}, null]), &[]).await;
}

#[tokio::test]
async fn a_map_of_items_may_lack_some_and_have_others() {
    let reply = || {
        Reply::text(
            r#"stock { key: "c" value { count: 3 } } stock { key: "z" value { count: 9 } } stock { key: "a" }"#,
        )
    };
    check(
        "BatchGetStock",
        reply,
        "stock { count }",
        json!([{"count": 0}, null, {"count": 3}]),
        &[],
    )
    .await;
}
