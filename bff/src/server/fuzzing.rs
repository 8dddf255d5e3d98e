//! What a fuzzer runs, and the tests replay.

use serde_json::Value;

use super::{parameters as reader, websocket};

/// Parameters are read alike by serde's own tree, from a body and from a query string.
pub fn parameters(bytes: &[u8]) {
    if let Ok(read) = reader::from_body(bytes) {
        let tree: Value = serde_json::from_slice(bytes).expect("what was read is JSON");
        assert_eq!(tree["query"].as_str(), Some(&*read.query));
        assert_eq!(tree["operationName"].as_str(), read.operation_name.as_deref());
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(read) = reader::from_query_string(text)
    {
        let variables = read.variables.as_ref().map_or("{}", |raw| raw.get());
        assert!(variables.starts_with('{'), "{variables}");
    }
}

/// A message of a WebSocket is read or refused.
pub fn websocket(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        websocket::read(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcoder::fuzzing::replay;

    #[test]
    fn what_fuzzing_found_in_requests_does_no_harm() {
        replay("parameters", parameters);
        replay("websocket", websocket);
    }
}
