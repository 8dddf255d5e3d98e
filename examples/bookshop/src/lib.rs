//! Seven gRPC services of a bookshop and the gateway in front of them: as an example, for demonstrations and for tests.
//!
//! [`start`] runs all of them in this process. What it returns says where they listen, stops and starts them, makes them
//! slow or faulty while they run, and tells which calls have come.
//!
//! ```
//! # async fn example() -> Result<(), bookshop::StartError> {
//! use bookshop::{Fault, Options, Service};
//!
//! let shop = bookshop::start(Options::for_tests()).await?;
//! let reviews = shop.address(Service::Reviews);
//! shop.faults(Service::Reviews).fail(Fault::StallAfterHeaders);
//! // … ask a gateway that knows `reviews` …
//! assert_eq!(shop.seen("bookshop.reviews.v1.Reviews/ListByBooks").started, 0);
//! shop.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod calls;
mod faults;
mod gateway;
mod library;
mod options;
pub mod orders;
mod running;
mod seed;
mod services;

pub use calls::Seen;
pub use faults::{Condition, Fault, Faults};
pub use gateway::gateway;
pub use generated::bookshop as proto;
pub use library::LibraryError;
pub use options::{Options, Service};
pub use running::{Running, StartError, start};
pub use services::reviews::StoreError;

/// Messages, clients and server stubs of `proto/bookshop`.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_lifetimes,
    clippy::all,
    clippy::restriction,
    clippy::pedantic,
    reason = "generated"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/bookshop.rs"));
}
