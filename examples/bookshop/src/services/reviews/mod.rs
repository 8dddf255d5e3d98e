//! Reviews: the one service that keeps what it is told.

mod seeding;
mod store;
mod texts;

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::sync::broadcast::{self, error::RecvError};
use tonic::{Request, Response, Status};

use super::{keys, page_size};
use crate::library::Library;
use crate::options::Options;
use crate::proto::reviews::v1::reviews_server::{Reviews, ReviewsServer};
use crate::proto::reviews::v1::{
    BatchGetRatingsRequest, BatchGetRatingsResponse, CreateReviewRequest, ListByBooksRequest,
    ListByBooksResponse, ReportReason, ReportReviewRequest, Review, ReviewDraft,
    WatchReviewsRequest,
};
use store::Store;

pub use store::StoreError;

const MAX_BOOKS: usize = 100;
const MAX_RATINGS: usize = 200;
const MAX_LETTERS: usize = 5000;
/// How many new reviews wait for whoever watches.
const MAX_NEWS: usize = 100;

/// Takes reviews in and hands them out.
#[derive(Debug)]
pub(crate) struct ReviewDesk {
    library: Arc<Library>,
    store: Store,
    clock: fn() -> SystemTime,
    news: broadcast::Sender<Review>,
}

impl ReviewDesk {
    /// Opens the reviews in the data directory, or some that are forgotten with the desk. The first time there are those
    /// that readers would have written.
    pub(crate) fn open(library: &Arc<Library>, options: &Options) -> Result<Self, StoreError> {
        let file = options
            .data
            .as_deref()
            .map(Path::to_owned)
            .map(|directory| directory.join("reviews.db"));
        let store = Store::open(file.as_deref(), || seeding::reviews(library, options.seed))?;
        let (news, _) = broadcast::channel(MAX_NEWS);
        Ok(Self { library: Arc::clone(library), store, clock: options.clock, news })
    }

    pub(crate) fn server(self) -> ReviewsServer<Self> {
        ReviewsServer::new(self)
    }

    fn check(&self, draft: &ReviewDraft) -> Result<(), Status> {
        if self.library.book(&draft.book_id).is_none() {
            return Err(Status::invalid_argument(format!("there is no book `{}`", draft.book_id)));
        }
        if !(1..=5).contains(&draft.stars) {
            return Err(Status::invalid_argument("the stars of a review are 1 to 5"));
        }
        if draft.text.trim().is_empty() {
            return Err(Status::invalid_argument("a review needs a text"));
        }
        if draft.text.chars().count() > MAX_LETTERS {
            return Err(Status::invalid_argument(format!(
                "a review has at most {MAX_LETTERS} characters"
            )));
        }
        Ok(())
    }
}

#[tonic::async_trait]
impl Reviews for ReviewDesk {
    async fn list_by_books(
        &self,
        request: Request<ListByBooksRequest>,
    ) -> Result<Response<ListByBooksResponse>, Status> {
        let request = request.into_inner();
        let limit = page_size(request.page_size, 10, 100)?;
        let books = keys(request.book_ids, MAX_BOOKS)?;
        let groups = self.store.newest(books, limit).await?;
        Ok(Response::new(ListByBooksResponse { groups }))
    }

    async fn batch_get_ratings(
        &self,
        request: Request<BatchGetRatingsRequest>,
    ) -> Result<Response<BatchGetRatingsResponse>, Status> {
        let books = keys(request.into_inner().book_ids, MAX_RATINGS)?;
        let ratings = self.store.ratings(books).await?;
        Ok(Response::new(BatchGetRatingsResponse { ratings }))
    }

    async fn create_review(
        &self,
        request: Request<CreateReviewRequest>,
    ) -> Result<Response<Review>, Status> {
        let CreateReviewRequest { review, author_id, request_id } = request.into_inner();
        let draft =
            review.ok_or_else(|| Status::invalid_argument("there is no review in the request"))?;
        self.check(&draft)?;

        let signature = if author_id.is_empty() { draft.signature } else { None };
        let review = Review {
            id: String::new(),
            book_id: draft.book_id,
            author_id,
            signature,
            stars: draft.stars,
            title: draft.title,
            text: draft.text,
            create_time: Some((self.clock)().into()),
            helpful_count: None,
            state: 0,
        };
        let (review, is_new) = self.store.keep(review, request_id).await?;
        if is_new {
            // Perhaps nobody watches.
            let _watched = self.news.send(review.clone());
        }
        Ok(Response::new(review))
    }

    type WatchReviewsStream = BoxStream<'static, Result<Review, Status>>;

    async fn watch_reviews(
        &self,
        request: Request<WatchReviewsRequest>,
    ) -> Result<Response<Self::WatchReviewsStream>, Status> {
        let book_id = request.into_inner().book_id;
        if self.library.book(&book_id).is_none() {
            return Err(Status::not_found(format!("there is no book `{book_id}`")));
        }
        let news = stream::unfold(self.news.subscribe(), |mut news| async move {
            match news.recv().await {
                Ok(review) => Some((Ok(review), news)),
                Err(RecvError::Lagged(_)) => {
                    Some((Err(Status::unavailable("reviews came too fast")), news))
                }
                Err(RecvError::Closed) => None,
            }
        });
        let is_meant = move |review: &Result<Review, Status>| {
            let is_meant = review.as_ref().map_or(true, |review| review.book_id == book_id);
            std::future::ready(is_meant)
        };
        Ok(Response::new(news.filter(is_meant).boxed()))
    }

    async fn report_review(
        &self,
        request: Request<ReportReviewRequest>,
    ) -> Result<Response<Review>, Status> {
        let request = request.into_inner();
        if request.reason() == ReportReason::Unspecified {
            return Err(Status::invalid_argument("say what is wrong with the review"));
        }
        let unknown = || Status::not_found(format!("there is no review `{}`", request.id));
        let number = store::number(&request.id).ok_or_else(unknown)?;
        let review = self.store.report(number, request.reason).await?;
        review.map(Response::new).ok_or_else(unknown)
    }
}
