//! Offers, made from the seed.

use std::sync::Arc;
use std::time::SystemTime;

use tonic::{Request, Response, Status};

use super::{end_of_day, keys, pricing};
use crate::library::Library;
use crate::proto::money::v1::Currency;
use crate::proto::promotions::v1::promotion::Benefit;
use crate::proto::promotions::v1::promotions_server::{Promotions, PromotionsServer};
use crate::proto::promotions::v1::{
    BatchGetPromotionsRequest, BatchGetPromotionsResponse, BookPromotion, Promotion,
};
use crate::seed::Dice;

const MAX_KEYS: usize = 200;

const LABELS: [&str; 6] = [
    "Book of the month",
    "For long evenings",
    "Staff favourite",
    "Three for a rainy week",
    "From our own press",
    "Read it before the film",
];

const GIFTS: [&str; 4] = [
    "a linen bookmark",
    "a map of the places in the book",
    "a postcard of the first edition",
    "a pencil and a small notebook",
];

/// The offers of the day.
#[derive(Debug)]
pub(crate) struct Offers {
    library: Arc<Library>,
    seed: u64,
    clock: fn() -> SystemTime,
}

impl Offers {
    pub(crate) fn new(library: Arc<Library>, seed: u64, clock: fn() -> SystemTime) -> Self {
        Self { library, seed, clock }
    }

    pub(crate) fn server(self) -> PromotionsServer<Self> {
        PromotionsServer::new(self)
    }

    /// A quarter of all books has an offer.
    fn offer(&self, book: &str) -> Option<Promotion> {
        let mut dice = Dice::new(self.seed, &format!("promotion {book}"));
        dice.chance(25).then(|| Promotion {
            id: format!("p{book}"),
            label: (*dice.pick(&LABELS)).to_owned(),
            benefit: Some(benefit(&mut dice)),
            end_time: Some(end_of_day((self.clock)(), i64::from(dice.between(0, 13)))),
        })
    }
}

#[tonic::async_trait]
impl Promotions for Offers {
    async fn batch_get_promotions(
        &self,
        request: Request<BatchGetPromotionsRequest>,
    ) -> Result<Response<BatchGetPromotionsResponse>, Status> {
        let ids = keys(request.into_inner().book_ids, MAX_KEYS)?;
        let known = ids.iter().filter(|id| self.library.book(id).is_some());
        let promotions = known
            .filter_map(|id| {
                Some(BookPromotion { book_id: id.clone(), promotion: Some(self.offer(id)?) })
            })
            .collect();
        Ok(Response::new(BatchGetPromotionsResponse { promotions }))
    }
}

fn benefit(dice: &mut Dice) -> Benefit {
    match dice.below(3) {
        0 => Benefit::PercentOff(dice.between(1, 4) * 5),
        1 => Benefit::AmountOff(pricing::money(i64::from(dice.between(1, 4)) * 50, Currency::Eur)),
        _ => Benefit::Gift((*dice.pick(&GIFTS)).to_owned()),
    }
}
