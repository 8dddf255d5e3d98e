//! Services that are stopped, started, slow and faulty, and what is counted.

use std::time::Duration;

use bookshop::proto::pricing::v1::pricing_client::PricingClient;
use bookshop::proto::pricing::v1::{BatchGetPricesRequest, BatchGetPricesResponse};
use bookshop::{Fault, Options, Running, Service, StartError};
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::{channel, strings};

const METHOD: &str = "bookshop.pricing.v1.Pricing/BatchGetPrices";

async fn pricing_alone() -> (Running, PricingClient<Channel>) {
    let options = Options { services: vec![Service::Pricing], ..Options::for_tests() };
    let shop = bookshop::start(options).await.expect("pricing starts");
    let client = PricingClient::new(channel(&shop, Service::Pricing).await);
    (shop, client)
}

fn question() -> BatchGetPricesRequest {
    BatchGetPricesRequest { book_ids: strings(["42"]), currency: 0 }
}

async fn code(client: &mut PricingClient<Channel>) -> Code {
    match client.batch_get_prices(question()).await {
        Ok(_) => Code::Ok,
        Err(status) => status.code(),
    }
}

#[tokio::test]
async fn every_service_has_an_address_of_its_own() {
    let shop = crate::shop().await;
    let ports: std::collections::BTreeSet<u16> =
        shop.addresses().values().map(std::net::SocketAddr::port).collect();
    assert_eq!(ports.len(), 7);
    assert!(Service::ALL.into_iter().all(|service| shop.runs(service)));
}

#[tokio::test]
async fn calls_are_counted_with_what_they_said() {
    let (shop, mut client) = pricing_alone().await;
    let mut request = Request::new(question());
    request.set_timeout(Duration::from_millis(1500));
    request.metadata_mut().insert("x-tenant", "north".parse().unwrap());
    client.batch_get_prices(request).await.unwrap();

    let seen = shop.seen(METHOD);
    assert_eq!((seen.started, seen.finished, seen.cancelled), (1, 1, 0));
    assert_eq!(seen.last_timeout, Some(Duration::from_millis(1500)));
    assert_eq!(seen.last_metadata["x-tenant"], "north");
    assert_eq!(seen.last::<BatchGetPricesRequest>().unwrap(), question());

    assert_eq!(shop.calls(), 1);
    shop.forget_calls();
    assert_eq!((shop.calls(), shop.seen(METHOD).started), (0, 0));
}

#[tokio::test]
async fn a_faulty_service_fails_until_it_is_well_again() {
    let (shop, mut client) = pricing_alone().await;
    for (fault, expected) in [
        (Fault::Status(Code::ResourceExhausted), Code::ResourceExhausted),
        (Fault::StatusInTrailers(Code::Aborted), Code::Aborted),
        (Fault::Garbage, Code::Internal),
    ] {
        shop.faults(Service::Pricing).fail(fault);
        assert_eq!(code(&mut client).await, expected, "{fault:?}");
    }
    shop.faults(Service::Pricing).clear();
    assert_eq!(code(&mut client).await, Code::Ok);
}

#[tokio::test]
async fn a_slow_call_counts_as_cancelled_when_its_caller_leaves() {
    let (shop, client) = pricing_alone().await;
    shop.faults(Service::Pricing).latency(Duration::from_secs(3600));
    let mut caller = client.clone();
    let call = tokio::spawn(async move { caller.batch_get_prices(question()).await });
    shop.until(METHOD, |seen| seen.started == 1).await;
    call.abort();
    let seen = shop.until(METHOD, |seen| seen.cancelled == 1).await;
    assert_eq!(seen.finished, 0);
}

#[tokio::test]
async fn a_stalled_call_has_headers_and_no_message() {
    let (shop, _client) = pricing_alone().await;
    shop.faults(Service::Pricing).fail(Fault::StallAfterHeaders);
    let mut client = tonic::client::Grpc::new(channel(&shop, Service::Pricing).await);
    client.ready().await.unwrap();
    // Read as a stream, so that headers and messages come apart.
    let path = format!("/{METHOD}").parse().unwrap();
    let codec = tonic_prost::ProstCodec::<BatchGetPricesRequest, BatchGetPricesResponse>::default();
    let answer = client.server_streaming(Request::new(question()), path, codec).await;
    let mut messages = answer.expect("headers come").into_inner();

    let message = tokio::time::timeout(Duration::from_millis(20), messages.message()).await;
    assert!(message.is_err(), "a message came: {message:?}");
    assert_eq!(shop.seen(METHOD).cancelled, 0);
    drop(messages);
    shop.until(METHOD, |seen| seen.cancelled == 1).await;
}

#[tokio::test]
async fn a_stopped_service_answers_what_is_under_way_and_nothing_new() {
    let (mut shop, client) = pricing_alone().await;
    shop.faults(Service::Pricing).latency(Duration::from_millis(50));
    let mut caller = client.clone();
    let call = tokio::spawn(async move { caller.batch_get_prices(question()).await.map(drop) });
    shop.until(METHOD, |seen| seen.started == 1).await;
    shop.stop(Service::Pricing).await;
    call.await.unwrap().expect("it was under way");

    assert!(!shop.runs(Service::Pricing));
    assert_eq!(code(&mut client.clone()).await, Code::Unavailable);
}

#[tokio::test]
async fn a_killed_service_breaks_what_is_under_way() {
    let (mut shop, client) = pricing_alone().await;
    shop.faults(Service::Pricing).latency(Duration::from_secs(3600));
    let mut caller = client.clone();
    let call = tokio::spawn(async move { caller.batch_get_prices(question()).await.map(drop) });
    shop.until(METHOD, |seen| seen.started == 1).await;
    shop.kill(Service::Pricing).await;
    call.await.unwrap().expect_err("its connection broke");
    shop.until(METHOD, |seen| seen.cancelled == 1).await;
}

#[tokio::test]
async fn a_service_comes_back_at_its_address() {
    let (mut shop, mut client) = pricing_alone().await;
    let address = shop.address(Service::Pricing);
    shop.kill(Service::Pricing).await;
    assert_ne!(code(&mut client).await, Code::Ok);
    shop.start(Service::Pricing).await.unwrap();
    assert_eq!(shop.address(Service::Pricing), address);
    let mut client = PricingClient::new(channel(&shop, Service::Pricing).await);
    assert_eq!(code(&mut client).await, Code::Ok);
}

#[tokio::test]
async fn an_address_that_is_taken_is_said() {
    let (shop, _client) = pricing_alone().await;
    let address = shop.address(Service::Pricing);
    let options =
        Options { services: vec![Service::Pricing], listen: address, ..Options::for_tests() };
    let error = bookshop::start(options).await.expect_err("the address is taken");
    assert!(
        matches!(error, StartError::Listen { address: taken, .. } if taken == address),
        "{error}"
    );
}
