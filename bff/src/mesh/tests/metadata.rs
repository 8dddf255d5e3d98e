//! What goes along with a call.

use http::{HeaderMap, HeaderValue};

use super::{service::Scripted, *};
use crate::context::Identity;

/// The metadata that reaches a service whose method forwards everything.
async fn forwarded(withhold: &[&str]) -> HeaderMap {
    let mut server = Scripted::start().await;
    let mesh = mesh_with(&[server.address], |service| {
        service.withhold_metadata = Some(withhold.iter().map(|&name| name.to_owned()).collect());
    });
    let mut call = call("Echo", b"");
    let method = contract::Method {
        forward_identity: true,
        forward_tenant: true,
        forward_headers: ["accept-language", "te", "grpc-timeout"].map(str::to_owned).into(),
        ..(*call.method).clone()
    };
    let mut context = Context::anonymous(call.deadline);
    context.identity = Some(Identity { subject: "ann".into(), claims: Vec::new() });
    context.tenant = Some("acme".into());
    for name in ["accept-language", "te", "grpc-timeout", "cookie"] {
        context.headers.insert(name, HeaderValue::from_static("theirs"));
    }
    call = Call { method: Arc::new(method), context: Arc::new(context), ..call };
    answer(&mesh, call).await.unwrap();
    server.called().await
}

#[tokio::test]
async fn what_the_method_declares_goes_along() {
    let headers = forwarded(&[]).await;
    assert_eq!(headers["x-identity-sub"], "ann");
    assert_eq!(headers["x-tenant"], "acme");
    assert_eq!(headers["accept-language"], "theirs");
    assert_eq!(headers.get("cookie"), None);
}

#[tokio::test]
async fn configuration_takes_metadata_away() {
    let headers = forwarded(&["x-identity-sub", "accept-language"]).await;
    assert_eq!(headers.get("x-identity-sub"), None);
    assert_eq!(headers.get("accept-language"), None);
    assert_eq!(headers["x-tenant"], "acme");
}

#[tokio::test]
async fn the_service_is_told_how_much_time_is_left() {
    let mut server = Scripted::start().await;
    let mesh = mesh(&[server.address]);
    answer(&mesh, call_within("Echo", b"", Duration::from_millis(800))).await.unwrap();
    let headers = server.called().await;
    let text = headers["grpc-timeout"].to_str().unwrap();
    let micros: u64 = text.strip_suffix('u').unwrap().parse().unwrap();
    assert!((1..=800_000).contains(&micros), "{text}");
}

#[tokio::test]
async fn a_caller_cannot_set_the_time_that_the_service_is_told() {
    assert_ne!(forwarded(&[]).await["grpc-timeout"], "theirs");
}
