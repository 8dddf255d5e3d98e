//! The services, and the gateway in front of them, as their clients see them: through real connections on loopback.

mod catalog;
mod fuzzing;
mod gateway;
mod gathering;
mod mapping;
mod offers;
mod page;
mod parts;
mod program;
mod recommendations;
#[path = "../../../../fuzz/replay.rs"]
mod replay;
mod reviews;
mod running;
mod scenarios;
mod served;
mod subscriptions;
mod wire;
mod workers;

use bookshop::{Options, Running, Service};
use tonic::transport::Channel;

/// All services, keeping nothing.
async fn shop() -> Running {
    bookshop::start(Options::for_tests()).await.expect("the shop starts")
}

/// A connection to one service.
async fn channel(shop: &Running, service: Service) -> Channel {
    let endpoint =
        Channel::from_shared(format!("http://{}", shop.address(service))).expect("an address");
    endpoint.connect().await.expect("the service takes connections")
}

fn strings<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

#[test]
fn what_fuzzing_found_in_documents_and_replies_is_answered() {
    replay::replay("answer", 40, fuzzing::answer);
}
