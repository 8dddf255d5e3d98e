//! Files of an edition: read as proto2, the nearest of what the compiler of protos knows, and then given what their features
//! say (<https://protobuf.dev/editions/features/>).

mod features;
mod text;

pub(super) use features::{Lowered, lower};
pub(super) use text::{AsProto2, Inserted, as_proto2};

/// An edition whose features we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edition {
    Of2023,
    Of2024,
}

impl Edition {
    /// As a file names it.
    pub(super) fn named(name: &str) -> Option<Edition> {
        match name {
            "2023" => Some(Edition::Of2023),
            "2024" => Some(Edition::Of2024),
            _ => None,
        }
    }

    /// As `google.protobuf.Edition` numbers it.
    pub(super) fn numbered(number: i32) -> Option<Edition> {
        match number {
            1000 => Some(Edition::Of2023),
            1001 => Some(Edition::Of2024),
            _ => None,
        }
    }
}
