//! What a fuzzer runs, and the tests replay.

use serde_json::Value;

use tokio::time::Instant;

use super::{
    caller::{self, Mocking},
    config::Config,
    media::{self, Media},
    parameters as reader, websocket,
};
use crate::{mesh::fuzzing::headers as read_headers, mock::Scenario};

/// Parameters are read alike by serde's own tree, from a body and from a query string.
pub fn parameters(bytes: &[u8]) {
    // What nobody looks at may be no value of a tree: a number that no double holds, half of a pair of surrogates.
    if let Ok(read) = reader::from_body(bytes)
        && let Ok(tree) = serde_json::from_slice::<Value>(bytes)
    {
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

/// Headers, one a line, say what of the offered a client takes, how long it waits and who it is; or are refused.
pub fn headers(bytes: &[u8]) {
    let headers = read_headers(bytes);
    let offered = [Media::GraphQl, Media::Json, Media::Html, Media::EventStream, Media::Multipart];
    for count in 0..=offered.len() {
        let offered = &offered[..count];
        if let Some(media) = media::negotiate(&headers, offered) {
            // Who says nothing of what it takes gets JSON.
            assert!(offered.contains(&media) || media == Media::Json, "{media:?}");
        }
    }
    let in_parts = media::incremental(&headers).is_some() || media::subscribing(&headers).is_some();
    assert!(!in_parts || headers.contains_key("accept"));
    let _ = media::check_json(&headers);
    media::accepts_gzip(&headers);
    drop(Scenario::from_headers(&headers));
    let (config, now) = (Config::default(), Instant::now());
    if let Ok(context) = caller::context(&config, &Mocking::Ignored, headers, now) {
        assert!(context.deadline <= now + config.max_timeout.0);
        assert!(caller::OURS.iter().all(|name| !context.headers.contains_key(name)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn what_fuzzing_found_in_requests_does_no_harm() {
        replay("parameters", 40, parameters);
        replay("websocket", 40, websocket);
        replay("headers", 40, headers);
    }
}
