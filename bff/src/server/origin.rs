//! Which pages may do what CORS does not keep from them.

use http::{HeaderValue, header, request::Parts, uri::Authority};

use super::{Site, config::Origin};
use crate::error::{Code, Error, Result};

/// A page of another origin may open WebSockets and event streams with the cookies of its visitor. CORS says nothing of the
/// former, and hides of the latter only what comes, not that something works for it: here is where both are refused. A client
/// without an origin is no page, or a page of this origin that reads by GET.
pub(super) fn check(site: &Site, parts: &Parts) -> Result<()> {
    let Some(origin) = parts.headers.get(header::ORIGIN) else { return Ok(()) };
    let mut allowed = site.config.cors.origins.iter();
    if is_own(origin, parts)
        || allowed.any(|allowed| {
            matches!(allowed, Origin::Any) || *allowed == Origin::Exact(origin.clone())
        })
    {
        return Ok(());
    }
    let message = "pages of this origin may not open WebSockets and event streams; `server.cors.origins` says which may";
    Err(Error::new(Code::PermissionDenied, message))
}

/// Whether the page is of the host that was asked. The scheme counts for its usual port alone: whoever ends TLS in front of us
/// speaks plain HTTP with us.
fn is_own(origin: &HeaderValue, parts: &Parts) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let Some((scheme, page)) = origin else { return false };
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let read = |text: &str| text.parse::<Authority>().ok();
    // HTTP/2 has it in the target, and so has a request over HTTP/1 that came as to a proxy: then `Host` means nothing.
    let asked = parts
        .uri
        .authority()
        .cloned()
        .or_else(|| read(parts.headers.get(header::HOST)?.to_str().ok()?));
    let (Some(page), Some(asked)) = (read(page), asked) else { return false };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(usual);
    page.host().eq_ignore_ascii_case(asked.host()) && port(&page) == port(&asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, host: &str, origin: &'static str, own: bool) {
        let request = http::Request::get(target).header(header::HOST, host).body(()).unwrap();
        let found = is_own(&HeaderValue::from_static(origin), &request.into_parts().0);
        assert_eq!(found, own, "{target} {host} {origin}");
    }

    #[test]
    fn a_page_is_of_the_host_that_was_asked_whether_its_port_is_said_or_not() {
        for (host, origin, own) in [
            ("shop.example", "https://shop.example", true),
            ("shop.example", "http://shop.example", true),
            ("shop.example:443", "https://shop.example", true),
            ("shop.example:80", "http://shop.example", true),
            ("Shop.Example", "https://shop.example:443", true),
            ("[::1]:4000", "http://[::1]:4000", true),
            ("shop.example:443", "http://shop.example", false),
            ("shop.example:8443", "https://shop.example", false),
            ("shop.example", "https://shop.example:8443", false),
            ("shop.example", "https://evil.example", false),
            ("shop.example", "null", false),
            ("shop.example", "file://shop.example", false),
            ("", "https://", false),
        ] {
            check("/graphql", host, origin, own);
        }
    }

    #[test]
    fn what_the_target_says_goes_before_the_host_header() {
        check("http://shop.example/graphql", "", "https://shop.example", true);
        check("http://shop.example/graphql", "evil.example", "https://evil.example", false);
    }
}
