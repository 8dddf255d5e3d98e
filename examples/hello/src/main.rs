//! The smallest gateway: a service that greets, and `hello` in front of it.

use anabranch::{config::Config, gateway::Gateway};
use hello::v1::greeter_server::{Greeter, GreeterServer};
use hello::v1::{GreetRequest, GreetResponse};
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Response, Status};

anabranch::contract!();

/// The service, as another team would own it.
struct Polite;

#[tonic::async_trait]
impl Greeter for Polite {
    async fn greet(&self, ask: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        Ok(Response::new(GreetResponse { text: format!("Hello, {}!", ask.get_ref().name) }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?.with_nodelay(Some(true));
    let service = incoming.local_addr()?;
    let server = Server::builder().add_service(GreeterServer::new(Polite));
    tokio::spawn(server.serve_with_incoming(incoming));

    let services = format!("services.\"*\".endpoints = [\"http://{service}\"]");
    let config = Config::parse("main.rs", &services, std::env::vars())?;
    Ok(Gateway::builder(contract()).configured(config).build().await?.serve().await?)
}
