//! What `x-mock` headers and `@mock` do to calls.

use super::*;

fn caller(headers: &[&'static str]) -> Caller {
    Caller { headers: headers.to_vec(), ..Caller::new() }
}

#[tokio::test(start_paused = true)]
async fn a_slow_mock_waits_as_long_as_it_is_told() {
    let start = Instant::now();
    caller(&["slow=800ms"]).ask("GetBook", r#"id: "1""#).await;
    assert_eq!(start.elapsed(), Duration::from_millis(800));

    let start = Instant::now();
    let one = caller(&["slow=reviews:300ms"]);
    one.ask("GetBook", r#"id: "1""#).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    one.ask("BatchReviews", r#"book_ids: "1""#).await;
    assert_eq!(start.elapsed(), Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn a_slow_mock_does_not_outlast_the_deadline() {
    let start = Instant::now();
    let error = caller(&["slow=50s"]).try_ask("GetBook", r#"id: "1""#).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

#[tokio::test]
async fn an_error_hits_the_field_the_method_or_the_service_that_is_named() {
    for header in ["error=reviews", "error=Book.reviews", "error=batchreviews"] {
        let caller = caller(&[header]);
        let error = caller.try_ask("BatchReviews", r#"book_ids: "1""#).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable, "{header}");
        assert_eq!(&*error.origin().unwrap().method, "BatchReviews");
        assert!(caller.try_ask("GetBook", "").await.is_ok(), "{header}");
    }
    let service = caller(&["error=shop.v1:NOT_FOUND"]);
    assert_eq!(service.try_ask("GetBook", "").await.unwrap_err().code(), Code::NotFound);
    assert!(service.try_ask("Query_book", "").await.is_ok());
    let promised = caller(&["error=price"]);
    assert_eq!(promised.try_ask("Book_price", "").await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn empty_lists_are_empty_and_keys_still_have_their_items() {
    let caller = caller(&["empty"]);
    let books = caller.ask("ListBooks", "page_size: 5").await;
    assert_eq!(at(&books, "books.len"), "0");
    assert_eq!(at(&books, "total_size"), "0");
    let groups = caller.ask("BatchReviews", r#"book_ids: "1" book_ids: "2""#).await;
    assert_eq!(all(&groups, "groups", "reviews.len"), ["0", "0"]);
    assert_eq!(at(&caller.ask("FlatReviews", r#"book_ids: "1""#).await, "reviews.len"), "0");
    assert_ne!(at(&caller.ask("GetBook", r#"id: "1""#).await, "title"), "");
}

#[tokio::test]
async fn long_texts_are_of_the_same_objects() {
    let long = caller(&["long, slow=1ms"]).ask("GetBook", r#"id: "42""#).await;
    let short = caller(&[]).ask("GetBook", r#"id: "42""#).await;
    assert!(at(&long, "title").len() >= 240);
    assert!(at(&long, "title").starts_with(&at(&short, "title")));
    assert_eq!(at(&long, "author_id"), at(&short, "author_id"));
}

#[tokio::test]
async fn a_header_that_is_not_understood_fails_the_call_and_says_why() {
    let error = caller(&["slow=fast"]).try_ask("GetBook", "").await.unwrap_err();
    assert_eq!(error.code(), Code::BadRequest);
    assert!(error.message().contains("`slow=800ms`"), "{error}");
    let error = caller(&["error=titel"]).try_ask("GetBook", "").await.unwrap_err();
    assert!(error.message().contains("`titel`, which no call answers"), "{error}");
}

#[tokio::test]
async fn a_mock_that_is_not_told_to_reads_no_header() {
    let config = Config { seed: 0, scenarios: false };
    let caller =
        Caller { headers: vec!["error=book, nonsense"], ..Caller::with(shop::contract(), config) };
    assert!(caller.try_ask("GetBook", r#"id: "42""#).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_field_is_shaped_to_be_slow_and_to_fail() {
    let shape = contract::Mock {
        latency_ms: 250,
        error: "PERMISSION_DENIED".to_owned(),
        ..contract::Mock::default()
    };
    let caller = Caller::shaped("Book", "reviews", &shape);
    let start = Instant::now();
    let error = caller.try_ask("BatchReviews", r#"book_ids: "1""#).await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    assert_eq!(start.elapsed(), Duration::from_millis(250));
}

#[tokio::test]
async fn a_stream_has_a_few_messages_and_ends() {
    let caller = caller(&[]);
    let call = caller.call("ListBooks", "page_size: 1");
    let messages: Vec<_> = caller.mock.server_stream(call).await.unwrap().collect().await;
    let messages: Vec<Bytes> = messages.into_iter().map(Result::unwrap).collect();
    assert_eq!(messages.len(), 3);
    assert!(messages[0] != messages[1] && messages[1] != messages[2]);
}
