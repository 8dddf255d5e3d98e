//! What a fuzzer runs, and the tests replay.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::{Code, Status};

use super::{
    guard::{self, Messages},
    unary::{Message, outcome},
};

const MAX_SIZE: u64 = 64;

/// The body of a response is read alike however it is cut, and its trailers do no harm. The first byte says how many bytes
/// behind it are the lengths of pieces; what stands behind an empty line are trailers.
pub fn frames(bytes: &[u8]) {
    let Some((count, rest)) = bytes.split_first() else { return };
    let (lengths, rest) = rest.split_at(rest.len().min(usize::from(count % 8)));
    let end = rest.windows(2).position(|pair| pair == b"\n\n");
    let (body, trailers) = rest.split_at(end.unwrap_or(rest.len()));
    let (mut pieces, mut behind) = (Vec::new(), body);
    for length in lengths {
        let (piece, rest) = behind.split_at(behind.len().min(usize::from(*length)));
        pieces.push(piece);
        behind = rest;
    }
    pieces.push(behind);

    let code = |status: Status| status.code();
    assert_eq!(one(&pieces).map_err(code), obvious(body), "{pieces:?}");
    let follow = |pieces: &[&[u8]]| {
        let mut messages = Messages::new(MAX_SIZE);
        pieces.iter().try_for_each(|piece| messages.follow(piece)).map_err(code)
    };
    assert_eq!(follow(&pieces), follow(&[body]), "{pieces:?}");
    let mut trailers = headers(trailers);
    guard::forget_details(&mut trailers);
    drop(outcome(&trailers));
}

/// The only message of a body in pieces.
fn one(pieces: &[&[u8]]) -> Result<Bytes, Status> {
    let mut message = Message::new(MAX_SIZE);
    for piece in pieces {
        message.take(Bytes::copy_from_slice(piece))?;
    }
    message.whole()
}

/// The same of the whole body.
fn obvious(body: &[u8]) -> Result<Bytes, Code> {
    let [flag, a, b, c, d, message @ ..] = body else { return Err(Code::Internal) };
    let length = u32::from_be_bytes([*a, *b, *c, *d]);
    match flag {
        0 if u64::from(length) > MAX_SIZE => Err(Code::ResourceExhausted),
        0 if message.len() == length as usize => Ok(Bytes::copy_from_slice(message)),
        _ => Err(Code::Internal),
    }
}

/// Lines of `name: value`; others are left out.
pub(crate) fn headers(text: &[u8]) -> HeaderMap {
    let pairs = text.split(|byte| *byte == b'\n').filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn what_fuzzing_found_in_responses_is_read_alike_however_it_is_cut() {
        replay("frames", 40, frames);
    }
}
