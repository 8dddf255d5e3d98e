//! The sentences of the GraphQL-over-HTTP specification, one test each.

use super::*;

const NEW: &str = "application/graphql-response+json";
const OLD: &str = "application/json";
const FINE: &str = r#"{"query":"{a}"}"#;

/// A request in each of both media types, and the status that it gets.
async fn check(document: &str, new: u16, old: u16) {
    let server = Running::start().await;
    let body = serde_json::json!({ "query": document }).to_string();
    for (accept, status) in [(NEW, new), (OLD, old)] {
        let answer = server.post(accept, &body).await;
        assert_eq!(answer.status, status, "{document} for {accept}");
        assert_eq!(answer.header("content-type"), format!("{accept}; charset=utf-8"));
        assert!(answer.text().starts_with('{'));
    }
}

/// A body that is no GraphQL-over-HTTP request gets this status in both media types, and an error with this code.
async fn check_refused(body: &str, status: u16, code: &str) {
    let server = Running::start().await;
    for accept in [NEW, OLD] {
        let answer = server.post(accept, body).await;
        assert_eq!(answer.status, status, "{body}");
        let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(value["errors"][0]["extensions"]["code"], code);
        assert_eq!(value.get("data"), None);
    }
}

/// "A server MUST accept POST requests."
#[tokio::test]
async fn post_is_accepted() {
    let server = Running::start().await;
    let body = r#"{"query":"query P{a} query Q($x:String){echo(text:$x)}","operationName":"Q",
        "variables":{"x":"hi"},"extensions":{}}"#;
    let answer = server.post(NEW, body).await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"data":{"echo":"hi"}}"#));
    let mutation = server.post(NEW, r#"{"query":"mutation{a}"}"#).await;
    assert_eq!((mutation.status, mutation.text()), (200, r#"{"data":{"a":"ü"}}"#));
}

/// "… and MAY accept other HTTP methods, such as GET."
#[tokio::test]
async fn get_is_accepted() {
    let server = Running::start().await;
    let query =
        "query=query+P%7Ba%7D+query+Q(%24x%3AString)%7Becho(text%3A%24x)%7D&operationName=Q";
    let path = format!("/graphql?{query}&variables=%7B%22x%22%3A%22hi%22%7D");
    let answer = server.get(NEW, &path).await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"data":{"echo":"hi"}}"#));
}

/// "GET requests MUST NOT be used for executing mutation operations … the server MUST respond with … status code 405"
#[tokio::test]
async fn a_mutation_by_get_is_not_allowed_and_the_allow_header_says_how() {
    let server = Running::start().await;
    for accept in [NEW, OLD] {
        let answer = server.get(accept, "/graphql?query=mutation%7Ba%7D").await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    }
}

/// "If the request uses an unsupported HTTP method, status code 405 SHOULD be used", and RFC 9110 asks for `Allow`.
#[tokio::test]
async fn other_methods_are_not_allowed() {
    let server = Running::start().await;
    for method in ["PUT", "DELETE", "PATCH"] {
        let request = post().method(method).header("accept", NEW).body(full(FINE)).unwrap();
        let answer = server.ask(request).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "GET, HEAD, POST, PUT, DELETE, OPTIONS")
        );
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Running::start().await;
    let request = http::Request::head("/graphql?query=%7Ba%7D").header("accept", NEW);
    let answer = server.ask(request.body(full("")).unwrap()).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-type"), "application/graphql-response+json; charset=utf-8");
}

/// "If the media type in a Content-Type or Accept header does not include encoding information … utf-8 MUST be assumed"
#[tokio::test]
async fn requests_and_answers_are_utf_8() {
    let server = Running::start().await;
    let body = r#"{"query":"{echo(text:\"🏃\")}"}"#;
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
    ] {
        let request = http::Request::post("/graphql").header("content-type", content_type);
        let answer = server.ask(request.body(full(body)).unwrap()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text(), r#"{"data":{"echo":"🏃"}}"#);
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    }
}

/// "If the client does not supply a Content-Type header with a POST request, the server SHOULD reject the request", and "if
/// the Content-Type of the request is not supported, status code 415 SHOULD be used".
#[tokio::test]
async fn a_body_that_is_not_said_to_be_json_is_refused() {
    let server = Running::start().await;
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/json; charset=utf-16"),
    ] {
        let mut request = http::Request::post("/graphql");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = server.ask(request.body(full(FINE)).unwrap()).await;
        assert_eq!((answer.status, answer.header("accept-post")), (415, "application/json"));
    }
    for (name, value, status) in [
        ("content-encoding", "gzip", 415),
        ("content-encoding", "identity", 200),
        ("content-encoding", "", 200),
        // Of two that differ nobody knows which one others have read.
        ("content-type", "text/plain", 415),
    ] {
        let request = post().header(name, value).body(full(FINE)).unwrap();
        let answer = server.ask(request).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        assert_eq!(answer.header("accept-encoding") == "identity", status == 415);
    }
    let twice = post().header("content-encoding", "identity").header("content-encoding", "gzip");
    assert_eq!(server.ask(twice.body(full(FINE)).unwrap()).await.status, 415);
}

/// "Servers receiving a request with additional properties MUST ignore properties they do not understand."
#[tokio::test]
async fn other_properties_are_ignored() {
    let server = Running::start().await;
    assert_eq!(server.post(NEW, r#"{"query":"{a}","more":[1]}"#).await.status, 200);
}

/// "Specifying null for optional request parameters is equivalent to not specifying them at all."
#[tokio::test]
async fn null_is_the_same_as_absent() {
    let server = Running::start().await;
    let body = r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#;
    assert_eq!(server.post(NEW, body).await.text(), r#"{"data":{"a":"ü"}}"#);
}

/// "… attempt to encode the response in the highest priority media type listed that is supported by the server"
#[tokio::test]
async fn the_accept_header_is_respected() {
    let server = Running::start().await;
    for (accept, media) in [
        ("application/graphql-response+json, application/json;q=0.9", NEW),
        ("application/graphql-response+json;q=0.1, application/json", OLD),
        ("*/*", OLD),
        ("application/json; charset=utf-8", OLD),
    ] {
        let answer = server.post(accept, FINE).await;
        assert_eq!(answer.header("content-type"), format!("{media}; charset=utf-8"));
        assert!(answer.header("vary").contains("accept"));
    }
    let silent = post().body(full(FINE)).unwrap();
    assert_eq!(server.ask(silent).await.header("content-type"), format!("{OLD}; charset=utf-8"));
}

/// "… when no supported media type is acceptable … respond with a 406 Not Acceptable status code and stop processing"
#[tokio::test]
async fn a_client_that_accepts_nothing_of_ours_is_told_so() {
    let server = Running::start().await;
    for accept in ["text/plain", "application/json;q=0", "image/*"] {
        assert_eq!(server.post(accept, FINE).await.status, 406);
    }
    assert!(!server.service.was_called());
}

/// "If the GraphQL response contains the data entry and it is not null, then the server MUST reply with a 2xx status code."
#[tokio::test]
async fn data_is_a_success() {
    check("{a}", 200, 200).await;
    check("{a fail}", 200, 200).await;
}

/// Executed, and everything of it null: still no fault of the request.
#[tokio::test]
async fn data_that_is_null_is_a_success() {
    check("{strict}", 200, 200).await;
}

/// "If the GraphQL document in the request cannot be parsed, status code 400 SHOULD be used."
#[tokio::test]
async fn a_document_that_is_not_graphql() {
    check("{", 400, 200).await;
}

/// "If the GraphQL response does not contain the data entry then the server MUST reply with an appropriate 4xx or 5xx"
#[tokio::test]
async fn a_document_that_does_not_fit_the_schema() {
    check("{unknown}", 400, 200).await;
    let aliases: String = (0..300).map(|index| format!("a{index}:a ")).collect();
    check(&format!("{{{aliases}}}"), 400, 200).await;
}

/// The same sentence, for variables.
#[tokio::test]
async fn variables_that_do_not_fit_their_types() {
    check("query($x:String!){echo(text:$x)}", 400, 200).await;
}

/// The same sentence, for "the operation to execute cannot be unambiguously determined".
#[tokio::test]
async fn an_operation_that_is_not_one() {
    check("query A{a} query B{a}", 400, 200).await;
}

/// "When the server is the reason for failure, the appropriate 5xx status code should be used."
#[test]
fn a_fault_of_ours_is_told_in_both_media_types() {
    for media in [media::Media::GraphQl, media::Media::Json] {
        let response = answer::graphql(media, Some(Code::Internal), Bytes::new());
        assert_eq!(response.status(), 500);
    }
}

/// "If the JSON body of the request could not be parsed, status code 400 SHOULD be used."
#[tokio::test]
async fn a_body_that_is_not_json() {
    check_refused("NONSENSE", 400, "BAD_REQUEST").await;
    check_refused(r#"{"query":"#, 400, "BAD_REQUEST").await;
    check_refused("", 400, "BAD_REQUEST").await;
}

/// "… of the wrong type, or that omits required parameters, is not a well-formed GraphQL-over-HTTP request."
#[tokio::test]
async fn a_body_that_is_not_a_graphql_request() {
    for body in [
        "{}",
        r#"{"qeury":"{a}"}"#,
        r#"{"query":{}}"#,
        r#"{"query":"{a}","variables":[7]}"#,
        r#"{"query":"{a}","operationName":7}"#,
        r#"{"query":"{a}","extensions":"x"}"#,
        r#"{"query":"{a}","query":"{b}"}"#,
        r#"[{"query":"{a}"}]"#,
    ] {
        check_refused(body, 400, "BAD_REQUEST").await;
    }
}

#[tokio::test]
async fn a_get_without_a_query_is_not_a_graphql_request() {
    let server = Running::start().await;
    assert_eq!(server.get(NEW, "/graphql").await.status, 400);
    assert_eq!(server.get(OLD, "/graphql?query=%7Ba%7D&variables=7").await.status, 400);
}

/// "If the size of the POST request body was too large, status code 413 SHOULD be used."
#[tokio::test]
async fn a_body_that_is_too_large() {
    let server =
        Running::start_with(|config| config.max_body_size = crate::units::ByteSize(20), Vec::new())
            .await;
    assert_eq!(server.post(NEW, FINE).await.status, 200);
    let large = r#"{"query":"{a}","x":"0123456789"}"#;
    assert_eq!(server.post(NEW, large).await.status, 413);
    // Without a length in advance it is noticed while the body comes.
    let chunked =
        http_body_util::StreamBody::new(futures::stream::iter(large.as_bytes().chunks(8).map(
            |chunk| Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from_static(chunk))),
        )));
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = post().header("accept", NEW).body(chunked).unwrap();
    let response = timeout(PATIENCE, sender.send_request(request)).await.unwrap().unwrap();
    assert_eq!(response.status(), 413);
}

/// Nothing in a request is trusted to be short: neither is its way here.
#[tokio::test]
async fn a_timeout_that_is_not_one_is_refused() {
    let server = Running::start().await;
    let request = post().header("x-request-timeout", "soon").body(full(FINE)).unwrap();
    let answer = server.ask(request).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("`500ms`"), "{}", answer.text());
}

#[tokio::test]
async fn every_call_is_told_the_deadline() {
    let server = Running::start().await;
    let before = tokio::time::Instant::now();
    let request = post().header("x-request-timeout", "70ms").body(full(FINE)).unwrap();
    server.ask(request).await;
    let deadline = server.service.last().context.deadline;
    assert!(deadline >= before + Duration::from_millis(70));
    assert!(deadline <= tokio::time::Instant::now() + Duration::from_millis(70));
}
