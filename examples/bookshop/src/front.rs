//! What a browser gets beside the gateway: the page, the state of the services, and orders to them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bookshop::{Running, Service, orders};
use serde::Serialize;
use tokio::sync::Mutex;
use tower_http::cors::{AllowOrigin, CorsLayer};

const PAGE: &str = include_str!("../page/index.html");

/// The shop, which the page and the keyboard share.
pub(crate) type Shop = Arc<Mutex<Running>>;

/// The page, for a browser that finds `/services` and `/orders` below this address: `http://127.0.0.1:4001`.
pub(crate) fn page(orders_at: &str) -> String {
    PAGE.replace("const ORDERS_AT = \"\"", &format!("const ORDERS_AT = \"{orders_at}\""))
}

/// `/services` says how the services are, and `/orders` takes a line as the keyboard does.
pub(crate) fn router(shop: Shop) -> Router {
    Router::new()
        .route("/services", get(services))
        .route("/orders", post(order))
        .layer(cors())
        .with_state(shop)
}

/// A page from another port of this machine may read and order; one from elsewhere may not.
fn cors() -> CorsLayer {
    let from_here = |origin: &HeaderValue, _: &Parts| {
        let origin = origin.to_str().unwrap_or_default();
        let host = origin.strip_prefix("http://").and_then(|host| host.split_once(':'));
        host.is_some_and(|(host, port)| {
            matches!(host, "127.0.0.1" | "localhost") && port.parse::<u16>().is_ok()
        })
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(from_here))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE, HeaderName::from_static("x-bookshop")])
}

/// One service as the page shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: &'static str,
    address: String,
    runs: bool,
    faulty: bool,
    latency_ms: u128,
    calls: u64,
}

async fn services(State(shop): State<Shop>) -> impl IntoResponse {
    let shop = shop.lock().await;
    let rows: Vec<Row> = shop.addresses().into_keys().map(|service| row(&shop, service)).collect();
    let text =
        serde_json::to_string(&rows).expect("rows have only names, numbers and truth values");
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], text)
}

fn row(shop: &Running, service: Service) -> Row {
    let condition = shop.faults(service).condition();
    Row {
        name: service.name(),
        address: shop.address(service).to_string(),
        runs: shop.runs(service),
        faulty: condition.fault.is_some(),
        latency_ms: condition.latency.as_millis(),
        calls: shop.calls_of(service),
    }
}

async fn order(State(shop): State<Shop>, headers: HeaderMap, line: String) -> (StatusCode, String) {
    // A page of another origin cannot send this header without asking first, and nobody here would say yes.
    if !headers.contains_key("x-bookshop") {
        return (StatusCode::FORBIDDEN, "orders carry the header x-bookshop".to_owned());
    }
    match line.parse() {
        Ok(order) => (StatusCode::OK, orders::carry_out(order, &mut *shop.lock().await).await),
        Err(wrong) => (StatusCode::BAD_REQUEST, wrong),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use bookshop::Options;
    use tokio::sync::Mutex;
    use tonic::codegen::Service as _;

    use super::{Shop, page, router};

    async fn shop() -> Shop {
        Arc::new(Mutex::new(bookshop::start(Options::for_tests()).await.unwrap()))
    }

    async fn ask(shop: &Shop, request: Request<Body>) -> (StatusCode, String) {
        let response = router(Arc::clone(shop)).call(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn order(line: &'static str) -> Request<Body> {
        Request::post("/orders").header("x-bookshop", "page").body(Body::from(line)).unwrap()
    }

    fn read(path: &str) -> Request<Body> {
        Request::get(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn an_order_changes_what_is_said_of_a_service() {
        let shop = shop().await;
        let pricing = async || {
            let (_, text) = ask(&shop, read("/services")).await;
            let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
            rows.into_iter().find(|row| row["name"] == "pricing").unwrap()
        };
        assert_eq!(pricing().await["runs"], true);
        assert_eq!(
            ask(&shop, order("stop pricing")).await,
            (StatusCode::OK, "pricing is stopped".to_owned())
        );
        assert_eq!(pricing().await["runs"], false);
        ask(&shop, order("slow pricing 300")).await;
        assert_eq!(pricing().await["latencyMs"], 300);
        assert_eq!(ask(&shop, order("paint pricing")).await.0, StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn an_order_that_any_page_could_send_is_refused() {
        let request = Request::post("/orders").body(Body::from("stop pricing")).unwrap();
        assert_eq!(ask(&shop().await, request).await.0, StatusCode::FORBIDDEN);
    }

    #[tokio::test]
    async fn only_pages_of_this_machine_may_give_orders() {
        let shop = shop().await;
        for (origin, allowed) in [
            ("http://127.0.0.1:4000", true),
            ("http://localhost:4000", true),
            ("http://example.org:4000", false),
            ("http://127.0.0.1.example.org:4000", false),
            ("http://localhost:4000.example.org", false),
        ] {
            let request = Request::options("/orders")
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "x-bookshop")
                .body(Body::empty())
                .unwrap();
            let response = router(Arc::clone(&shop)).call(request).await.unwrap();
            let answer = response.headers().get("access-control-allow-origin");
            assert_eq!(answer.is_some(), allowed, "{origin}");
        }
    }

    #[test]
    fn the_page_knows_where_orders_are_taken() {
        assert!(
            page("http://127.0.0.1:4001").contains(r#"const ORDERS_AT = "http://127.0.0.1:4001""#)
        );
    }
}
