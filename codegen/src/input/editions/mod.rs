//! Files of an edition: read as proto2, the nearest of what the compiler of protos knows, and then given what their features
//! say (<https://protobuf.dev/editions/features/>).

mod descriptor;
mod features;
mod refused;
mod text;
mod tokens;

pub(super) use features::{Lowered, lower};
pub(super) use refused::{ClosedEnums, Refused, closed_enums, refused};
pub(super) use text::{AsProto2, Inserted, as_proto2, is_proto3};

/// What a file of protos is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Proto2,
    Proto3,
    Edition(Edition),
}

/// An edition whose features we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
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
