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
pub mod graphql;
pub mod mesh;
pub mod mock;
pub mod operation;
pub mod plan;
pub mod planner;
pub mod resolver;
pub mod server;
pub mod transcoder;
pub mod units;
