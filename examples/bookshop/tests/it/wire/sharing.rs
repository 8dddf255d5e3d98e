//! Who shares a call or what it brought, and who never does.

use std::time::Duration;

use serde_json::{Value, json};

use super::service::Reply;
use super::shelf::{Shelf, honest};
use crate::served::{TICK, later, still};

/// So long takes every call of a shelf on which questions meet.
const SLOW: Duration = Duration::from_millis(50);

/// A shelf that takes its time, so that questions asked at once are under way together.
async fn slow() -> Shelf {
    Shelf::start(|asked| Reply::Later(SLOW, Box::new(honest(asked)))).await
}

/// Lets calls end that are under way together: so many of each of these methods, one method after the other.
async fn calls_end(shelf: &Shelf, methods: &[(&str, usize)]) {
    for (method, calls) in methods {
        shelf.service.until(method, *calls).await;
        later(SLOW + TICK).await;
    }
}

#[tokio::test]
async fn two_fields_and_two_branches_with_one_method_are_one_call() {
    still(async {
        let shelf = Shelf::start(honest).await;
        let query = "{ books { title price { cents } } again: books { cost: price { cents } stock { count } } }";
        let answer = shelf.ask(query).await;
        let cents: Vec<_> = [101, 102, 201].map(|cents| json!({"cents": cents})).into();
        for (books, price) in [("books", "price"), ("again", "cost")] {
            let list = answer.body["data"][books].as_array().expect("books");
            assert_eq!(list.iter().map(|book| book[price].clone()).collect::<Vec<_>>(), cents);
        }
        assert_eq!(shelf.service.asked("ListBooks"), [""]);
        let keys = r#"keys:[{sku:"1",market:"de"},{sku:"1",market:"fr"},{sku:"2",market:"de"}]"#;
        assert_eq!(shelf.service.asked("BatchGetPrices"), [keys]);
        assert_eq!(shelf.service.asked("BatchGetStock"), [r#"ids:["a","b","c"]"#]);
    })
    .await;
}

#[tokio::test]
async fn more_keys_than_a_call_takes_go_in_several_each_key_once() {
    still(async {
        let shelf = Shelf::start(honest).await;
        let answer = shelf.ask("{ books { author { name } editor { name } } }").await;
        let person = |id: &str| json!({"name": format!("N. {id}")});
        let book = |author, editor| json!({"author": person(author), "editor": person(editor)});
        let books = json!([book("p1", "p2"), book("p3", "p1"), book("p4", "p5")]);
        assert_eq!(answer.body, json!({"data": {"books": books}}));
        let calls = shelf.service.asked("BatchGetPeople");
        assert_eq!(calls, [r#"ids:["p1","p2"]"#, r#"ids:["p3","p4"]"#, r#"ids:["p5"]"#]);
    })
    .await;
}

#[tokio::test]
async fn a_reader_never_sees_what_was_fetched_for_another() {
    still(async {
        let shelf = slow().await;
        let query = "{ me { name } books { note { text } } }";
        let seen = |reader: &str| {
            let note = |id: &str| json!({"note": {"text": format!("{reader} on {id}")}});
            let books = ["a", "b", "c"].map(note);
            json!({"data": {"me": {"name": format!("I am {reader}")}, "books": books}})
        };
        // All at once, ann twice: she shares with herself.
        let (ann, bob, again, ()) = tokio::join!(
            shelf.ask_as("ann", query),
            shelf.ask_as("bob", query),
            shelf.ask_as("ann", query),
            calls_end(&shelf, &[("ListBooks", 3), ("BatchGetNotes", 1)])
        );
        assert_eq!([ann.body, bob.body, again.body], [seen("ann"), seen("bob"), seen("ann")]);
        let notes = [r#"ann: ids:["a","b","c"]"#, r#"bob: ids:["a","b","c"]"#];
        assert_eq!(shelf.service.asked("BatchGetNotes"), notes);
        let readers = [r#"ann: id:"ann""#, r#"bob: id:"bob""#];
        assert_eq!(shelf.service.asked("GetReader"), readers);
        // And from what is kept.
        let (bob, eve, guest, ()) = tokio::join!(
            shelf.ask_as("bob", query),
            shelf.ask_as("eve", query),
            shelf.ask("{ books { note { text } } }"),
            calls_end(&shelf, &[("ListBooks", 6), ("BatchGetNotes", 3)])
        );
        assert_eq!([bob.body, eve.body], [seen("bob"), seen("eve")]);
        assert_eq!(guest.body["data"]["books"][0]["note"]["text"], "nobody on a");
        let notes = [
            r#"ann: ids:["a","b","c"]"#,
            r#"bob: ids:["a","b","c"]"#,
            r#"eve: ids:["a","b","c"]"#,
            r#"ids:["a","b","c"]"#,
        ];
        assert_eq!(shelf.service.asked("BatchGetNotes"), notes);
    })
    .await;
}

#[tokio::test]
async fn who_asks_the_same_at_once_shares_what_may_be_shared() {
    still(async {
        let shelf = slow().await;
        let query = "{ news { text } books { blurb { text } stock { count } } }";
        let (one, two, three, ()) = tokio::join!(
            shelf.ask(query),
            shelf.ask(query),
            shelf.ask_as("ann", query),
            calls_end(&shelf, &[("ListBooks", 3), ("BatchGetStock", 3)])
        );
        assert_eq!(one.body["errors"], Value::Null, "{}", one.body);
        assert!(one.body == two.body && two.body == three.body, "{}", three.body);
        // Declared shareable; kept for everybody; neither.
        let count = |method| shelf.service.asked(method).len();
        assert_eq!((count("GetNews"), count("BatchGetBlurbs"), count("BatchGetStock")), (1, 1, 3));
    })
    .await;
}
