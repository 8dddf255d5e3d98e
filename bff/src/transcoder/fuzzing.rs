//! What a fuzzer runs, and the tests replay.

use super::tests::{oracle, requests, twin};

/// A reply is read as prost reads it.
pub fn reply(bytes: &[u8]) {
    oracle::agrees_with_prost(bytes);
}

/// The bytes decide of a plan and of its answers, which emission and its twin show alike.
pub fn twin(bytes: &[u8]) {
    twin::agrees(bytes);
}

/// The bytes decide of a request's fields, of what fills them, and of keys, which are encoded as the twin does it.
pub fn request(bytes: &[u8]) {
    requests::twin::agrees(bytes);
}

/// The messages of a stream, each behind its length in two bytes, are gathered to what prost reads of them.
pub fn gathered(mut bytes: &[u8]) {
    let mut messages = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (message, rest) = rest.split_at(length);
        messages.push(message.to_vec());
        bytes = rest;
    }
    oracle::gathers_as_prost_does(&messages);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn what_fuzzing_found_in_replies_is_read_as_prost_reads_it() {
        replay("reply", 40, reply);
    }

    #[test]
    fn what_fuzzing_found_in_plans_is_shown_as_the_twin_shows_it() {
        replay("twin", 40, twin);
    }

    #[test]
    fn what_fuzzing_found_in_requests_is_encoded_as_the_twin_encodes_it() {
        replay("request", 40, request);
    }

    #[test]
    fn what_fuzzing_found_in_streams_is_gathered_as_prost_reads_it() {
        replay("gathered", 40, gathered);
    }
}
