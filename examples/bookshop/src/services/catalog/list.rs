//! The catalogue page by page.

use std::cmp::Reverse;

use tonic::Status;

use super::super::page_size;
use crate::library::Library;
use crate::proto::catalog::v1::{Book, BookFilter, BookOrder, ListBooksRequest, ListBooksResponse};

/// The page that a request asks for.
pub(super) fn page(
    library: &Library,
    request: &ListBooksRequest,
) -> Result<ListBooksResponse, Status> {
    let size = page_size(request.page_size, 20, 100)?;
    let question = question(request);
    let start = start(&request.page_token, question)?;

    let mut books: Vec<&Book> =
        library.books().iter().filter(|book| applies(request.filter.as_ref(), book)).collect();
    sort(&mut books, request.order_by());

    let total = books.len();
    let end = start.saturating_add(size).min(total);
    Ok(ListBooksResponse {
        books: books[start.min(end)..end].iter().copied().cloned().collect(),
        next_page_token: if end < total { format!("{end}-{question:08x}") } else { String::new() },
        total_size: i32::try_from(total).expect("the library has fewer books than that"),
    })
}

/// All books to which the filter applies, by their titles.
pub(super) fn all(library: &Library, filter: Option<&BookFilter>) -> Vec<Book> {
    let mut books: Vec<&Book> =
        library.books().iter().filter(|book| applies(filter, book)).collect();
    sort(&mut books, BookOrder::Title);
    books.into_iter().cloned().collect()
}

/// Whether all that is set in the filter is true of a book.
fn applies(filter: Option<&BookFilter>, book: &Book) -> bool {
    let Some(filter) = filter else { return true };
    let year = book.first_published_year;
    filter.genre.is_none_or(|genre| book.genre == genre)
        && filter.author_id.as_ref().is_none_or(|author| book.author_ids.contains(author))
        && filter.subject.as_ref().is_none_or(|subject| book.subjects.contains(subject))
        && filter.from_year.is_none_or(|from| year.is_some_and(|year| year >= from))
        && filter.to_year.is_none_or(|to| year.is_some_and(|year| year <= to))
}

/// Books whose year nobody knows come last when years are compared.
fn sort(books: &mut [&Book], order: BookOrder) {
    let unknown = |book: &Book| book.first_published_year.is_none();
    match order {
        BookOrder::Unspecified | BookOrder::Title => books.sort_by(|a, b| a.title.cmp(&b.title)),
        BookOrder::Oldest => books.sort_by_key(|book| (unknown(book), book.first_published_year)),
        BookOrder::Newest => {
            books.sort_by_key(|book| (unknown(book), Reverse(book.first_published_year)));
        }
    }
}

/// Where a page begins. A token is good for the question that it was made for.
fn start(token: &str, question: u32) -> Result<usize, Status> {
    if token.is_empty() {
        return Ok(0);
    }
    let ours = token.split_once('-').and_then(|(start, check)| {
        let asked = u32::from_str_radix(check, 16).ok()?;
        (asked == question).then(|| start.parse().ok())?
    });
    ours.ok_or_else(|| Status::invalid_argument("this page token belongs to another list"))
}

/// A number for filter and order together.
fn question(request: &ListBooksRequest) -> u32 {
    let text = format!("{:?} {}", request.filter, request.order_by);
    text.bytes()
        .fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
