//! `mock` and `serve`, asked over HTTP on loopback.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    command::{Server, folder, run},
    project::new,
};

const SCHEMA: &str = r#"
type Query { book(id: ID!): Book books(first: Int): [Book!]! me: User }
type Mutation { addReview(input: ReviewInput!): AddReviewPayload! }
input ReviewInput { bookId: ID! stars: Int! text: String }
type AddReviewPayload { review: Review }
type Book { id: ID! title: String! price: Money reviews(first: Int): [Review!]! }
type Money { amount: String! currency: String! @mock(value: "EUR") }
type Review { id: ID! stars: Int! text: String author: User! book: Book! }
type User { id: ID! name: String! email: String! }
"#;

#[test]
fn a_schema_alone_answers() {
    let folder = folder(&[("schema/shop.graphql", SCHEMA)]);
    let server = Server::start(folder.path(), &["mock"]);
    let wanted = format!("anabranch {} · mock · 7 types, ", env!("CARGO_PKG_VERSION"));
    assert!(server.line.starts_with(&wanted), "{}", server.line);
    assert!(server.line.contains("fields, all promised · http://127.0.0.1:"), "{}", server.line);
    assert!(server.line.ends_with("/graphql (GraphiQL in the browser)"), "{}", server.line);

    let query = "{ book(id: \"42\") { title price { amount currency } reviews(first: 2) { stars author { name } book { id title } } } }";
    let answer = server.ask(query, &[]);
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let book = &answer["data"]["book"];
    assert_eq!(book["price"]["currency"], "EUR");
    assert_eq!(book["reviews"].as_array().unwrap().len(), 2);
    assert_eq!(server.ask(query, &[]), answer);

    let again = Server::start(folder.path(), &["mock"]);
    assert_eq!(again.ask(query, &[]), answer, "the same on a colleague's machine");
    let other = Server::start(folder.path(), &["mock", "--seed", "7"]);
    assert_ne!(other.ask(query, &[]), answer);
}

#[test]
fn a_page_is_built_on_day_0_for_good_days_and_bad_ones() {
    let folder = folder(&[("schema/shop.graphql", SCHEMA)]);
    let server = Server::start(folder.path(), &["mock", "--schema", "schema/"]);
    let query =
        r#"{ book(id: "42") { title price { amount } reviews { stars author { name } } } }"#;
    let answer = server.ask(query, &[]);
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let book = &answer["data"]["book"];
    for text in [&book["title"], &book["price"]["amount"]] {
        assert!(!text.as_str().unwrap().is_empty(), "{answer}");
    }
    let reviews = book["reviews"].as_array().unwrap();
    assert!(!reviews.is_empty(), "{answer}");
    for review in reviews {
        assert!(review["stars"].is_i64() && review["author"]["name"].is_string(), "{review}");
    }

    let empty = server.ask(query, &[("x-mock", "empty")]);
    assert_eq!(empty["data"]["book"]["reviews"], json!([]), "{empty}");
    assert_eq!(empty["data"]["book"]["title"], book["title"]);
    let broken = server.ask(query, &[("x-mock", "error=reviews")]);
    assert_eq!(broken["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{broken}");
    let slow = server.ask(query, &[("x-mock", "slow=reviews:20ms")]);
    assert_eq!(slow, answer);
}

#[test]
fn the_same_book_is_the_same_wherever_it_stands() {
    let folder = folder(&[("schema/shop.graphql", SCHEMA)]);
    let server = Server::start(folder.path(), &["mock"]);
    let answer = server.ask(
        "{ books(first: 4) { id title price { amount } reviews(first: 1) { book { id title } } } }",
        &[],
    );
    let books = answer["data"]["books"].as_array().unwrap();
    assert_eq!(books.len(), 4);
    for book in books {
        let id = book["id"].as_str().unwrap();
        let alone =
            server.ask(&format!("{{ book(id: {id:?}) {{ id title price {{ amount }} }} }}"), &[]);
        assert_eq!(alone["data"]["book"]["title"], book["title"]);
        assert_eq!(alone["data"]["book"]["price"], book["price"]);
        let inside = &book["reviews"][0]["book"];
        let inside_alone =
            server.ask(&format!("{{ book(id: {}) {{ id title }} }}", inside["id"]), &[]);
        assert_eq!(&inside_alone["data"]["book"], inside);
    }
}

#[test]
fn a_mutation_says_again_what_was_written() {
    let folder = folder(&[("schema/shop.graphql", SCHEMA)]);
    let server = Server::start(folder.path(), &["mock"]);
    let answer = server.ask(
        "mutation { addReview(input: { bookId: \"42\", stars: 2, text: \"No.\" }) { review { id stars text author { name } } } }",
        &[],
    );
    let review = &answer["data"]["addReview"]["review"];
    assert_eq!((&review["stars"], &review["text"]), (&json!(2), &json!("No.")), "{answer}");
}

#[test]
fn who_asks_for_endless_lists_gets_pages_or_an_error_in_time() {
    let folder = folder(&[("schema/shop.graphql", SCHEMA)]);
    let server = Server::start(folder.path(), &["mock"]);
    let endless = "(first: 2147483647)";
    let lists = [
        format!("{{ books{endless} {{ title reviews{endless} {{ text }} }} }}"),
        format!(
            "{{ books{endless} {{ reviews{endless} {{ book {{ reviews{endless} {{ text }} }} }} }} }}"
        ),
    ];
    for query in lists {
        let began = Instant::now();
        let answer = server.ask(&query, &[]);
        // The deadline is 1 s; a loaded machine has its time.
        assert!(began.elapsed() < Duration::from_secs(10), "{query}: {:?}", began.elapsed());
        let pages = answer["data"]["books"].as_array().map_or(0, Vec::len);
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        let refused = matches!(code, Some("RESOURCE_EXHAUSTED" | "DEADLINE_EXCEEDED"));
        assert!(pages == 100 || refused, "{query}: {pages} {code:?}");
    }
}

#[test]
fn a_field_that_a_function_will_answer_is_mocked_too() {
    let schema = "type Query { book(id: ID!): Book }\n\
                  type Book { id: ID! readingTime: Int! @resolve(requires: \"id\") }\n";
    let folder = folder(&[("schema/shop.graphql", schema)]);
    let server = Server::start(folder.path(), &["mock"]);
    let query = "{ book(id: \"42\") { readingTime } }";
    let answer = server.ask(query, &[]);
    let minutes =
        answer["data"]["book"]["readingTime"].as_i64().unwrap_or_else(|| panic!("{answer}"));
    assert!((3..=180).contains(&minutes), "{minutes}");
    let failed = server.ask(query, &[("x-mock", "error=readingTime")]);
    assert_eq!(failed["errors"][0]["path"], json!(["book", "readingTime"]), "{failed}");
}

#[test]
fn bad_days_can_be_asked_for_and_are_nobody_elses() {
    let folder = folder(&[("schema/shop.graphql", SCHEMA)]);
    let server = Server::start(folder.path(), &["mock"]);
    let query = "{ book(id: \"42\") { title reviews { stars } } }";
    let good = server.ask(query, &[]);
    assert_eq!(good["errors"], json!(null), "{good}");

    let empty = server.ask(query, &[("x-mock", "empty")]);
    assert_eq!(empty["data"]["book"]["reviews"], json!([]));
    assert_eq!(empty["data"]["book"]["title"], good["data"]["book"]["title"]);

    let broken = server.ask(
        "{ book(id: \"42\") { title price { amount } } }",
        &[("x-mock", "error=price:NOT_FOUND, slow=1ms")],
    );
    assert_eq!(broken["data"]["book"]["price"], json!(null));
    let failed =
        server.ask("{ book(id: \"42\") { title price { amount } } }", &[("x-mock", "error=price")]);
    assert_eq!(failed["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{failed}");
    assert_eq!(failed["errors"][0]["path"], json!(["book", "price"]));

    let long = server.ask(query, &[("x-mock", "long")]);
    assert!(long["data"]["book"]["title"].as_str().unwrap().len() > 200);
    let nonsense = server.ask(query, &[("x-mock", "nonsense")]);
    assert_eq!(nonsense["data"], json!(null), "{nonsense}");
    let message = nonsense["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the header `x-mock` has `nonsense`; write `slow=800ms`"),
        "{message}"
    );
    assert_eq!(server.ask(query, &[]), good);
}

#[test]
fn a_gateway_starts_while_its_service_is_down_and_its_promised_fields_are_mocked() {
    let (_folder, project) = new();
    let config = std::fs::read_to_string(project.join("anabranch.toml")).unwrap();
    // A port that nobody can listen at.
    std::fs::write(project.join("anabranch.toml"), config.replace("50051", "1")).unwrap();
    let server = Server::start(&project, &["serve"]);
    assert!(!server.line.contains("mock"), "{}", server.line);
    assert!(server.line.contains("4 promised"), "{}", server.line);
    let answer = server.ask("{ book(id: \"42\") { title } books { title } }", &[]);
    assert_eq!(answer["data"], json!({ "book": null, "books": [] }), "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
}

#[test]
fn what_cannot_be_served_says_why() {
    let (_folder, project) = new();
    std::fs::write(project.join("anabranch.toml"), "").unwrap();
    let run_one = run(&project, &["serve"]);
    assert_eq!(run_one.code, 1, "{run_one:?}");
    assert!(run_one.err.contains("library.v1.Library"), "{}", run_one.err);

    std::fs::write(
        project.join("anabranch.toml"),
        "[services.\"*\"]\nendpoints = [\"http://127.0.0.1:1\"]\n",
    )
    .unwrap();
    let promised = run(&project, &["serve"]);
    assert_eq!(promised.code, 1, "{promised:?}");
    assert!(
        promised.err.contains("`Book.reviews`") && promised.err.contains("mock.promised"),
        "{}",
        promised.err
    );

    std::fs::write(project.join("anabranch.toml"), "[server]\nlistne = \"x\"\n").unwrap();
    let misspelled = run(&project, &["serve"]);
    assert_eq!(misspelled.code, 1, "{misspelled:?}");
    assert!(
        misspelled.err.contains("anabranch.toml:2") && misspelled.err.contains("listne"),
        "{}",
        misspelled.err
    );
}
