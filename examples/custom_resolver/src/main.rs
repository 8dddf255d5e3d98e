//! Fields that no service has: one computed from others, one that asks a service itself, and a few objects of async-graphql.

mod desk;
mod service;

use anabranch::config::Config;
use anabranch::error::{Code, Error, Result};
use anabranch::gateway::Gateway;
use anabranch::resolver::{Batch, Context};
use library::v1::{Book, LibraryClient, ListBooksRequest};

anabranch::contract!();

/// What answers the fields with `@resolve`.
struct Reader;

impl BookResolvers for Reader {
    /// Called once for all books of a level, with what the field requires of each, read from the service's own bytes.
    async fn reading_time(
        &self,
        _: &Context,
        books: &[ReadingTimeParent<'_>],
        arguments: &ReadingTimeArgs,
    ) -> Batch<i32> {
        let pace = arguments.pages_per_minute;
        books.iter().map(|book| minutes(book.page_count, pace)).collect()
    }
}

/// An error is the error of one book; the others have their minutes. What it says, code and words and more, is for clients.
fn minutes(pages: i32, pace: f64) -> Result<i32> {
    let minutes = f64::from(pages) / pace;
    if minutes.is_finite() && (0.0..f64::from(i32::MAX)).contains(&minutes) {
        #[expect(clippy::cast_possible_truncation, reason = "it was checked")]
        return Ok(minutes as i32);
    }
    let error = Error::new(Code::InvalidArgument, "nobody reads at this pace");
    Err(error.with_extension("pagesPerMinute", pace))
}

impl QueryResolvers for Reader {
    /// The client calls with the deadline, the identity and the policies of the request that `context` belongs to.
    async fn longest(&self, context: &Context) -> Result<Option<Book>> {
        let answer = LibraryClient::new(context).list_books(ListBooksRequest {}).await?;
        Ok(answer.books.into_iter().max_by_key(|book| book.page_count))
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let services = format!("services.\"*\".endpoints = [\"http://{}\"]", service::start()?);
    let config = Config::parse("main.rs", &services, std::env::vars())?;
    let gateway = Gateway::builder(contract()).configured(config).resolvers(Reader);
    let gateway = gateway.graphql(desk::schema());
    Ok(gateway.build().await?.serve().await?)
}
