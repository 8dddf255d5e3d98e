//! Prices, made from the seed.

use std::sync::Arc;
use std::time::SystemTime;

use tonic::{Request, Response, Status};

use super::{end_of_day, keys};
use crate::library::Library;
use crate::proto::catalog::v1::Book;
use crate::proto::money::v1::{Currency, Money};
use crate::proto::pricing::v1::pricing_server::{Pricing, PricingServer};
use crate::proto::pricing::v1::{BatchGetPricesRequest, BatchGetPricesResponse, Price};
use crate::seed::Dice;

const MAX_KEYS: usize = 200;

/// What the books of the library cost.
#[derive(Debug)]
pub(crate) struct PriceList {
    library: Arc<Library>,
    seed: u64,
    clock: fn() -> SystemTime,
}

impl PriceList {
    pub(crate) fn new(library: Arc<Library>, seed: u64, clock: fn() -> SystemTime) -> Self {
        Self { library, seed, clock }
    }

    pub(crate) fn server(self) -> PricingServer<Self> {
        PricingServer::new(self)
    }

    fn price(&self, book: &Book, currency: Currency) -> Option<Price> {
        let mut dice = Dice::new(self.seed, &format!("price {}", book.id));
        // A few made-up books are not for sale; those that people know are.
        if book.first_sentence.is_none() && dice.chance(2) {
            return None;
        }
        let list =
            i64::from(dice.between(59, 89) * 10 + book.page_count * 13 / 10) / 100 * 100 + 90;
        let off = if dice.chance(40) { i64::from(dice.between(1, 3)) * 100 } else { 0 };

        let sold_for = exchange(list - off, currency);
        Some(Price {
            book_id: book.id.clone(),
            amount: decimal(sold_for),
            currency: currency.into(),
            amount_cents: sold_for,
            list_price: (off > 0).then(|| money(exchange(list, currency), currency)),
            valid_until: Some(end_of_day((self.clock)(), 0)),
        })
    }
}

#[tonic::async_trait]
impl Pricing for PriceList {
    async fn batch_get_prices(
        &self,
        request: Request<BatchGetPricesRequest>,
    ) -> Result<Response<BatchGetPricesResponse>, Status> {
        let request = request.into_inner();
        let currency = match Currency::try_from(request.currency) {
            Ok(Currency::Unspecified) => Currency::Eur,
            Ok(currency) => currency,
            Err(_) => {
                return Err(Status::invalid_argument("the shop does not sell in this currency"));
            }
        };
        let ids = keys(request.book_ids, MAX_KEYS)?;
        let books = ids.iter().filter_map(|id| self.library.book(id));
        let prices = books.filter_map(|book| self.price(book, currency)).collect();
        Ok(Response::new(BatchGetPricesResponse { prices }))
    }
}

/// Cents of an amount as the shop's own table has it, in whole tens: nobody wants to see 11.37.
fn exchange(euro_cents: i64, currency: Currency) -> i64 {
    let percent = match currency {
        Currency::Unspecified | Currency::Eur => 100,
        Currency::Gbp => 86,
        Currency::Usd => 109,
    };
    euro_cents * percent / 1000 * 10
}

/// An amount of money.
pub(super) fn money(cents: i64, currency: Currency) -> Money {
    Money { amount: decimal(cents), currency: currency.into(), amount_cents: cents }
}

fn decimal(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::{decimal, exchange};
    use crate::proto::money::v1::Currency;

    #[test]
    fn amounts_have_two_places() {
        assert_eq!(decimal(1290), "12.90");
        assert_eq!(decimal(1205), "12.05");
    }

    #[test]
    fn other_currencies_are_rounded_to_tens() {
        assert_eq!(exchange(1290, Currency::Eur), 1290);
        assert_eq!(exchange(1290, Currency::Gbp), 1100);
    }
}
