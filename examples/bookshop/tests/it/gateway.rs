//! What the gateway does to the services behind it, as they see it.

use std::time::Duration;

use bookshop::{Fault, Options, Running, Service};
use http::HeaderValue;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::served::{Served, later, still};

const REVIEWS: &str = "bookshop.reviews.v1.Reviews/ListByBooks";
const CREATE: &str = "bookshop.reviews.v1.Reviews/CreateReview";

async fn started() -> (Running, Served) {
    let shop = bookshop::start(Options::for_tests()).await.expect("the shop starts");
    let served = Served::start(&shop).await;
    (shop, served)
}

/// Asks, and does not wait for an answer. Dropped, the client has left.
async fn impatient(served: &Served, query: &str) -> TcpStream {
    let body = serde_json::json!({ "query": query }).to_string();
    let length = body.len();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(served.address).await.expect("it listens");
    stream.write_all(format!("{head}{body}").as_bytes()).await.expect("it reads");
    stream
}

#[tokio::test]
async fn calls_of_a_query_end_when_its_client_leaves() {
    still(async {
        let (shop, served) = started().await;
        shop.faults(Service::Reviews).fail(Fault::StallAfterHeaders);
        let client = impatient(&served, r#"{ book(id: "42") { reviews { text } } }"#).await;
        shop.until(REVIEWS, |seen| seen.started == 1).await;
        drop(client);
        // The clock stands still: no timeout ends the call.
        shop.until(REVIEWS, |seen| seen.cancelled == 1).await;
    })
    .await;
}

#[tokio::test]
async fn a_mutation_runs_on_when_its_client_leaves() {
    still(async {
        let (shop, served) = started().await;
        shop.faults(Service::Reviews).latency(Duration::from_millis(100));
        let mutation =
            r#"mutation { addReview(review: {bookId: "42", stars: 5, text: "Bye."}) { id } }"#;
        let client = impatient(&served, mutation).await;
        shop.until(CREATE, |seen| seen.started == 1).await;
        drop(client);
        later(Duration::from_millis(50)).await;
        assert_eq!(shop.seen(CREATE).cancelled, 0);
        later(Duration::from_millis(51)).await;
        let seen = shop.until(CREATE, |seen| seen.finished == 1).await;
        assert_eq!(seen.cancelled, 0);
    })
    .await;
}

#[tokio::test]
async fn a_service_that_is_down_delays_neither_the_start_nor_the_answer() {
    still(async {
        let mut shop = bookshop::start(Options::for_tests()).await.expect("the shop starts");
        shop.kill(Service::Reviews).await;
        let served = Served::start(&shop).await;
        let answer = served.ask(r#"{ book(id: "42") { title rating { count } } }"#).await;
        assert_eq!(answer.took, Duration::ZERO);
        assert_eq!(answer.body["data"]["book"]["title"], "Middlemarch");
        assert_eq!(answer.body["extensions"]["degraded"][0]["cause"], "UNAVAILABLE");
    })
    .await;
}

#[tokio::test]
async fn each_call_is_told_how_much_time_is_left() {
    still(async {
        let (shop, served) = started().await;
        shop.faults(Service::Reviews).latency(Duration::from_millis(30));
        // The fields of a mutation run one after the other.
        let review = r#"addReview(review: {bookId: "42", stars: 5, text: "Hm."}) { stars }"#;
        let mut request = served.post(&format!("mutation {{ a: {review} b: {review} }}"));
        request.headers_mut().insert("x-request-timeout", HeaderValue::from_static("100ms"));
        let told = async {
            let first = shop.until(CREATE, |seen| seen.started == 1).await.last_timeout;
            later(Duration::from_millis(31)).await;
            let second = shop.until(CREATE, |seen| seen.started == 2).await.last_timeout;
            later(Duration::from_millis(31)).await;
            (first, second)
        };
        let (answer, (first, second)) = tokio::join!(served.send(request), told);
        let expected = serde_json::json!({"data": {"a": {"stars": 5}, "b": {"stars": 5}}});
        assert_eq!(answer.body, expected);
        // Five milliseconds are kept back for the answer.
        assert_eq!(first, Some(Duration::from_millis(95)));
        assert_eq!(second, Some(Duration::from_millis(95 - 31)));
    })
    .await;
}

#[tokio::test]
async fn every_book_of_the_shop_has_its_page() {
    still(async {
        let (_shop, served) = started().await;
        let (mut after, mut books, mut unreviewed) = (String::new(), 0, 0);
        loop {
            let answer = served
                .ask(&format!(
                    "{{ books(first: 100, after: {after:?}) {{ nextPageToken books {{ id title authors {{ name books {{ id }} }}
                       price {{ amount }} stock {{ count }} promotion {{ __typename }} rating {{ count }} reviews {{ stars author {{ name }} }}
                       recommendations {{ title }} }} }} }}"
                ))
                .await;
            assert_eq!(answer.body["errors"], serde_json::Value::Null, "{after}");
            let page = &answer.body["data"]["books"];
            let found = page["books"].as_array().expect("books");
            books += found.len();
            unreviewed += found.iter().filter(|book| book["reviews"] == serde_json::json!([])).count();
            match page["nextPageToken"].as_str() {
                Some("") | None => break,
                Some(next) => after = next.to_owned(),
            }
        }
        assert_eq!(books, 2000);
        assert!(unreviewed > 0, "a book without reviews is what this is about");
    })
    .await;
}
