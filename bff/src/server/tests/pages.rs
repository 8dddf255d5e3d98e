//! What browsers get: GraphiQL, pages of the embedding program, and answers to other origins.

use super::*;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn a_browser_gets_graphiql_and_everything_it_loads() {
    let server = Running::start().await;
    let page = server.get(BROWSER, "/graphql?query=%7Ba%7D").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let links = page.text().split('"').filter(|part| part.starts_with("graphiql/"));
    let links: Vec<_> = links.collect();
    assert_eq!(links.len(), 5);
    for link in links {
        let asset = server.get("*/*", &format!("/{link}")).await;
        assert_eq!(asset.status, 200, "{link}");
        assert!(asset.header("cache-control").contains("immutable"));
        let wanted = if link.contains("start.js") { "" } else { "gzip" };
        assert_eq!(asset.header("content-encoding"), wanted);
        assert_eq!(asset.body.starts_with(&[0x1f, 0x8b]), wanted == "gzip");
    }
}

#[tokio::test]
async fn the_page_and_its_script_name_no_other_host() {
    let server = Running::start().await;
    for path in ["/graphql", "/graphiql/start.js"] {
        let file = server.get(BROWSER, path).await;
        assert!(!file.text().contains("//cdn") && !file.text().contains("https:"), "{path}");
    }
}

#[tokio::test]
async fn a_client_that_refuses_gzip_is_told_so() {
    let server = Running::start().await;
    let request =
        http::Request::get("/graphiql/graphiql.min.js").header("accept-encoding", "identity");
    assert_eq!(server.ask(request.body(full("")).unwrap()).await.status, 406);
    assert_eq!(server.get("*/*", "/graphiql/other.js").await.status, 404);
}

#[tokio::test]
async fn without_graphiql_a_browser_is_a_client_as_others() {
    let server = Running::start_with(|config| config.graphiql = false, Vec::new()).await;
    let answer = server.get(BROWSER, "/graphql?query=%7Ba%7D").await;
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(server.get("*/*", "/graphiql/start.js").await.status, 404);
}

#[tokio::test]
async fn a_program_may_have_pages_of_its_own() {
    let page = Page {
        path: "/".to_owned(),
        content_type: HeaderValue::from_static("text/html; charset=utf-8"),
        bytes: Bytes::from_static(b"<p>shop"),
    };
    let server = Running::start_with(|_| {}, vec![page]).await;
    let answer = server.get(BROWSER, "/").await;
    assert_eq!((answer.status, answer.text()), (200, "<p>shop"));
    assert_eq!(server.get(BROWSER, "/elsewhere").await.status, 404);
}

async fn preflight(server: &Running, origin: &str) -> Answer {
    let request = http::Request::options("/graphql")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    server.ask(request.body(full("")).unwrap()).await
}

#[tokio::test]
async fn no_page_of_another_origin_may_ask_by_default() {
    let server = Running::start().await;
    assert_eq!(
        preflight(&server, "https://evil.example").await.header("access-control-allow-origin"),
        ""
    );
}

#[tokio::test]
async fn pages_of_configured_origins_may_ask() {
    let server = Running::start_with(
        |config| {
            let origin = HeaderValue::from_static("https://shop.example");
            config.cors.origins = vec![Origin::Exact(origin)];
            config.cors.credentials = true;
        },
        Vec::new(),
    )
    .await;
    let answer = preflight(&server, "https://shop.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(answer.header("access-control-allow-headers"), "content-type");
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let answer = preflight(&server, "https://evil.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn all_origins_may_ask_but_without_credentials() {
    let server = Running::start_with(
        |config| {
            config.cors.origins = vec![Origin::Any];
            config.cors.credentials = true;
        },
        Vec::new(),
    )
    .await;
    let answer = preflight(&server, "https://any.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}
