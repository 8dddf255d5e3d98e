//! A service with three books, as another team would own it.

use std::net::SocketAddr;

use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Response, Status};

use crate::library::v1::library_server::{Library, LibraryServer};
use crate::library::v1::{Book, ListBooksRequest, ListBooksResponse};

struct Shelf;

#[tonic::async_trait]
impl Library for Shelf {
    async fn list_books(
        &self,
        _: Request<ListBooksRequest>,
    ) -> Result<Response<ListBooksResponse>, Status> {
        let book = |(title, page_count): (&str, i32)| Book { title: title.to_owned(), page_count };
        let books = [("Emma", 474), ("Middlemarch", 880), ("The Time Machine", 118)].map(book);
        Ok(Response::new(ListBooksResponse { books: books.into() }))
    }
}

/// Starts the service on a free port and says where it listens.
pub(crate) fn start() -> Result<SocketAddr, Box<dyn std::error::Error>> {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?.with_nodelay(Some(true));
    let address = incoming.local_addr()?;
    let server = Server::builder().add_service(LibraryServer::new(Shelf));
    tokio::spawn(server.serve_with_incoming(incoming));
    Ok(address)
}
