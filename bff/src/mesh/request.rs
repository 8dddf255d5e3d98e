//! What goes out: the path, the time that is left, and what of the caller may go along.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, uri::PathAndQuery};
use tonic::{Extensions, Request, metadata::MetadataMap};

use super::{config::Settings, status, unary::framed};
use crate::{
    call::{Call, forwarded_metadata},
    error::{Code, Result},
};

/// `/bookshop.pricing.v1.Pricing/BatchGetPrices`
pub(super) fn path(call: &Call) -> Result<PathAndQuery> {
    let path = format!("/{}/{}", call.method.service, call.method.name);
    PathAndQuery::from_maybe_shared(Bytes::from(path))
        .map_err(|error| status::failure_unsent(call, Code::Unimplemented, error))
}

/// The request as tonic sends it.
pub(super) fn request(call: &Call, settings: &Settings, timeout: Duration) -> Request<Bytes> {
    let metadata = MetadataMap::from_headers(metadata(call, settings, timeout));
    Request::from_parts(metadata, Extensions::default(), call.message.clone())
}

/// The request as a connection sends it: its head and one message.
pub(super) fn http(
    call: &Call,
    settings: &Settings,
    origin: &Uri,
    timeout: Duration,
) -> Result<(http::Request<()>, Bytes)> {
    let Some(message) = framed(&call.message) else {
        let reason = "the request has more than 4 GiB";
        return Err(status::failure_unsent(call, Code::ResourceExhausted, reason));
    };
    let mut target = http::uri::Parts::default();
    target.scheme = origin.scheme().cloned();
    target.authority = origin.authority().cloned();
    target.path_and_query = Some(path(call)?);
    let mut request = http::Request::new(());
    *request.method_mut() = http::Method::POST;
    *request.version_mut() = http::Version::HTTP_2;
    *request.uri_mut() = Uri::from_parts(target)
        .map_err(|error| status::failure_unsent(call, Code::Internal, error))?;
    *request.headers_mut() = metadata(call, settings, timeout);
    let headers = request.headers_mut();
    headers.insert(http::header::TE, HeaderValue::from_static("trailers"));
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok((request, message))
}

fn metadata(call: &Call, settings: &Settings, timeout: Duration) -> HeaderMap {
    let mut headers = forwarded_metadata(&call.method, &call.context);
    for name in &settings.withhold_metadata {
        headers.remove(name.as_str());
    }
    remove_reserved(&mut headers);
    headers.insert("grpc-timeout", grpc_timeout(timeout));
    headers.insert(
        http::header::USER_AGENT,
        HeaderValue::from_static(concat!("anabranch/", env!("CARGO_PKG_VERSION"))),
    );
    headers
}

/// A contract may name any header to be forwarded; those that gRPC, HTTP/2 or the connection owns stay here.
fn remove_reserved(headers: &mut HeaderMap) {
    const OWNED: [&str; 11] = [
        "te",
        "content-type",
        "content-length",
        "host",
        "connection",
        "keep-alive",
        "upgrade",
        "transfer-encoding",
        "proxy-connection",
        "content-encoding",
        "expect",
    ];
    let owned =
        |name: &HeaderName| OWNED.contains(&name.as_str()) || name.as_str().starts_with("grpc-");
    let reserved: Vec<HeaderName> = headers.keys().filter(|name| owned(name)).cloned().collect();
    for name in reserved {
        headers.remove(name);
    }
}

/// At most eight digits and a unit, rounded down: the service must not believe that it has longer than we wait.
fn grpc_timeout(timeout: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let units =
        [("u", timeout.as_micros()), ("m", timeout.as_millis()), ("S", timeout.as_secs().into())];
    let (unit, amount) =
        units.into_iter().find(|(_, amount)| *amount <= MOST).unwrap_or(("S", MOST));
    HeaderValue::from_str(&format!("{amount}{unit}"))
        .expect("digits and a letter are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_at_most_eight_digits() {
        let text = |timeout| grpc_timeout(timeout).to_str().unwrap().to_owned();
        assert_eq!(text(Duration::from_micros(80_500)), "80500u");
        assert_eq!(text(Duration::from_secs(99)), "99000000u");
        assert_eq!(text(Duration::from_secs(3600)), "3600000m");
        assert_eq!(text(Duration::from_secs(1_000_000)), "1000000S");
        assert_eq!(text(Duration::MAX), "99999999S");
    }

    #[test]
    fn headers_that_are_not_the_callers_to_set_stay_here() {
        let mut headers = HeaderMap::new();
        for name in ["grpc-timeout", "te", "connection", "host", "accept-language"] {
            headers.insert(name, HeaderValue::from_static("x"));
        }
        remove_reserved(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept-language"]);
    }
}
