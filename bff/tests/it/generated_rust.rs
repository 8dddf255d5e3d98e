//! Generated Rust, as code generation keeps it in its tests: it compiles, and it works.

use std::sync::{Arc, Mutex};

use anabranch::{
    call::{Call, CallService, Replies, Reply},
    context,
    contract::{self, SideEffects},
    error::{Code, Error, Result},
    foreign::{
        bytes::Bytes,
        futures::{FutureExt, StreamExt, future::BoxFuture, stream},
        prost::Message,
        prost_types::Timestamp,
    },
    resolver::{Batch, Bind, Context, Embedded, Registration},
};
use tokio::time::Instant;

use shop::{
    AuthorReadingTimeParent, AuthorResolvers, BestFormatParent, BookReadingTimeParent,
    BookResolvers, EmbeddedContract, FormatsParent, MaybeFormatParent, QueryResolvers, RandomArgs,
    ShippingArgs, ShippingParent, SoldOnParent,
    shop::v1::{Book, CatalogClient, Format, GetBookRequest, Money},
};

mod shop {
    include!("../../../codegen/tests/golden/shop/mod.rs");
}

/// Names that Rust reserves: that it compiles is the test.
mod hostile {
    include!("../../../codegen/tests/golden/hostile/mod.rs");
}

/// Messages at the top of the file, called as types of the prelude.
mod packageless {
    include!("../../../codegen/tests/golden/packageless/mod.rs");
}

struct Shop;

impl QueryResolvers for Shop {
    async fn name(&self, _: &Context) -> Result<String> {
        Ok("Corner".to_owned())
    }

    async fn random(&self, context: &Context, arguments: &RandomArgs) -> Result<Option<Book>> {
        let id = arguments.seed.to_string();
        CatalogClient::new(context).get_book(GetBookRequest { id }).await.map(Some)
    }
}

impl BookResolvers for Shop {
    async fn reading_time(&self, _: &Context, books: &[BookReadingTimeParent<'_>]) -> Batch<i32> {
        books.iter().map(|book| Ok(book.page_count * 2)).collect()
    }

    async fn shipping(
        &self,
        _: &Context,
        books: &[ShippingParent<'_>],
        arguments: &ShippingArgs,
    ) -> Batch<Option<Money>> {
        let city = arguments.to.as_ref().map_or("", |to| &to.city);
        let price = |book: &ShippingParent<'_>| {
            let units = (book.weight? * 10.0) as i64;
            let currency = format!("{city} {} {:?}", book.id, book.author_name);
            Some(Money { units, currency })
        };
        books.iter().map(|book| Ok(price(book))).collect()
    }

    async fn best_format(&self, _: &Context, books: &[BestFormatParent<'_>]) -> Batch<Format> {
        books.iter().map(|_| Ok(Format::Hardcover)).collect()
    }

    async fn formats(&self, _: &Context, books: &[FormatsParent<'_>]) -> Batch<Vec<Format>> {
        books.iter().map(|_| Ok(vec![Format::Paperback, Format::Hardcover])).collect()
    }

    async fn maybe_format(
        &self,
        _: &Context,
        books: &[MaybeFormatParent<'_>],
    ) -> Batch<Option<Format>> {
        books.iter().map(|_| Ok(None)).collect()
    }

    async fn sold_on(&self, _: &Context, books: &[SoldOnParent<'_>]) -> Batch<Vec<Timestamp>> {
        books.iter().map(|_| Err(Error::new(Code::NotFound, "never sold"))).collect()
    }
}

impl AuthorResolvers for Shop {
    async fn reading_time(
        &self,
        _: &Context,
        authors: &[AuthorReadingTimeParent<'_>],
    ) -> Batch<Option<f64>> {
        authors.iter().map(|author| Ok(Some(author.name.len() as f64))).collect()
    }
}

/// Answers every call with a book, and keeps the calls.
#[derive(Default)]
struct Books {
    calls: Mutex<Vec<Call>>,
}

impl CallService for Books {
    fn unary(&self, call: Call) -> BoxFuture<'static, Result<Reply>> {
        let book = Book { title: "Middlemarch".to_owned(), ..Book::default() };
        self.calls.lock().unwrap().push(call);
        async move { Ok(Reply { message: book.encode_to_vec().into() }) }.boxed()
    }

    fn server_stream(&self, call: Call) -> BoxFuture<'static, Result<Replies>> {
        let replies = [self.unary(call.clone()), self.unary(call)];
        let replies = stream::iter(replies).then(|reply| async { Ok(reply.await?.message) });
        async move { Ok(replies.boxed()) }.boxed()
    }
}

fn context() -> (Arc<Books>, Context) {
    let books = Arc::new(Books::default());
    let calls = Arc::clone(&books) as Arc<dyn CallService>;
    (books, Context::new(Arc::new(context::Context::anonymous(Instant::now())), calls))
}

fn registered(type_name: &str, field: &str) -> Registration {
    let all = <EmbeddedContract as Bind<Shop>>::bind(Shop);
    all.into_iter().find(|one| (one.type_name, one.field) == (type_name, field)).unwrap()
}

/// Asks a resolver as the engine does; the answers are what is encoded in the field `value`.
async fn ask(type_name: &str, field: &str, parents: &[&str], arguments: &[u8]) -> Batch<Bytes> {
    let parents: Vec<Bytes> =
        parents.iter().map(|parent| Bytes::copy_from_slice(parent.as_bytes())).collect();
    let (_, context) = context();
    let registration = registered(type_name, field);
    registration.resolve.resolve(&context, &parents, Bytes::copy_from_slice(arguments)).await
}

fn texts(answers: Batch<Bytes>) -> Vec<String> {
    let text = |answer: Result<Bytes>| match answer {
        Ok(bytes) => bytes.escape_ascii().to_string(),
        Err(error) => error.to_string(),
    };
    answers.into_iter().map(text).collect()
}

#[tokio::test]
async fn a_batch_of_parents_is_answered_in_one_call() {
    let answers = ask("Book", "readingTime", &["\x08\x03", "", "\x08\x05"], b"").await;
    assert_eq!(texts(answers), [r"\x08\x06", "", r"\x08\n"]);
}

#[tokio::test]
async fn parents_are_borrowed_with_presence_and_arguments_are_read() {
    let full = "\x0a\x0242\x11\0\0\0\0\0\0\x04\x40\x1a\x03Eve";
    let answers = ask("Book", "shipping", &[full, "\x0a\x017"], b"\x0a\x06\x0a\x04Bonn").await;
    assert_eq!(texts(answers), [r#"\n\x17\x08\x19\x12\x13Bonn 42 Some(\"Eve\")"#, ""]);
}

#[tokio::test]
async fn enums_are_written_by_number() {
    assert_eq!(texts(ask("Book", "bestFormat", &[""], b"").await), [r"\x08\x02"]);
    assert_eq!(texts(ask("Book", "formats", &[""], b"").await), [r"\n\x02\x01\x02"]);
    assert_eq!(texts(ask("Book", "maybeFormat", &[""], b"").await), [""]);
}

#[tokio::test]
async fn an_error_stays_with_its_parent() {
    assert_eq!(texts(ask("Book", "soldOn", &["", ""], b"").await), ["never sold", "never sold"]);
}

#[tokio::test]
async fn fields_of_two_types_may_share_a_name() {
    let answers = ask("Author", "readingTime", &["\x0a\x03Eve"], b"").await;
    assert_eq!(texts(answers), [r"\t\x00\x00\x00\x00\x00\x00\x08@"]);
}

#[tokio::test]
async fn a_resolver_without_parents_is_asked_once() {
    assert_eq!(
        texts(ask("Query", "name", &["", ""], b"").await),
        [r"\n\x06Corner", r"\n\x06Corner"]
    );
}

#[tokio::test]
async fn a_client_in_a_resolver_calls_by_what_its_proto_says() {
    let (books, context) = context();
    let client = CatalogClient::new(&context);
    let book = client.get_book(GetBookRequest { id: "7".to_owned() }).await.unwrap();
    assert_eq!(book.title, "Middlemarch");
    let call = books.calls.lock().unwrap().remove(0);
    assert_eq!(call.side_effects, SideEffects::NoSideEffects);
    assert!(call.method.forward_identity && !call.method.server_streaming);
    assert_eq!(call.method.forward_headers, ["x-market"]);
    assert_eq!((&*call.method.service, &*call.method.name), ("shop.v1.Catalog", "GetBook"));
    assert_eq!(call.message, GetBookRequest { id: "7".to_owned() }.encode_to_vec());
}

#[tokio::test]
async fn a_stream_is_a_stream_of_messages() {
    let (books, context) = context();
    let stream = CatalogClient::new(&context).watch_book(GetBookRequest::default()).await.unwrap();
    let titles: Vec<String> = stream.map(|book| book.unwrap().title).collect().await;
    assert_eq!(titles, ["Middlemarch", "Middlemarch"]);
    assert!(books.calls.lock().unwrap().iter().all(|call| call.method.server_streaming));
}

#[test]
fn the_contract_beside_the_code_is_the_one_that_it_was_made_from() {
    let contract = contract::load(shop::contract().bytes()).unwrap();
    let registrations = <EmbeddedContract as Bind<Shop>>::bind(Shop);
    assert_eq!(contract.resolvers.len(), registrations.len());
    for (resolver, registration) in contract.resolvers.iter().zip(registrations) {
        assert_eq!(resolver.r#type, registration.type_name);
        assert_eq!(resolver.field, registration.field);
        assert_eq!(resolver.fingerprint, registration.fingerprint);
    }
}
