//! The pages beside this file, run: see `README.md` there.

mod page;

use std::time::Duration;

use bookshop::orders::{self, Order};
use bookshop::proto::catalog::v1::BatchGetBooksRequest;
use bookshop::{Options, Running};
use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use serde_json::Value;

use crate::parts::Parts;
use crate::served::{Answer, Served, later, still};
use page::{Expected, Line, Step};

/// How often a question is asked again where the answer comes eventually, and the time between.
const ATTEMPTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);

macro_rules! pages {
    ($($name:ident)*) => {
        const PAGES: &[&str] = &[$(stringify!($name)),*];
        $(
            #[tokio::test]
            async fn $name() {
                still(run(include_str!(concat!(stringify!($name), ".md")))).await;
            }
        )*
    };
}

pages! { batching gathering in_parts together levels degradation deadline cache_scopes masks mock_to_real mutations errors introspection over_http }

#[test]
fn every_page_is_run() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/scenarios");
    for file in std::fs::read_dir(folder).expect("the folder is there") {
        let name = file.expect("a file").file_name().into_string().expect("a plain name");
        let page = name.strip_suffix(".md").filter(|page| *page != "README");
        assert!(page.is_none_or(|page| PAGES.contains(&page)), "nobody runs {name}");
    }
}

async fn run(text: &str) {
    let data = tempfile::tempdir().expect("a folder");
    let options = Options { data: Some(data.path().to_owned()), ..Options::for_tests() };
    let mut shop = bookshop::start(options).await.expect("the shop starts");
    let served = Served::start(&shop).await;
    let mut faults = Vec::new();
    for step in page::read(text) {
        act(&step.meanwhile, &mut shop, &served).await;
        shop.forget_calls();
        if let Err(fault) = perform(&step, &mut shop, &served).await {
            faults.push(format!("## {}\n{fault}", step.title));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n\n"));
}

async fn act(lines: &[String], shop: &mut Running, served: &Served) {
    for line in lines {
        if let Some(span) = line.strip_prefix("later ") {
            later(page::span(span)).await;
        } else if let Some(calls) = line.strip_prefix("when ") {
            let (count, method) = page::count(calls);
            shop.until(&method, |seen| seen.started >= count).await;
        } else if let Some(query) = line.strip_prefix("also ") {
            let (served, request) = (served.clone(), served.post(query));
            tokio::spawn(async move {
                let answer = served.send(request).await;
                assert_eq!(answer.body["errors"], Value::Null);
            });
        } else {
            let order: Order = line.parse().unwrap_or_else(|wrong| panic!("{wrong}"));
            orders::carry_out(order, shop).await;
        }
    }
}

async fn perform(step: &Step, shop: &mut Running, served: &Served) -> Result<(), String> {
    if !step.parts.is_empty() {
        check_parts(step, shop, served).await?;
        return check_calls(step.calls.as_deref(), shop).await;
    }
    let Some(expected) = &step.answer else { return Ok(()) };
    let (mut answer, ()) =
        tokio::join!(served.send(request(step, served)), act(&step.then, shop, served));
    for _ in 0..if expected.eventually { ATTEMPTS } else { 0 } {
        if fits_all(expected, &answer) {
            break;
        }
        later(PAUSE).await;
        answer = served.send(request(step, served)).await;
    }
    if !fits_all(expected, &answer) {
        return Err(format!("was answered {} {:#}", answer.status.as_u16(), answer.body));
    }
    if let Some(took) = step.took.filter(|&took| took != answer.took) {
        return Err(format!("took {:?}, not {took:?}", answer.took));
    }
    check_calls(step.calls.as_deref(), shop).await?;
    check_masks(&step.masks, shop)
}

/// Each part comes when the lines before it have happened, and needs no later one to happen.
async fn check_parts(step: &Step, shop: &mut Running, served: &Served) -> Result<(), String> {
    let mut parts = Parts::of(served, request(step, served)).await;
    for line in &step.parts {
        match line {
            Line::Order(order) => act(std::slice::from_ref(order), shop, served).await,
            Line::Part(expected) => match parts.next().await {
                Some(part) if fits(expected, &part) => {}
                Some(part) => return Err(format!("{expected} was to come, and came {part}")),
                None => return Err(format!("{expected} was to come, and nothing did")),
            },
        }
    }
    match parts.next().await {
        None => Ok(()),
        Some(more) => Err(format!("nothing more was to come, and came {more}")),
    }
}

fn request(step: &Step, served: &Served) -> Request<Full<Bytes>> {
    let query = step.query.as_deref().expect("an answer has a question");
    let mut request = served.post(query);
    if let Some(variables) = &step.variables {
        let body = serde_json::json!({ "query": query, "variables": variables });
        *request.body_mut() = Full::from(body.to_string());
    }
    for line in &step.http {
        match line.split_once(": ") {
            None => as_get(&mut request, line, query),
            Some((name, value)) => {
                let name: HeaderName = name.parse().expect("a header's name");
                request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
            }
        }
    }
    request
}

fn as_get(request: &mut Request<Full<Bytes>>, method: &str, query: &str) {
    assert_eq!(method, "GET");
    *request.method_mut() = Method::GET;
    let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    *request.uri_mut() = format!("/graphql?query={query}").parse().expect("an address");
    request.headers_mut().remove(header::CONTENT_TYPE);
    *request.body_mut() = Full::default();
}

fn fits_all(expected: &Expected, answer: &Answer) -> bool {
    answer.status == expected.status && fits(&expected.body, &answer.body)
}

/// Whether a value is as it should be, where `"…"` is any text.
fn fits(expected: &Value, value: &Value) -> bool {
    match (expected, value) {
        (Value::String(any), Value::String(_)) if any == "…" => true,
        (Value::Array(expected), Value::Array(values)) => {
            expected.len() == values.len()
                && expected.iter().zip(values).all(|(expected, value)| fits(expected, value))
        }
        (Value::Object(expected), Value::Object(values)) => {
            expected.len() == values.len()
                && expected.iter().all(|(name, expected)| {
                    values.get(name).is_some_and(|value| fits(expected, value))
                })
        }
        _ => expected == value,
    }
}

/// What books were asked for last.
fn check_masks(expected: &[(String, String)], shop: &Running) -> Result<(), String> {
    for (method, fields) in expected {
        let request: BatchGetBooksRequest = shop.seen(method).last().expect("it asks for books");
        let asked = request.read_mask.map_or_else(String::new, |mask| mask.paths.join(","));
        if asked != *fields {
            return Err(format!("{method} was asked for {asked}, not {fields}"));
        }
    }
    Ok(())
}

async fn check_calls(expected: Option<&[(u64, String)]>, shop: &Running) -> Result<(), String> {
    let Some(expected) = expected else { return Ok(()) };
    for (count, method) in expected {
        // What is fetched behind an answer may come after it.
        if *count > 0 {
            shop.until(method, |seen| seen.started >= *count).await;
        }
        let started = shop.seen(method).started;
        if started != *count {
            return Err(format!("{method} was called {started} times, not {count}"));
        }
    }
    let sum: u64 = expected.iter().map(|(count, _)| count).sum();
    let calls = shop.addresses().into_keys().map(|service| (service, shop.calls_of(service)));
    match shop.calls() == sum {
        true => Ok(()),
        false => Err(format!("other calls came: {:?}", calls.collect::<Vec<_>>())),
    }
}
