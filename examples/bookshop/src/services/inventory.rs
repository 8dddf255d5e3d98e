//! Stock, made from the seed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use prost_types::Duration;
use tonic::{Request, Response, Status};

use super::{end_of_day, keys};
use crate::library::Library;
use crate::proto::inventory::v1::inventory_server::{Inventory, InventoryServer};
use crate::proto::inventory::v1::{
    Availability, BatchGetStockRequest, BatchGetStockResponse, Stock,
};
use crate::seed::Dice;

const MAX_KEYS: usize = 500;
const HOUSES: [&str; 3] = ["bristol", "leipzig", "utrecht"];
const HOUR: i64 = 3600;

/// How many copies of the library's books there are.
#[derive(Debug)]
pub(crate) struct Warehouses {
    library: Arc<Library>,
    seed: u64,
    clock: fn() -> SystemTime,
}

impl Warehouses {
    pub(crate) fn new(library: Arc<Library>, seed: u64, clock: fn() -> SystemTime) -> Self {
        Self { library, seed, clock }
    }

    pub(crate) fn server(self) -> InventoryServer<Self> {
        InventoryServer::new(self)
    }

    fn stock(&self, book: &str) -> Stock {
        let mut dice = Dice::new(self.seed, &format!("stock {book}"));
        let warehouses = copies(&mut dice);
        let count = warehouses.values().sum();
        let on_order = count < 5 && dice.chance(60);
        Stock {
            availability: availability(count, on_order).into(),
            count,
            warehouses,
            ships_within: (count > 0)
                .then(|| Duration { seconds: i64::from(dice.between(1, 4)) * 12 * HOUR, nanos: 0 }),
            restock_time: on_order
                .then(|| end_of_day((self.clock)(), i64::from(dice.between(3, 20)))),
        }
    }
}

#[tonic::async_trait]
impl Inventory for Warehouses {
    async fn batch_get_stock(
        &self,
        request: Request<BatchGetStockRequest>,
    ) -> Result<Response<BatchGetStockResponse>, Status> {
        let ids = keys(request.into_inner().book_ids, MAX_KEYS)?;
        let known = ids.into_iter().filter(|id| self.library.book(id).is_some());
        let stock = known.map(|id| (id.clone(), self.stock(&id))).collect();
        Ok(Response::new(BatchGetStockResponse { stock }))
    }
}

/// Copies by house. A tenth of all books is nowhere.
fn copies(dice: &mut Dice) -> HashMap<String, i32> {
    let mut copies = HashMap::new();
    if dice.chance(10) {
        return copies;
    }
    let plenty = if dice.chance(15) { 3 } else { 30 };
    for house in HOUSES {
        if dice.chance(70) {
            copies.insert(house.to_owned(), dice.between(1, plenty));
        }
    }
    copies
}

fn availability(count: i32, on_order: bool) -> Availability {
    match (count, on_order) {
        (5.., _) => Availability::InStock,
        (1.., _) => Availability::Low,
        (_, true) => Availability::Backorder,
        (_, false) => Availability::OutOfStock,
    }
}

#[cfg(test)]
mod tests {
    use super::availability;
    use crate::proto::inventory::v1::Availability;

    #[test]
    fn availability_follows_from_copies_and_orders() {
        assert_eq!(availability(5, false), Availability::InStock);
        assert_eq!(availability(4, true), Availability::Low);
        assert_eq!(availability(0, true), Availability::Backorder);
        assert_eq!(availability(0, false), Availability::OutOfStock);
    }
}
