//! Books and authors.

use bookshop::Service;
use bookshop::proto::catalog::v1::catalog_client::CatalogClient;
use bookshop::proto::catalog::v1::search_hit::Result as Found;
use bookshop::proto::catalog::v1::{
    BatchGetAuthorsRequest, BatchGetBooksRequest, BookFilter, BookOrder, Genre, GetAuthorRequest,
    GetBookRequest, ListBooksByAuthorsRequest, ListBooksRequest, SearchBooksRequest,
};
use prost_types::FieldMask;
use tonic::Code;
use tonic::transport::Channel;

use crate::{channel, shop, strings};

async fn catalog() -> (bookshop::Running, CatalogClient<Channel>) {
    let shop = shop().await;
    let client = CatalogClient::new(channel(&shop, Service::Catalog).await);
    (shop, client)
}

fn get(id: &str, paths: Option<&[&str]>) -> GetBookRequest {
    let mask =
        |paths: &[&str]| FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
    GetBookRequest { id: id.to_owned(), read_mask: paths.map(mask) }
}

#[tokio::test]
async fn book_42_is_middlemarch() {
    let (_shop, mut catalog) = catalog().await;
    let book = catalog.get_book(get("42", None)).await.unwrap().into_inner();
    assert_eq!(book.title, "Middlemarch");
    assert_eq!(book.subtitle.as_deref(), Some("A Study of Provincial Life"));
    assert_eq!(book.author_ids, ["george-eliot"]);
    assert_eq!(book.first_published_year, Some(1871));
    assert!(book.first_sentence.unwrap().starts_with("Miss Brooke"));
}

#[tokio::test]
async fn only_the_fields_that_a_mask_names_are_sent() {
    let (_shop, mut catalog) = catalog().await;
    let masked = get("42", Some(&["title", "cover.color"]));
    let book = catalog.get_book(masked).await.unwrap().into_inner();
    let cover = book.cover.clone().unwrap();
    assert_eq!((&*book.title, &*book.id, book.page_count), ("Middlemarch", "", 0));
    assert!(cover.color.starts_with('#') && cover.lines.is_empty(), "{cover:?}");
    for all in [&["*"][..], &[]] {
        let book = catalog.get_book(get("42", Some(all))).await.unwrap().into_inner();
        assert!(book.page_count > 0);
    }
    for unknown in ["pages", "title.length", "cover.size"] {
        let status = catalog.get_book(get("42", Some(&[unknown]))).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{unknown}");
    }
}

#[tokio::test]
async fn a_book_that_does_not_exist_is_not_found() {
    let (_shop, mut catalog) = catalog().await;
    let status = catalog.get_book(get("no", None)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let status = catalog.get_author(GetAuthorRequest { id: String::new() }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn a_batch_leaves_out_what_does_not_exist() {
    let (_shop, mut catalog) = catalog().await;
    let ids = strings(["1", "no", "42", "1"]);
    let books = catalog
        .batch_get_books(BatchGetBooksRequest { ids, read_mask: None })
        .await
        .unwrap()
        .into_inner()
        .books;
    let mut titles: Vec<_> = books.into_iter().map(|book| book.title).collect();
    titles.sort();
    assert_eq!(titles, ["Middlemarch", "Pride and Prejudice"]);
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_refused() {
    let (_shop, mut catalog) = catalog().await;
    let ids = (0..101).map(|number| number.to_string()).collect();
    let status = catalog.batch_get_authors(BatchGetAuthorsRequest { ids }).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let (_shop, mut catalog) = catalog().await;
    let filter = Some(BookFilter { genre: Some(Genre::Epic.into()), ..BookFilter::default() });
    let mut request = ListBooksRequest { page_size: 3, filter, ..ListBooksRequest::default() };
    request.set_order_by(BookOrder::Title);
    let mut titles = Vec::new();
    let total = loop {
        let page = catalog.list_books(request.clone()).await.unwrap().into_inner();
        assert!(page.books.len() <= 3);
        titles.extend(page.books.into_iter().map(|book| book.title));
        if page.next_page_token.is_empty() {
            break page.total_size;
        }
        request.page_token = page.next_page_token;
    };
    assert_eq!(titles.len(), usize::try_from(total).unwrap());
    assert!(titles.is_sorted(), "{titles:?}");
    assert!(titles.contains(&"The Odyssey".to_owned()));
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_list_only() {
    let (_shop, mut catalog) = catalog().await;
    let page = catalog.list_books(ListBooksRequest::default()).await.unwrap().into_inner();
    assert_eq!(page.books.len(), 20);

    let mut other =
        ListBooksRequest { page_token: page.next_page_token, ..ListBooksRequest::default() };
    other.set_order_by(BookOrder::Newest);
    for request in
        [other, ListBooksRequest { page_token: "2".to_owned(), ..ListBooksRequest::default() }]
    {
        let status = catalog.list_books(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_filter_means_all_of_its_parts() {
    let (_shop, mut catalog) = catalog().await;
    let filter = BookFilter {
        author_id: Some("jane-austen".to_owned()),
        from_year: Some(1814),
        to_year: Some(1815),
        ..BookFilter::default()
    };
    let mut request = ListBooksRequest { filter: Some(filter), ..ListBooksRequest::default() };
    request.set_order_by(BookOrder::Newest);
    let books = catalog.list_books(request).await.unwrap().into_inner().books;
    let titles: Vec<_> = books.into_iter().map(|book| book.title).collect();
    assert_eq!(titles, ["Emma", "Mansfield Park"]);
}

#[tokio::test]
async fn books_without_a_year_come_last_when_the_oldest_come_first() {
    let (_shop, mut catalog) = catalog().await;
    let filter = Some(BookFilter { genre: Some(Genre::Epic.into()), ..BookFilter::default() });
    let mut request = ListBooksRequest { filter, page_size: 100, ..ListBooksRequest::default() };
    request.set_order_by(BookOrder::Oldest);
    let books = catalog.list_books(request).await.unwrap().into_inner().books;
    assert_eq!(books.first().unwrap().title, "The Aeneid");
    assert_eq!(books.last().unwrap().first_published_year, None);
}

#[tokio::test]
async fn a_search_finds_authors_and_books() {
    let (_shop, mut catalog) = catalog().await;
    let request = SearchBooksRequest { query: "emily BRONTE".to_owned(), page_size: 0 };
    let hits = catalog.search_books(request).await.unwrap().into_inner().hits;
    assert!(
        matches!(&hits[0].result, Some(Found::Author(author)) if author.id == "emily-bronte"),
        "{hits:?}"
    );

    let request = SearchBooksRequest { query: "emma".to_owned(), page_size: 1 };
    let hits = catalog.search_books(request).await.unwrap().into_inner().hits;
    assert_eq!(hits.len(), 1);
    assert!(matches!(&hits[0].result, Some(Found::Book(book)) if book.title == "Emma"), "{hits:?}");

    let status = catalog.search_books(SearchBooksRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_book_by_two_authors_is_in_the_group_of_each() {
    let (_shop, mut catalog) = catalog().await;
    let author_ids = strings(["jacob-grimm", "wilhelm-grimm", "nobody"]);
    let request = ListBooksByAuthorsRequest { author_ids, page_size: 1 };
    let groups = catalog.list_books_by_authors(request).await.unwrap().into_inner().groups;
    assert_eq!(groups.len(), 2);
    for group in groups {
        assert_eq!(group.books.len(), 1);
        assert_eq!(group.books[0].title, "Children's and Household Tales");
    }
}
