//! Who asks for too much gets a page, or one clear error.

use super::*;

/// So many ids of books.
fn ids(count: usize) -> String {
    (0..count).map(|id| format!("book_ids: \"{id}\" ")).collect()
}

#[tokio::test]
async fn no_page_is_endless() {
    let caller = Caller::new();
    for (method, list) in [("FlatReviews", "reviews"), ("BatchReviews", "groups.0.reviews")] {
        let reviews = caller.ask(method, r#"book_ids: "42" page_size: 2147483647"#).await;
        assert_eq!(at(&reviews, &format!("{list}.len")), "100", "{method}");
    }
}

#[tokio::test]
async fn no_key_makes_a_page_endless() {
    let edges = Caller::new().ask("Connection_edges", r#"keys: "a/b#2147483647""#).await;
    assert_eq!(at(&edges, "items.0.values.len"), "100");
}

#[tokio::test]
async fn a_page_of_pages_is_an_answer() {
    let caller = Caller::new();
    let request = ids(100) + "page_size: 2147483647";
    let reviews = caller.ask("BatchReviews", &request).await;
    assert_eq!(at(&reviews, "groups.len"), "100");
    assert_eq!(at(&reviews, "groups.99.reviews.len"), "100");
}

#[tokio::test]
async fn a_reply_that_would_be_too_large_is_an_error_and_is_not_made() {
    let caller = Caller::new();
    let call = caller.call("BatchReviews", &(ids(20_000) + "page_size: 2147483647"));
    let far = Call { deadline: call.deadline + Duration::from_secs(3600), ..call };
    let error = caller.mock.unary(far).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert_eq!(
        error.message(),
        "the mocked reply would be larger than 4MiB: ask for shorter lists"
    );
}

#[tokio::test]
async fn a_reply_is_not_made_beyond_the_deadline() {
    let caller = Caller::new();
    let call = caller.call("BatchReviews", &(ids(100) + "page_size: 100"));
    let late = Call { deadline: Instant::now(), ..call };
    let error = caller.mock.unary(late).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(error.message(), "the time was over before the mocked reply was made");
}
