//! Which pages may do what CORS does not keep from them.

use http::{HeaderMap, HeaderValue, header};

use super::{Site, config::Origin};
use crate::error::{Code, Error, Result};

/// A page of another origin may open WebSockets and event streams with the cookies of its visitor. CORS says nothing of the
/// former, and hides of the latter only what comes, not that something works for it: here is where both are refused. A client
/// without an origin is no page, or a page of this origin that reads by GET.
pub(super) fn check(site: &Site, headers: &HeaderMap) -> Result<()> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    let own = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let is_own = own.is_some_and(|(_, authority)| Some(authority.as_bytes()) == host);
    let mut allowed = site.config.cors.origins.iter();
    if is_own
        || allowed.any(|allowed| {
            matches!(allowed, Origin::Any) || *allowed == Origin::Exact(origin.clone())
        })
    {
        return Ok(());
    }
    let message = "pages of this origin may not open WebSockets and event streams; `server.cors.origins` says which may";
    Err(Error::new(Code::PermissionDenied, message))
}
