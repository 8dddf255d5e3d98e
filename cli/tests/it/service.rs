//! The service of a new project, live: `library.v1.Library` on loopback.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use prost::Message;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};
use tonic::{
    Request, Response, Status,
    body::Body,
    codegen::Service,
    server::{Grpc, NamedService, UnaryService},
    transport::server::TcpIncoming,
};
use tonic_prost::ProstCodec;

/// Ends, connections included, when it is dropped.
pub(crate) struct Library {
    pub(crate) address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Library {
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            let server = tonic::transport::Server::builder().add_service(Methods);
            server.serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))).await
        });
        Self { address, runtime: Some(runtime) }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Clone, PartialEq, Message)]
struct Book {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    title: String,
    #[prost(string, tag = "3")]
    author: String,
    #[prost(int32, tag = "4")]
    page_count: i32,
}

#[derive(Clone, PartialEq, Message)]
struct GetBookRequest {
    #[prost(string, tag = "1")]
    id: String,
}

#[derive(Clone, PartialEq, Message)]
struct ListBooksRequest {
    #[prost(int32, tag = "1")]
    page_size: i32,
}

#[derive(Clone, PartialEq, Message)]
struct ListBooksResponse {
    #[prost(message, repeated, tag = "1")]
    books: Vec<Book>,
}

fn book(id: String) -> Book {
    Book { title: format!("Book {id}"), author: "Nobody".to_owned(), page_count: 7, id }
}

/// The methods, one after the other.
#[derive(Clone, Copy)]
struct Methods;

type Answer<M> = Ready<Result<Response<M>, Status>>;

impl UnaryService<GetBookRequest> for Methods {
    type Response = Book;
    type Future = Answer<Book>;

    fn call(&mut self, request: Request<GetBookRequest>) -> Self::Future {
        ready(match request.into_inner().id {
            id if id == "none" => Err(Status::not_found("no such row")),
            id => Ok(Response::new(book(id))),
        })
    }
}

impl UnaryService<ListBooksRequest> for Methods {
    type Response = ListBooksResponse;
    type Future = Answer<ListBooksResponse>;

    fn call(&mut self, request: Request<ListBooksRequest>) -> Self::Future {
        let books = (1..=request.into_inner().page_size).map(|id| book(id.to_string()));
        ready(Ok(Response::new(ListBooksResponse { books: books.collect() })))
    }
}

impl NamedService for Methods {
    const NAME: &'static str = "library.v1.Library";
}

impl Service<http::Request<Body>> for Methods {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let methods = *self;
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/library.v1.Library/GetBook" => {
                    Grpc::new(ProstCodec::<Book, GetBookRequest>::default())
                        .unary(methods, request)
                        .await
                }
                "/library.v1.Library/ListBooks" => {
                    let codec = ProstCodec::<ListBooksResponse, ListBooksRequest>::default();
                    Grpc::new(codec).unary(methods, request).await
                }
                other => Status::unimplemented(other).into_http(),
            })
        })
    }
}
