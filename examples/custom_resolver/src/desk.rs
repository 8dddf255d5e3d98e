//! What the library's desk knows, in objects of async-graphql: no service and no contract has it.

use anabranch::Context;
use async_graphql::{EmptySubscription, Error, Object, Result, Schema, SimpleObject};

use crate::library::v1::{LibraryClient, ListBooksRequest};

/// Its root fields stand beside those of the contract.
pub(crate) fn schema() -> Schema<Desk, Bell, EmptySubscription> {
    Schema::new(Desk, Bell, EmptySubscription)
}

/// The root fields of `Query`.
pub(crate) struct Desk;

/// When somebody is at the desk.
#[derive(SimpleObject)]
struct OpeningHours {
    day: &'static str,
    from: &'static str,
    to: &'static str,
}

#[Object]
impl Desk {
    /// When somebody is at the desk.
    async fn opening_hours(&self) -> Vec<OpeningHours> {
        let hours = |day| OpeningHours { day, from: "10:00", to: "18:00" };
        ["Tuesday", "Thursday"].map(hours).into()
    }

    /// How many pages the library has. The client calls with the deadline, the identity and the policies of the request.
    async fn pages(&self, context: &async_graphql::Context<'_>) -> Option<Result<i32>> {
        Some(pages(context).await)
    }
}

async fn pages(context: &async_graphql::Context<'_>) -> Result<i32> {
    let client = LibraryClient::new(context.data::<Context>()?);
    let answer = client.list_books(ListBooksRequest {}).await?;
    Ok(answer.books.iter().map(|book| book.page_count).sum())
}

/// The root fields of `Mutation`.
pub(crate) struct Bell;

#[Object]
impl Bell {
    /// Calls somebody.
    async fn ring(&self, #[graphql(default = 1)] times: usize) -> Result<String> {
        match times {
            1..=3 => Ok(vec!["ding"; times].join(" ")),
            _ => Err(Error::new("the bell rings once to three times")),
        }
    }
}
