//! The whole of it in a runtime with several threads, all in a hurry.

use std::sync::Arc;

use bookshop::{Options, Running, Service};
use serde_json::Value;

use crate::served::Served;
use crate::subscriptions::{WATCH, Watcher, write};

const CLIENTS: usize = 12;

async fn started() -> (Running, Served) {
    let shop = bookshop::start(Options::for_tests()).await.expect("the shop starts");
    let served = Served::start(&shop).await;
    (shop, served)
}

/// Joins in batches over two levels, from calls that others may share, and of a book that others ask for too.
fn page(book: usize) -> String {
    let fields = "id title authors { name } rating { average } readingTime \
                  reviews(first: 2) { text author { id name } }";
    format!(
        "{{ book(id: \"{book}\") {{ {fields} }} same: book(id: \"42\") {{ {fields} }} books(first: 5) {{ books {{ {fields} }} }} }}"
    )
}

/// Time is real, and the machine may be busy: until the answer is whole.
async fn whole(served: &Served, query: &str) -> Value {
    loop {
        let mut request = served.post(query);
        request.headers_mut().insert("x-request-timeout", "10s".parse().expect("a header"));
        let answer = served.send(request).await.body;
        if answer.get("errors").is_none() && answer.get("extensions").is_none() {
            return answer;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn crowds_are_answered_as_each_would_be_alone() {
    let (shop, served) = started().await;
    let mut alone = Vec::new();
    for book in 1..=CLIENTS {
        alone.push(whole(&served, &page(book)).await);
    }
    // Another one, which keeps nothing of that.
    let served = Served::start(&shop).await;
    let alone = Arc::new(alone);
    let clients = (0..CLIENTS).map(|client| {
        let (served, alone) = (served.clone(), Arc::clone(&alone));
        tokio::spawn(async move {
            for step in 0..CLIENTS {
                let book = (client + step) % CLIENTS;
                assert_eq!(whole(&served, &page(book + 1)).await, alone[book], "book {book}");
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("it is answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_hears_of_a_review_before_and_after_a_service_starts_again() {
    let (mut shop, served) = started().await;
    let query = r#"subscription { reviewAdded(bookId: "42") { text author { id } } }"#;
    let mut watchers = Vec::new();
    for _ in 0..CLIENTS {
        watchers.push(Watcher::start(&served, query).await);
    }
    shop.until(WATCH, |seen| seen.finished == 1).await;
    write(&served, "42", "u7", "Long.").await;
    for watcher in &mut watchers {
        assert_eq!(watcher.next().await.1["data"]["reviewAdded"]["text"], "Long.");
    }
    shop.kill(Service::Reviews).await;
    shop.start(Service::Reviews).await.expect("its port is free");
    shop.until(WATCH, |seen| seen.finished == 2).await;
    write(&served, "42", "u8", "Still long.").await;
    for watcher in &mut watchers {
        let (_, event) = watcher.next().await;
        assert_eq!(event["data"]["reviewAdded"]["text"], "Still long.");
        assert_eq!(event["extensions"]["resumed"], true);
    }
}
