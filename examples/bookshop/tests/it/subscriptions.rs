//! A review is written, and who watches the book hears of it.

use std::time::Duration;

use bookshop::{Options, Running, Service};
use http::{HeaderValue, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::served::{Served, later, still};

pub(crate) const WATCH: &str = "bookshop.reviews.v1.Reviews/WatchReviews";
const USERS: &str = "bookshop.accounts.v1.Accounts/BatchGetUsers";
const STEP: Duration = Duration::from_millis(50);

/// A page that watches a book.
pub(crate) struct Watcher {
    body: Incoming,
    text: String,
}

impl Watcher {
    pub(crate) async fn start(served: &Served, query: &str) -> Self {
        let mut request: Request<Full<_>> = served.post(query);
        let events = HeaderValue::from_static("text/event-stream");
        request.headers_mut().insert(header::ACCEPT, events);
        let stream = TcpStream::connect(served.address).await.expect("it listens");
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
        tokio::spawn(connection);
        let response = sender.send_request(request).await.expect("it answers");
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next event: its name and its data. Comments are skipped.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                if let Some((name, data)) = event.trim_end().split_once("\ndata: ") {
                    let name = name.trim_start_matches("event: ").to_owned();
                    return (name, serde_json::from_str(data).unwrap_or_default());
                }
            } else {
                let frame = self.body.frame().await.expect("more").expect("a frame");
                let bytes = frame.into_data().expect("data");
                self.text.push_str(std::str::from_utf8(&bytes).expect("a text"));
            }
        }
    }
}

async fn started() -> (Running, Served) {
    let shop = bookshop::start(Options::for_tests()).await.expect("the shop starts");
    let served = Served::start(&shop).await;
    (shop, served)
}

pub(crate) async fn write(served: &Served, book: &str, reader: &'static str, text: &str) {
    let mutation = format!(
        r#"mutation {{ addReview(review: {{bookId: "{book}", stars: 4, text: "{text}"}}) {{ id }} }}"#
    );
    let mut request = served.post(&mutation);
    request.headers_mut().insert("x-reader", HeaderValue::from_static(reader));
    let answer = served.send(request).await;
    assert!(answer.body["errors"].is_null(), "{answer:?}");
}

#[tokio::test]
async fn a_new_review_comes_with_its_author_to_who_watches_its_book() {
    still(async {
        let (shop, served) = started().await;
        let query = r#"subscription { reviewAdded(bookId: "42") { text author { id } } }"#;
        let mut watcher = Watcher::start(&served, query).await;
        shop.until(WATCH, |seen| seen.finished == 1).await;
        write(&served, "43", "u1", "Of another book.").await;
        write(&served, "42", "u7", "Long.").await;
        let review = json!({"text": "Long.", "author": {"id": "u7"}});
        let event = ("next".to_owned(), json!({"data": {"reviewAdded": review}}));
        assert_eq!(watcher.next().await, event);
        assert_eq!(shop.seen(USERS).started, 1);
    })
    .await;
}

#[tokio::test]
async fn who_watches_the_same_book_has_one_stream_and_one_answer_together() {
    still(async {
        let (shop, served) = started().await;
        let query = r#"subscription { reviewAdded(bookId: "42") { text author { id } } }"#;
        let mut one = Watcher::start(&served, query).await;
        let mut other = Watcher::start(&served, query).await;
        shop.until(WATCH, |seen| seen.finished == 1).await;
        write(&served, "42", "u7", "Long.").await;
        assert_eq!(one.next().await, other.next().await);
        assert_eq!((shop.seen(WATCH).started, shop.seen(USERS).started), (1, 1));
        drop(one);
        write(&served, "42", "u8", "Very long.").await;
        let (_, event) = other.next().await;
        assert_eq!(event["data"]["reviewAdded"]["text"], "Very long.");
    })
    .await;
}

#[tokio::test]
async fn a_service_that_starts_again_is_watched_again() {
    still(async {
        let (mut shop, served) = started().await;
        let query = r#"subscription { reviewAdded(bookId: "42") { text } }"#;
        let mut watcher = Watcher::start(&served, query).await;
        shop.until(WATCH, |seen| seen.finished == 1).await;
        shop.kill(Service::Reviews).await;
        shop.start(Service::Reviews).await.expect("its port is free");
        while shop.seen(WATCH).finished < 2 {
            later(STEP).await;
        }
        write(&served, "42", "u7", "Still long.").await;
        let (_, event) = watcher.next().await;
        assert_eq!(
            event,
            json!({
                "data": {"reviewAdded": {"text": "Still long."}},
                "extensions": {"resumed": true},
            })
        );
    })
    .await;
}

#[tokio::test]
async fn a_service_that_was_away_for_a_minute_is_watched_again_as_soon_as_it_is_back() {
    still(async {
        let (mut shop, served) = started().await;
        let query = r#"subscription { reviewAdded(bookId: "42") { text } }"#;
        let mut watcher = Watcher::start(&served, query).await;
        shop.until(WATCH, |seen| seen.finished == 1).await;
        shop.kill(Service::Reviews).await;
        for _ in 0..120 {
            later(Duration::from_millis(500)).await;
        }
        shop.start(Service::Reviews).await.expect("its port is free");
        // The gateway tries to connect every three seconds at least.
        let mut waited = Duration::ZERO;
        while shop.seen(WATCH).finished < 2 {
            later(STEP).await;
            waited += STEP;
        }
        assert!(waited <= Duration::from_secs(3) + STEP * 2, "{waited:?}");
        write(&served, "42", "u7", "Still long.").await;
        let (_, event) = watcher.next().await;
        assert_eq!(event["data"]["reviewAdded"]["text"], "Still long.");
    })
    .await;
}

#[tokio::test]
async fn a_book_that_is_not_there_cannot_be_watched() {
    still(async {
        let (_shop, served) = started().await;
        let query = r#"subscription { reviewAdded(bookId: "no such book") { text } }"#;
        let mut watcher = Watcher::start(&served, query).await;
        let (name, event) = watcher.next().await;
        assert_eq!((name.as_str(), &event["data"]), ("next", &Value::Null));
        assert_eq!(event["errors"][0]["extensions"]["code"], "NOT_FOUND");
        assert_eq!(watcher.next().await.0, "complete");
    })
    .await;
}
