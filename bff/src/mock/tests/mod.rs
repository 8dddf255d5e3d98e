//! The mock as a caller sees it: requests in, messages out.

mod limits;
mod scenarios;
mod shop;

use std::sync::Arc;

use http::HeaderValue;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};

use super::*;
use crate::{
    context::Context,
    contract::{self, SideEffects},
};

/// A mock and what is needed to speak with it in protobuf's text format.
struct Caller {
    mock: Mock,
    contract: Arc<Contract>,
    pool: DescriptorPool,
    headers: Vec<&'static str>,
}

impl Caller {
    fn new() -> Self {
        Self::with(shop::contract(), Config { seed: 0, scenarios: true })
    }

    fn with(contract: Contract, config: Config) -> Self {
        let (pool, contract) = (shop::pool(&contract), Arc::new(contract));
        Self {
            mock: Mock::new(Arc::clone(&contract), config).unwrap(),
            contract,
            pool,
            headers: Vec::new(),
        }
    }

    fn shaped(type_name: &str, field: &str, shape: &contract::Mock) -> Self {
        Self::with(shop::contract_with(type_name, field, shape), Config::default())
    }

    fn message(&self, name: &str) -> prost_reflect::MessageDescriptor {
        self.pool.get_message_by_name(name).unwrap()
    }

    fn call(&self, method: &str, request: &str) -> Call {
        let method = self.contract.methods.iter().find(|declared| declared.name == method).unwrap();
        let request =
            DynamicMessage::parse_text_format(self.message(&method.input), request).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut context = Context::anonymous(deadline);
        for value in &self.headers {
            context.headers.append(HEADER, HeaderValue::from_static(value));
        }
        Call {
            method: Arc::new(method.clone()),
            message: request.encode_to_vec().into(),
            deadline,
            side_effects: SideEffects::NoSideEffects,
            context: Arc::new(context),
        }
    }

    async fn bytes(&self, method: &str, request: &str) -> Result<Bytes> {
        Ok(self.mock.unary(self.call(method, request)).await?.message)
    }

    async fn try_ask(&self, method: &str, request: &str) -> Result<DynamicMessage> {
        let bytes = self.bytes(method, request).await?;
        let output = self.contract.methods.iter().find(|declared| declared.name == method).unwrap();
        Ok(DynamicMessage::decode(self.message(&output.output), bytes).unwrap())
    }

    async fn ask(&self, method: &str, request: &str) -> DynamicMessage {
        self.try_ask(method, request).await.unwrap()
    }
}

/// The value at a path such as `books[0].title`, as protobuf's text format writes it; a list's length at `books.len`.
fn at(message: &DynamicMessage, path: &str) -> String {
    fn walk(value: &prost_reflect::Value, path: &[&str]) -> String {
        use prost_reflect::Value;
        let Some((first, rest)) = path.split_first() else {
            return match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
        };
        match value {
            Value::Message(message) => walk(&message.get_field_by_name(first).unwrap(), rest),
            Value::List(items) if *first == "len" => items.len().to_string(),
            Value::List(items) => walk(&items[first.parse::<usize>().unwrap()], rest),
            Value::Map(map) if *first == "len" => map.len().to_string(),
            Value::Map(map) => {
                let found = map.iter().find(|(key, _)| format!("{key:?}").contains(first));
                walk(found.unwrap().1, rest)
            }
            other => panic!("{other} has no {first}"),
        }
    }
    let path: Vec<&str> = path.split('.').collect();
    walk(&message.get_field_by_name(path[0]).unwrap(), &path[1..])
}

fn all(message: &DynamicMessage, list: &str, field: &str) -> Vec<String> {
    let length: usize = at(message, &format!("{list}.len")).parse().unwrap();
    (0..length).map(|index| at(message, &format!("{list}.{index}.{field}"))).collect()
}

#[tokio::test]
async fn version_1_answers_this_for_ever() {
    let caller = Caller::new();
    let book = caller.ask("GetBook", r#"id: "42""#).await;
    let fields = [
        "id",
        "title",
        "page_count",
        "genre",
        "author_id",
        "create_time.seconds",
        "first_sentence.value",
        "tags",
    ];
    assert_eq!(
        fields.map(|field| at(&book, field)).join("\n"),
        "42\nDoor of Stars\n148\n2\n19\n1680677352\n\
         I read it in one evening and started again the next morning.\n[\"fable\"]"
    );
}

#[tokio::test]
async fn a_book_has_one_title_wherever_it_stands() {
    let caller = Caller::new();
    let title = at(&caller.ask("GetBook", r#"id: "42""#).await, "title");
    let batch = caller.ask("BatchGetBooks", r#"ids: "7" ids: "42""#).await;
    assert_eq!(at(&batch, "books.1.title"), title);
    assert_eq!(at(&caller.ask("Query_book", r#"id: "42""#).await, "value.title"), title);

    let books = caller.ask("ListBooks", "page_size: 3").await;
    for (id, title) in all(&books, "books", "id").iter().zip(all(&books, "books", "title")) {
        let alone = caller.ask("GetBook", &format!("id: {id:?}")).await;
        assert_eq!(at(&alone, "title"), title);
    }
}

#[tokio::test]
async fn a_book_is_the_same_byte_for_byte_alone_and_in_a_batch() {
    let caller = Caller::new();
    let alone = caller.bytes("GetBook", r#"id: "42""#).await.unwrap();
    for _ in 0..3 {
        assert!(caller.bytes("GetBook", r#"id: "42""#).await.unwrap() == alone);
        assert!(caller.bytes("BatchGetBooks", r#"ids: "42""#).await.unwrap().ends_with(&alone));
    }
}

#[tokio::test]
async fn another_seed_is_another_world_and_the_same_seed_is_the_same() {
    let ask = async |seed| {
        let caller = Caller::with(shop::contract(), Config { seed, scenarios: false });
        caller.bytes("ListBooks", "page_size: 5").await.unwrap()
    };
    assert!(ask(7).await == ask(7).await);
    assert!(ask(7).await != ask(8).await);
}

#[tokio::test]
async fn lists_are_as_long_as_asked_and_longer_ones_begin_as_shorter_ones() {
    let caller = Caller::new();
    let short = all(&caller.ask("ListBooks", "page_size: 3").await, "books", "id");
    let long = all(&caller.ask("ListBooks", "page_size: 40").await, "books", "id");
    assert_eq!((short.len(), long.len()), (3, 40));
    assert_eq!(short, long[..3]);
    let distinct: std::collections::HashSet<&String> = long.iter().collect();
    assert_eq!(distinct.len(), 40);
    let books = caller.ask("ListBooks", "").await;
    assert!((6..=12).contains(&all(&books, "books", "id").len()));
    assert_eq!(at(&books, "total_size"), at(&books, "books.len"));
    assert_eq!(at(&books, "next_page_token"), "");
}

#[tokio::test]
async fn another_question_gets_other_books() {
    let caller = Caller::new();
    let novels = caller.ask("ListBooks", r#"genre: "NOVEL""#).await;
    let poems = caller.ask("ListBooks", r#"genre: "POETRY""#).await;
    assert_ne!(all(&novels, "books", "id"), all(&poems, "books", "id"));
}

#[tokio::test]
async fn a_batch_has_an_item_for_each_key() {
    let caller = Caller::new();
    let groups = caller.ask("BatchReviews", r#"book_ids: "42" book_ids: "7" page_size: 2"#).await;
    assert_eq!(all(&groups, "groups", "book_id"), ["42", "7"]);
    assert_eq!(all(&groups, "groups", "reviews.len"), ["2", "2"]);
    assert_eq!(all(&groups, "groups", "reviews.0.book_id"), ["42", "7"]);

    let authors = caller.ask("BatchAuthors", "ids: 3 ids: 5").await;
    assert_eq!(at(&authors, "authors.len"), "2");
    assert_eq!(at(&authors, "authors.3.id"), "3");
    let email = at(&authors, "authors.5.email");
    assert!(email.ends_with("@example.com"), "{email}");
    let entries = caller.ask("EntryAuthors", "ids: 3 ids: 5").await;
    assert_eq!(at(&entries, "authors.5.email"), email);
}

#[tokio::test]
async fn a_flat_list_has_several_items_for_each_key() {
    let caller = Caller::new();
    let flat = caller.ask("FlatReviews", r#"book_ids: "42" book_ids: "7" page_size: 2"#).await;
    assert_eq!(all(&flat, "reviews", "book_id"), ["42", "42", "7", "7"]);
}

#[tokio::test]
async fn a_composite_key_comes_back_in_its_parts_and_no_item_has_failed() {
    let caller = Caller::new();
    let stock = caller
        .ask("BatchStock", r#"keys { sku: "A-1" market: "DE" } keys { sku: "A-1" market: "FR" }"#)
        .await;
    assert_eq!(all(&stock, "stocks", "sku"), ["A-1", "A-1"]);
    assert_eq!(all(&stock, "stocks", "market"), ["DE", "FR"]);
    assert_eq!(all(&stock, "stocks", "status.code"), ["0", "0"]);
}

#[tokio::test]
async fn a_union_is_one_of_its_types() {
    let caller = Caller::new();
    let hits = caller.ask("Search", "page_size: 40").await;
    let hits = hits.get_field_by_name("hits").unwrap().as_list().unwrap().to_vec();
    let books =
        hits.iter().filter(|hit| hit.as_message().unwrap().has_field_by_name("book")).count();
    let authors =
        hits.iter().filter(|hit| hit.as_message().unwrap().has_field_by_name("author")).count();
    assert_eq!(books + authors, 40);
    assert!(books > 0 && authors > 0, "{books} books, {authors} authors");
}

#[tokio::test]
async fn a_map_is_one_whether_the_schema_shows_it_as_a_list_or_not() {
    let caller = Caller::new();
    let book = caller.ask("GetBook", r#"id: "42""#).await;
    for map in ["identifiers", "covers"] {
        assert_ne!(at(&book, &format!("{map}.len")), "0");
    }
    let covers = book.get_field_by_name("covers").unwrap().as_map().unwrap().clone();
    for cover in covers.values() {
        assert!(at(cover.as_message().unwrap(), "color").starts_with('#'));
    }
}

#[tokio::test]
async fn messages_that_contain_each_other_come_to_an_end() {
    let caller = Caller::new();
    let call = caller.call("GetBook", r#"id: "42""#);
    let reply = caller.mock.unary(call).await.unwrap();
    assert!(reply.message.len() < 200_000, "{} bytes", reply.message.len());
    let book = caller.ask("GetBook", r#"id: "42""#).await;
    assert_ne!(at(&book, "sequel.title"), "");
}

#[tokio::test]
async fn parts_of_a_promised_book_are_found_by_its_key() {
    let caller = Caller::new();
    let price = caller.ask("Book_price", r#"keys: "42" currency: "GBP""#).await;
    assert_eq!(at(&price, "items.0.key"), "42");
    assert_eq!(at(&price, "items.0.value.currency"), "GBP");

    let reviews = caller.ask("Book_reviews", r#"keys: "42" first: 3"#).await;
    let promised = all(&reviews, "items.0.values", "id");
    let real = caller.ask("BatchReviews", r#"book_ids: "42" page_size: 3"#).await;
    assert_eq!(promised, all(&real, "groups.0.reviews", "id"));
    assert_eq!(all(&reviews, "items.0.values", "text"), all(&real, "groups.0.reviews", "text"));
}

#[tokio::test]
async fn a_promised_connection_is_as_long_as_its_page() {
    let caller = Caller::new();
    let page = caller.ask("Query_page", "first: 4").await;
    let edges =
        caller.ask("Connection_edges", &format!("keys: {:?}", at(&page, "value.mock_key"))).await;
    let keys = all(&edges, "items.0.values", "mock_key");
    assert_eq!(keys.len(), 4);
    let mut ids = Vec::new();
    for key in keys {
        ids.push(at(&caller.ask("Edge_node", &format!("keys: {key:?}")).await, "items.0.value.id"));
    }
    let distinct: std::collections::HashSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), 4, "{ids:?}");
}

#[tokio::test]
async fn a_mutation_says_again_what_was_written() {
    let caller = Caller::new();
    let written = caller
        .ask("CreateReview", r#"book_id: "42" review { text: "Good." stars: 5 tags: "sea" tags: "war" genre: GENRE_POETRY }"#)
        .await;
    let review =
        ["book_id", "text", "stars", "genre"].map(|field| at(&written, &format!("review.{field}")));
    assert_eq!(review, ["42", "Good.", "5", "2"]);
    assert_eq!(at(&written, "review.tags.len"), "2");
    assert_eq!(at(&written, "review.tags.1"), "war");
    assert_ne!(at(&written, "review.id"), "");
}

#[tokio::test]
async fn a_promised_mutation_says_it_again_through_its_payload() {
    let caller = Caller::new();
    let payload =
        caller.ask("Mutation_write", r#"input { book_id: "42" stars: 2 text: "No." }"#).await;
    assert_eq!(at(&payload, "value.success"), "true");
    let key = at(&payload, "value.mock_key");
    let review = caller.ask("Payload_review", &format!("keys: {key:?}")).await;
    assert_eq!(at(&review, "items.0.key"), key);
    assert_eq!(at(&review, "items.0.value.text"), "No.");
    assert_eq!(at(&review, "items.0.value.stars"), "2");
    let review_key = at(&review, "items.0.value.mock_key");
    let book = caller.ask("Review_book", &format!("keys: {review_key:?}")).await;
    assert_eq!(at(&book, "items.0.value.id"), "42");
    let alone = caller.ask("GetBook", r#"id: "42""#).await;
    assert_eq!(at(&book, "items.0.value.title"), at(&alone, "title"));
}

#[tokio::test]
async fn a_shape_says_what_a_text_is_like_and_what_a_value_is() {
    let shape = contract::Mock { r#as: "email".to_owned(), ..contract::Mock::default() };
    let caller = Caller::shaped("Book", "title", &shape);
    assert!(at(&caller.ask("GetBook", r#"id: "42""#).await, "title").ends_with("@example.com"));

    let shape =
        |value: &str| contract::Mock { value: Some(value.to_owned()), ..contract::Mock::default() };
    let caller = Caller::shaped("Book", "createTime", &shape(r#""2024-05-01T12:00:00Z""#));
    assert_eq!(
        at(&caller.ask("GetBook", r#"id: "42""#).await, "create_time.seconds"),
        "1714564800"
    );
    let caller = Caller::shaped("Book", "genre", &shape(r#""POETRY""#));
    assert_eq!(at(&caller.ask("GetBook", r#"id: "1""#).await, "genre"), "2");
    let caller = Caller::shaped("Book", "tags", &shape(r#"["a", "b", "c"]"#));
    assert_eq!(at(&caller.ask("GetBook", r#"id: "1""#).await, "tags.2"), "c");
    let caller = Caller::shaped("Book", "firstSentence", &shape("null"));
    assert!(!caller.ask("GetBook", r#"id: "1""#).await.has_field_by_name("first_sentence"));
    let caller = Caller::shaped("Book", "reviews", &shape(r#"[{"id": "9", "text": "Fine."}, {}]"#));
    let reviews = caller.ask("BatchReviews", r#"book_ids: "42""#).await;
    assert_eq!(at(&reviews, "groups.0.reviews.len"), "2");
    assert_eq!(at(&reviews, "groups.0.reviews.0.text"), "Fine.");
    assert_eq!(at(&reviews, "groups.0.reviews.0.id"), "9");
}

#[tokio::test]
async fn a_method_that_no_field_asks_is_answered_too() {
    let caller = Caller::new();
    assert_eq!(caller.ask("Ping", "").await.encode_to_vec(), b"");
}

#[tokio::test]
async fn a_function_that_the_program_lacks_is_mocked_by_the_key_of_its_parent() {
    let caller = Caller::new();
    let functions = caller.mock.resolvers(&caller.contract);
    let [function] = functions.as_slice() else { panic!("{functions:?}") };
    assert_eq!((function.type_name, function.field), ("Book", "readingTime"));
    let parent = |pages: u32| {
        let parent = caller.message("anabranch.promised.v1.ReadingTime.Parent");
        let text = format!("id: \"42\" page_count: {pages}");
        let parent = DynamicMessage::parse_text_format(parent, &text).unwrap();
        Bytes::from(parent.encode_to_vec())
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    let request = Arc::new(Context::anonymous(deadline));
    let context = crate::resolver::Context::new(request, Arc::new(caller.mock.clone()));
    let parents = [parent(148), parent(200)];
    let results = function.resolve.resolve(&context, &parents, Bytes::new()).await;
    let output = caller.message("anabranch.promised.v1.ReadingTime.Output");
    let minutes = results.into_iter().map(|result| {
        let message = DynamicMessage::decode(output.clone(), result.unwrap()).unwrap();
        at(&message, "value").parse::<i64>().unwrap()
    });
    let minutes: Vec<i64> = minutes.collect();
    assert!((3..=180).contains(&minutes[0]) && minutes[0] == minutes[1], "{minutes:?}");
}

#[tokio::test]
async fn garbage_is_refused_with_the_method_that_got_it() {
    let caller = Caller::new();
    let mut call = caller.call("GetBook", "");
    call.message = Bytes::from_static(b"\xff\xff");
    let error = caller.mock.unary(call).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(&*error.origin().unwrap().method, "GetBook");
}

#[test]
fn a_contract_that_names_what_it_does_not_have_is_refused() {
    let mut contract = shop::contract();
    contract.methods[0].output = "shop.v1.Nothing".to_owned();
    let error = Mock::new(Arc::new(contract), Config::default()).unwrap_err();
    assert_eq!(
        error.message(),
        "the contract names the message `shop.v1.Nothing`, which its descriptor set does not have"
    );
    let shape = contract::Mock { r#as: "haiku".to_owned(), ..contract::Mock::default() };
    let contract = shop::contract_with("Book", "title", &shape);
    let error = Mock::new(Arc::new(contract), Config::default()).unwrap_err();
    assert_eq!(error.message(), "`Book.title` is mocked as `haiku`, which is no kind of text");
}
