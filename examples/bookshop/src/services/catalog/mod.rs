//! The catalog: books and authors from the library.

mod list;
mod mask;
mod search;

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{keys, page_size};
use crate::library::Library;
use crate::proto::catalog::v1::catalog_server::{Catalog, CatalogServer};
use crate::proto::catalog::v1::{
    Author, AuthorBooks, BatchGetAuthorsRequest, BatchGetAuthorsResponse, BatchGetBooksRequest,
    BatchGetBooksResponse, Book, GetAuthorRequest, GetBookRequest, ListBooksByAuthorsRequest,
    ListBooksByAuthorsResponse, ListBooksRequest, ListBooksResponse, SearchBooksRequest,
    SearchBooksResponse,
};

const MAX_KEYS: usize = 100;

/// Answers from the library.
#[derive(Debug)]
pub(crate) struct Shelves(Arc<Library>);

impl Shelves {
    pub(crate) fn new(library: Arc<Library>) -> Self {
        Self(library)
    }

    pub(crate) fn server(self) -> CatalogServer<Self> {
        CatalogServer::new(self)
    }
}

#[tonic::async_trait]
impl Catalog for Shelves {
    async fn get_book(&self, request: Request<GetBookRequest>) -> Result<Response<Book>, Status> {
        let GetBookRequest { id, read_mask } = request.into_inner();
        let book = self
            .0
            .book(&id)
            .ok_or_else(|| Status::not_found(format!("there is no book `{id}`")))?;
        mask::read(book, read_mask.as_ref()).map(Response::new)
    }

    async fn batch_get_books(
        &self,
        request: Request<BatchGetBooksRequest>,
    ) -> Result<Response<BatchGetBooksResponse>, Status> {
        let BatchGetBooksRequest { ids, read_mask } = request.into_inner();
        let ids = keys(ids, MAX_KEYS)?;
        let books = ids.iter().filter_map(|id| self.0.book(id));
        let books = books.map(|book| mask::read(book, read_mask.as_ref()));
        Ok(Response::new(BatchGetBooksResponse { books: books.collect::<Result<_, _>>()? }))
    }

    async fn list_books(
        &self,
        request: Request<ListBooksRequest>,
    ) -> Result<Response<ListBooksResponse>, Status> {
        list::page(&self.0, &request.into_inner()).map(Response::new)
    }

    async fn search_books(
        &self,
        request: Request<SearchBooksRequest>,
    ) -> Result<Response<SearchBooksResponse>, Status> {
        let SearchBooksRequest { query, page_size } = request.into_inner();
        let hits = search::hits(&self.0, &query, super::page_size(page_size, 10, 50)?)?;
        Ok(Response::new(SearchBooksResponse { hits }))
    }

    async fn get_author(
        &self,
        request: Request<GetAuthorRequest>,
    ) -> Result<Response<Author>, Status> {
        let id = request.into_inner().id;
        let author = self
            .0
            .author(&id)
            .ok_or_else(|| Status::not_found(format!("there is no author `{id}`")))?;
        Ok(Response::new(author.clone()))
    }

    async fn batch_get_authors(
        &self,
        request: Request<BatchGetAuthorsRequest>,
    ) -> Result<Response<BatchGetAuthorsResponse>, Status> {
        let ids = keys(request.into_inner().ids, MAX_KEYS)?;
        let authors = ids.iter().filter_map(|id| self.0.author(id)).cloned().collect();
        Ok(Response::new(BatchGetAuthorsResponse { authors }))
    }

    async fn list_books_by_authors(
        &self,
        request: Request<ListBooksByAuthorsRequest>,
    ) -> Result<Response<ListBooksByAuthorsResponse>, Status> {
        let request = request.into_inner();
        let limit = page_size(request.page_size, 20, 100)?;
        let mut groups = Vec::new();
        for author_id in keys(request.author_ids, MAX_KEYS)? {
            let books: Vec<Book> = self.0.books_by(&author_id).take(limit).cloned().collect();
            if !books.is_empty() {
                groups.push(AuthorBooks { author_id, books });
            }
        }
        Ok(Response::new(ListBooksByAuthorsResponse { groups }))
    }
}
