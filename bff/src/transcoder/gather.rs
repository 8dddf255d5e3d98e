//! The messages of a stream, put together to the response that a list is read from.

use bytes::Bytes;

use super::{
    scalar::wire_type,
    wire::{Fields, LEN, Malformed, Payload, inside, put_fixed, put_len, put_tag, tag_of},
};
use crate::{
    contract::{Gather, GatherItem, Scalar},
    error::{Code, Error, Result},
};

/// The field of a synthetic response that repeats the items.
pub(super) const ITEMS: u32 = 1;

/// Adds the next message of a stream to the response.
///
/// # Errors
///
/// [`Code::DataLoss`] where it is not a message.
pub fn gather(how: &Gather, message: &[u8], response: &mut Vec<u8>) -> Result<()> {
    let added = match &how.item {
        Some(item) => add_item(item, message, response),
        // What is repeated in both goes on: that is what protobuf says of two messages one behind the other.
        None => readable(message).map(|()| response.extend_from_slice(message)),
    };
    added.map_err(|Malformed| unreadable())
}

/// The part of a gathered message in which a list stands: what singular messages lead to.
///
/// # Errors
///
/// [`Code::DataLoss`] where it is not a message.
pub fn list_within(path: &[u32], message: &Bytes) -> Result<Bytes> {
    let deeper = |part: Bytes, number: &u32| match inside(&part, *number) {
        Ok(inner) => Ok(inner.unwrap_or_default().into()),
        Err(Malformed) => Err(unreadable()),
    };
    path.iter().try_fold(message.clone(), deeper)
}

/// How many messages a list has.
///
/// # Errors
///
/// [`Code::DataLoss`] where what it stands in is not a message.
pub fn count_items(number: u32, part: &[u8]) -> Result<u32> {
    let mut fields = Fields::of(part);
    let mut items = 0;
    while let Some(field) = fields.next().map_err(|Malformed| unreadable())? {
        items += u32::from(field.tag == tag_of(number, LEN));
    }
    Ok(items)
}

fn unreadable() -> Error {
    Error::new(Code::DataLoss, "the reply could not be read")
}

/// A message that ends too early would take the beginning of the next one for its own.
fn readable(message: &[u8]) -> Result<(), Malformed> {
    let mut fields = Fields::of(message);
    while fields.next()?.is_some() {}
    Ok(())
}

fn add_item(item: &GatherItem, message: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let Some((last, path)) = item.path.split_last() else {
        readable(message)?;
        put_len(out, ITEMS, message);
        return Ok(());
    };
    let mut within = None;
    for number in path {
        let Some(inner) = inside(within.as_deref().unwrap_or(message), *number)? else {
            return Ok(());
        };
        within = Some(inner);
    }
    let message = within.as_deref().unwrap_or(message);
    match item.scalar() {
        // Its parts, if it came in several, are one.
        Scalar::Message => {
            if let Some(value) = inside(message, *last)? {
                put_len(out, ITEMS, &value);
            }
        }
        scalar => add_scalar(scalar, item.presence, last_value(message, *last, scalar)?, out),
    }
    Ok(())
}

fn last_value(
    message: &[u8],
    number: u32,
    scalar: Scalar,
) -> Result<Option<Payload<'_>>, Malformed> {
    let tag = tag_of(number, wire_type(scalar));
    let mut last = None;
    let mut fields = Fields::of(message);
    while let Some(field) = fields.next()? {
        if field.tag == tag {
            last = Some(field.payload);
        }
    }
    Ok(last)
}

fn add_scalar(scalar: Scalar, presence: bool, value: Option<Payload<'_>>, out: &mut Vec<u8>) {
    let wire_type = wire_type(scalar);
    match value {
        Some(Payload::Bytes(bytes)) => put_len(out, ITEMS, bytes),
        Some(Payload::Number(raw)) => {
            put_tag(out, ITEMS, wire_type);
            put_fixed(out, wire_type, raw);
        }
        _ if presence => {}
        // A zero of any number is one byte, or as many as a fixed one has; of text and bytes it is the length.
        _ => {
            put_tag(out, ITEMS, wire_type);
            put_fixed(out, wire_type, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(item: Option<(&[u32], Scalar, bool)>, messages: &[&[u8]], expected: &[u8]) {
        let item = item.map(|(path, scalar, presence)| GatherItem {
            path: path.into(),
            scalar: scalar as i32,
            presence,
        });
        let how = Gather { item };
        let mut response = Vec::new();
        for message in messages {
            gather(&how, message, &mut response).unwrap();
        }
        assert_eq!(response, expected);
    }

    #[test]
    fn what_messages_repeat_goes_on_from_one_to_the_next() {
        check(
            None,
            &[&[0x0a, 1, 7, 0x0a, 0], &[], &[0x0a, 1, 9]],
            &[0x0a, 1, 7, 0x0a, 0, 0x0a, 1, 9],
        );
    }

    #[test]
    fn a_message_is_an_item_even_if_it_is_empty() {
        let whole = Some((&[][..], Scalar::Message, true));
        check(whole, &[&[8, 5], &[], &[8, 6]], &[0x0a, 2, 8, 5, 0x0a, 0, 0x0a, 2, 8, 6]);
    }

    #[test]
    fn a_message_inside_is_an_item_where_it_is_there() {
        let inside = Some((&[2][..], Scalar::Message, true));
        // The last one comes in two parts, which are one message.
        let messages: &[&[u8]] = &[&[8, 1, 0x12, 1, 7], &[8, 1], &[0x12, 1, 8, 0x12, 1, 9]];
        check(inside, messages, &[0x0a, 1, 7, 0x0a, 2, 8, 9]);
        let deeper = Some((&[2, 3][..], Scalar::Message, true));
        check(deeper, &[&[0x12, 3, 0x1a, 1, 7], &[0x12, 0], &[8, 1]], &[0x0a, 1, 7]);
    }

    #[test]
    fn of_a_scalar_the_last_one_is_the_item() {
        check(Some((&[1], Scalar::Int32, true)), &[&[8, 5, 8, 6], &[], &[8, 7]], &[8, 6, 8, 7]);
        check(Some((&[1], Scalar::String, true)), &[&[8, 5, 0x0a, 1, 65]], &[0x0a, 1, 65]);
    }

    #[test]
    fn a_scalar_without_presence_is_its_zero_value_where_its_message_is_there() {
        check(Some((&[1], Scalar::Int32, false)), &[&[], &[8, 7]], &[8, 0, 8, 7]);
        check(Some((&[1], Scalar::String, false)), &[&[]], &[0x0a, 0]);
        check(Some((&[1], Scalar::Float, false)), &[&[]], &[0x0d, 0, 0, 0, 0]);
        check(Some((&[1], Scalar::Double, false)), &[&[]], &[9, 0, 0, 0, 0, 0, 0, 0, 0]);
        check(Some((&[2, 1], Scalar::Int32, false)), &[&[], &[0x12, 0]], &[8, 0]);
    }

    #[test]
    fn a_message_that_ends_too_early_takes_nothing_of_the_next_one() {
        let paths: [Option<&[u32]>; 3] = [None, Some(&[]), Some(&[1])];
        for path in paths {
            let item = |path: &[u32]| GatherItem {
                path: path.into(),
                scalar: Scalar::Message as i32,
                presence: true,
            };
            let how = Gather { item: path.map(item) };
            let failed = gather(&how, &[0x0a, 2, 8], &mut Vec::new());
            assert_eq!(failed.unwrap_err().code(), Code::DataLoss);
        }
    }
}
