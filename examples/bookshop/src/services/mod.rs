//! The seven services, each in a file of its own.

mod accounts;
mod catalog;
mod inventory;
mod pricing;
mod promotions;
mod recommendations;
pub(crate) mod reviews;

use std::collections::HashSet;
use std::sync::Arc;

use prost_types::Timestamp;
use tonic::Status;
use tonic::service::Routes;

use crate::library::Library;
use crate::options::{Options, Service};
use accounts::Readers;
use catalog::Shelves;
use inventory::Warehouses;
use pricing::PriceList;
use promotions::Offers;
use recommendations::Bookseller;
use reviews::{ReviewDesk, StoreError};

/// What answers the calls of a service.
pub(crate) fn routes(
    service: Service,
    library: &Arc<Library>,
    options: &Options,
) -> Result<Routes, StoreError> {
    let library = Arc::clone(library);
    let seed = options.seed;
    Ok(match service {
        Service::Catalog => Routes::new(Shelves::new(library).server()),
        Service::Pricing => Routes::new(PriceList::new(library, seed, options.clock).server()),
        Service::Inventory => Routes::new(Warehouses::new(library, seed, options.clock).server()),
        Service::Reviews => Routes::new(ReviewDesk::open(&library, options)?.server()),
        Service::Accounts => Routes::new(Readers::new(seed).server()),
        Service::Promotions => Routes::new(Offers::new(library, seed, options.clock).server()),
        Service::Recommendations => Routes::new(Bookseller::new(library).server()),
    })
}

/// The keys of a batch, each once and in their order; INVALID_ARGUMENT when there are more than `max`.
fn keys(keys: Vec<String>, max: usize) -> Result<Vec<String>, Status> {
    if keys.len() > max {
        return Err(Status::invalid_argument(format!(
            "{} keys in one call; at most {max} are taken",
            keys.len()
        )));
    }
    let mut seen = HashSet::new();
    Ok(keys.into_iter().filter(|key| seen.insert(key.clone())).collect())
}

/// A page size as AIP-158 reads it; INVALID_ARGUMENT when it is negative.
fn page_size(asked: i32, default: usize, max: usize) -> Result<usize, Status> {
    match usize::try_from(asked) {
        Ok(0) => Ok(default),
        Ok(asked) => Ok(asked.min(max)),
        Err(_) => Err(Status::invalid_argument("a page size cannot be negative")),
    }
}

/// The end of the day, so many days from now.
fn end_of_day(now: std::time::SystemTime, days: i64) -> Timestamp {
    const DAY: i64 = 86_400;
    let today = Timestamp::from(now).seconds.div_euclid(DAY);
    Timestamp { seconds: (today + days + 1) * DAY, nanos: 0 }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{end_of_day, keys, page_size};

    #[test]
    fn a_key_that_comes_twice_is_asked_once() {
        let given = ["2", "1", "2"].map(str::to_owned).to_vec();
        assert_eq!(keys(given.clone(), 3).unwrap(), ["2", "1"]);
        assert_eq!(keys(given, 2).unwrap_err().code(), tonic::Code::InvalidArgument);
    }

    #[test]
    fn page_sizes_have_a_default_and_a_limit() {
        assert_eq!(page_size(0, 20, 100).unwrap(), 20);
        assert_eq!(page_size(7, 20, 100).unwrap(), 7);
        assert_eq!(page_size(700, 20, 100).unwrap(), 100);
        assert_eq!(page_size(-1, 20, 100).unwrap_err().code(), tonic::Code::InvalidArgument);
    }

    #[test]
    fn a_day_ends_at_midnight() {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * 10 + 43_200);
        assert_eq!(end_of_day(noon, 0).seconds, 86_400 * 11);
        assert_eq!(end_of_day(noon, 2).seconds, 86_400 * 13);
    }
}
