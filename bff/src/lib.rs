//! A backend-for-frontend runtime: one GraphQL endpoint over many gRPC services, in time, whatever they do.

pub mod cache;
pub mod call;
pub mod config;
pub mod context;
pub mod contract;
pub mod entity_cache;
pub mod error;
pub mod executor;
pub mod gateway;
#[doc(hidden)]
pub mod generated;
pub mod graphql;
pub mod mesh;
pub mod mock;
pub mod operation;
pub mod plan;
pub mod planner;
#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;
pub mod resolver;
pub mod server;
mod tcp;
pub mod transcoder;
pub mod units;

pub use error::{Error, Result};
pub use gateway::Gateway;
pub use resolver::{Batch, Context};

/// Foreign crates that generated Rust names, so that a program needs none of them itself.
#[doc(hidden)]
pub mod foreign {
    pub use bytes;
    pub use futures;
    pub use prost;
    pub use prost_types;
    pub use tonic;
    pub use tonic_prost;
}

/// Brings what `anabranch_codegen` made in a build script into the program: messages by package, typed clients,
/// resolver traits, and `contract()`, from which a gateway is built.
///
/// ```ignore
/// anabranch::contract!();
///
/// let gateway = Gateway::builder(contract());
/// ```
#[macro_export]
macro_rules! contract {
    () => {
        mod anabranch_generated {
            include!(concat!(env!("OUT_DIR"), "/anabranch.rs"));
        }
        #[allow(unused_imports, reason = "a program need not use all that is generated")]
        pub use anabranch_generated::*;
    };
}
