//! Which values may turn out not to fit, though GraphQL takes them.

use super::{Encoder, Encoders, Kind};
use crate::contract::{Cardinality, Format, Scalar};

impl Encoders {
    /// Whether a value that is one of the built-in types of GraphQL, an enum's, or an object of such, may not fit.
    pub(in crate::transcoder::request) fn may_refuse(&self, encoder: &Encoder) -> bool {
        self.may_refuse_in(encoder, &mut vec![false; self.objects.len()])
    }

    fn may_refuse_in(&self, encoder: &Encoder, seen: &mut [bool]) -> bool {
        if encoder.cardinality == Cardinality::Map {
            return true;
        }
        match encoder.kind {
            Kind::Leaf { scalar, format, .. } => !takes_all(scalar, format),
            Kind::Object(position) if std::mem::replace(&mut seen[position], true) => false,
            Kind::Object(position) => self.objects[position].values().any(|field| {
                field.route.goes_through_a_oneof() || self.may_refuse_in(&field.encoder, seen)
            }),
        }
    }
}

/// An Int fits into all signed integers, and each type into its own.
fn takes_all(scalar: Scalar, format: Format) -> bool {
    match scalar {
        Scalar::String | Scalar::Bytes => format == Format::String,
        Scalar::Int32
        | Scalar::Int64
        | Scalar::Sint32
        | Scalar::Sint64
        | Scalar::Sfixed32
        | Scalar::Sfixed64 => format == Format::Int,
        Scalar::Bool | Scalar::Double => true,
        Scalar::Enum => format == Format::Enum,
        _ => false,
    }
}
