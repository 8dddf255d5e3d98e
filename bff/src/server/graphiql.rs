//! GraphiQL, served from the binary: the page loads nothing from elsewhere, and its policy forbids it to.

use axum::{body::Body, extract::Path, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::media;

const PAGE: &str = include_str!("../../assets/graphiql/index.html");

/// A file of the page. Large ones are kept compressed, and sent so.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    gzipped: bool,
    bytes: &'static [u8],
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const ASSETS: [Asset; 5] = [
    Asset {
        name: "start.js",
        content_type: JAVASCRIPT,
        gzipped: false,
        bytes: include_bytes!("../../assets/graphiql/start.js"),
    },
    Asset {
        name: "react.production.min.js",
        content_type: JAVASCRIPT,
        gzipped: true,
        bytes: include_bytes!("../../assets/graphiql/react.production.min.js.gz"),
    },
    Asset {
        name: "react-dom.production.min.js",
        content_type: JAVASCRIPT,
        gzipped: true,
        bytes: include_bytes!("../../assets/graphiql/react-dom.production.min.js.gz"),
    },
    Asset {
        name: "graphiql.min.js",
        content_type: JAVASCRIPT,
        gzipped: true,
        bytes: include_bytes!("../../assets/graphiql/graphiql.min.js.gz"),
    },
    Asset {
        name: "graphiql.min.css",
        content_type: "text/css; charset=utf-8",
        gzipped: true,
        bytes: include_bytes!("../../assets/graphiql/graphiql.min.css.gz"),
    },
];

/// GraphiQL sets styles as it runs and has its fonts inside its style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; \
     font-src 'self' data:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page.
pub(super) fn page() -> Response {
    let mut response = Response::new(Body::from(PAGE));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// One file of the page.
pub(super) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return plain(StatusCode::NOT_FOUND, "there is no such file");
    };
    if asset.gzipped && !media::accepts_gzip(&headers) {
        return plain(
            StatusCode::NOT_ACCEPTABLE,
            "this file is only to be had with `accept-encoding: gzip`",
        );
    }
    let mut response = Response::new(Body::from(asset.bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    // The page names the version in its links.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if asset.gzipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
