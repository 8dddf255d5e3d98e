//! Reviews, read, written and kept.

use bookshop::proto::reviews::v1::reviews_client::ReviewsClient;
use bookshop::proto::reviews::v1::{
    BatchGetRatingsRequest, CreateReviewRequest, ListByBooksRequest, ReportReason,
    ReportReviewRequest, Review, ReviewDraft, ReviewState,
};
use bookshop::{Options, Running, Service};
use tonic::Code;
use tonic::transport::Channel;

use crate::{channel, shop, strings};

async fn reviews(shop: &Running) -> ReviewsClient<Channel> {
    ReviewsClient::new(channel(shop, Service::Reviews).await)
}

fn draft(stars: i32, text: &str) -> ReviewDraft {
    ReviewDraft {
        book_id: "42".to_owned(),
        stars,
        title: None,
        text: text.to_owned(),
        signature: Some("A visitor".to_owned()),
    }
}

fn new_review(text: &str) -> CreateReviewRequest {
    CreateReviewRequest { review: Some(draft(5, text)), author_id: String::new(), request_id: None }
}

async fn newest(client: &mut ReviewsClient<Channel>) -> Review {
    let request = ListByBooksRequest { book_ids: strings(["42"]), page_size: 1 };
    let groups =
        client.list_by_books(request).await.expect("the reviews answer").into_inner().groups;
    groups.into_iter().next().expect("book 42 has reviews").reviews.remove(0)
}

#[tokio::test]
async fn every_book_has_its_own_group_with_the_newest_first() {
    let shop = shop().await;
    let mut client = reviews(&shop).await;
    let request = ListByBooksRequest { book_ids: strings(["42", "1", "no"]), page_size: 2 };
    let groups = client.list_by_books(request).await.unwrap().into_inner().groups;
    let asked: Vec<&str> = groups.iter().map(|group| group.book_id.as_str()).collect();
    assert_eq!(asked, ["42", "1", "no"]);
    assert_eq!(groups[2].reviews.len(), 0);
    for group in groups {
        assert!(
            group.reviews.len() <= 2
                && group.reviews.iter().all(|review| review.book_id == group.book_id)
        );
        let times = group.reviews.iter().map(|review| review.create_time.map(|time| time.seconds));
        assert!(times.rev().is_sorted());
    }
}

#[tokio::test]
async fn a_rating_counts_all_reviews() {
    let shop = shop().await;
    let mut client = reviews(&shop).await;
    let request = ListByBooksRequest { book_ids: strings(["42"]), page_size: 100 };
    let all = client.list_by_books(request).await.unwrap().into_inner().groups.remove(0).reviews;
    let request = BatchGetRatingsRequest { book_ids: strings(["42", "no"]) };
    let ratings = client.batch_get_ratings(request).await.unwrap().into_inner().ratings;
    assert_eq!(ratings.len(), 1);
    assert_eq!(usize::try_from(ratings[0].count).unwrap(), all.len());
    assert_eq!(ratings[0].histogram.iter().sum::<i32>(), ratings[0].count);
    let stars: i32 = all.iter().map(|review| review.stars).sum();
    assert!((ratings[0].average - f64::from(stars) / f64::from(ratings[0].count)).abs() < 1e-9);
}

#[tokio::test]
async fn a_written_review_is_the_newest_and_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        services: vec![Service::Reviews],
        data: Some(directory.path().join("kept")),
        ..Options::for_tests()
    };
    let shop = bookshop::start(options.clone()).await.unwrap();
    let mut client = reviews(&shop).await;
    let written = client.create_review(new_review("Still the best.")).await.unwrap().into_inner();
    assert_eq!(newest(&mut client).await, written);
    drop(client);
    shop.shutdown().await;

    let shop = bookshop::start(options).await.unwrap();
    assert_eq!(newest(&mut reviews(&shop).await).await, written);
}

#[tokio::test]
async fn a_request_that_comes_twice_writes_one_review() {
    let shop = shop().await;
    let mut client = reviews(&shop).await;
    let request =
        CreateReviewRequest { request_id: Some("once".to_owned()), ..new_review("Good.") };
    let first = client.create_review(request.clone()).await.unwrap().into_inner();
    let second = client.create_review(request).await.unwrap().into_inner();
    assert_eq!(first, second);

    let without = client.create_review(new_review("Good.")).await.unwrap().into_inner();
    assert_ne!(without.id, first.id);
}

#[tokio::test]
async fn a_reader_with_an_account_needs_no_signature() {
    let shop = shop().await;
    let mut client = reviews(&shop).await;
    let guest = client.create_review(new_review("Hm.")).await.unwrap().into_inner();
    assert_eq!((guest.author_id.as_str(), guest.signature.as_deref()), ("", Some("A visitor")));

    let request = CreateReviewRequest { author_id: "u17".to_owned(), ..new_review("Hm.") };
    let reader = client.create_review(request).await.unwrap().into_inner();
    assert_eq!((reader.author_id.as_str(), reader.signature), ("u17", None));
}

#[tokio::test]
async fn what_is_no_review_is_refused() {
    let shop = shop().await;
    let mut client = reviews(&shop).await;
    let unknown_book = ReviewDraft { book_id: "no".to_owned(), ..draft(3, "Where is it?") };
    let bad = [
        draft(0, "No stars"),
        draft(6, "Six"),
        draft(3, " "),
        draft(3, &"long ".repeat(1001)),
        unknown_book,
    ];
    for review in bad {
        let request =
            CreateReviewRequest { review: Some(review), ..CreateReviewRequest::default() };
        let status = client.create_review(request.clone()).await.expect_err("it is no review");
        assert_eq!(status.code(), Code::InvalidArgument, "{request:?}");
    }
    let status = client.create_review(CreateReviewRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_review_is_reported_once_and_stays_so() {
    let shop = shop().await;
    let mut client = reviews(&shop).await;
    let id = newest(&mut client).await.id;
    for reason in [ReportReason::Spam, ReportReason::Spoiler] {
        let request = ReportReviewRequest { id: id.clone(), reason: reason.into() };
        let review = client.report_review(request).await.unwrap().into_inner();
        assert_eq!(review.state(), ReviewState::Reported);
    }
    assert_eq!(newest(&mut client).await.state(), ReviewState::Reported);
    for (id, reason, code) in [
        ("r0", ReportReason::Spam, Code::NotFound),
        ("x", ReportReason::Spam, Code::NotFound),
        ("r1", ReportReason::Unspecified, Code::InvalidArgument),
    ] {
        let request = ReportReviewRequest { id: id.to_owned(), reason: reason.into() };
        assert_eq!(client.report_review(request).await.unwrap_err().code(), code, "{id}");
    }
}
