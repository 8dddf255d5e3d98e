//! Which calls are made, with which keys, and when.

use super::*;

#[tokio::test(start_paused = true)]
async fn one_call_a_level_whatever_the_number_of_books() {
    let world = World::new(Shop::new());
    let answer =
        world.ask("{ books { title price { amount } reviews { body author { name } } } }").await;
    assert_eq!(
        answer,
        concat!(
            r#"{"data":{"books":["#,
            r#"{"title":"Book 1","price":{"amount":100},"reviews":[{"body":"good","author":{"name":"User u0"}}]},"#,
            r#"{"title":"Book 2","price":{"amount":200},"reviews":[{"body":"good","author":{"name":"User u0"}},"#,
            r#"{"body":"good","author":{"name":"User u1"}}]},"#,
            r#"{"title":"Book 3","price":{"amount":300},"reviews":[]}]}}"#
        )
    );
    world.check_calls(
        "Catalog/ListBooks
         Pricing/BatchGet 1 2 3
         Reviews/ListByBooks 1 2 3
         Users/BatchGet u0 u1",
    );
}

#[tokio::test(start_paused = true)]
async fn fields_that_ask_the_same_share_one_call() {
    let world = World::new(Shop::new());
    let answer = world
        .ask(
            "{ a: book(id: 1) { title } b: book(id: 1) { price { amount } firmPrice { amount } } }",
        )
        .await;
    assert_eq!(
        answer,
        r#"{"data":{"a":{"title":"Book 1"},"b":{"price":{"amount":100},"firmPrice":{"amount":100}}}}"#
    );
    world.check_calls("Catalog/GetBook 1\nPricing/BatchGet 1");
}

#[tokio::test(start_paused = true)]
async fn a_step_starts_when_its_inputs_are_there_and_waits_for_no_other() {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 300, Then::Answer);
    world.services.set("Reviews/ListByBooks", 50, Then::Answer);
    let began = Instant::now();
    world.ask("{ book(id: 1) { price { amount } reviews { author { name } } } }").await;
    assert_eq!(began.elapsed(), Duration::from_millis(300));
    let seen = world.services.seen();
    let users = seen.iter().find(|seen| seen.method == "Users/BatchGet").unwrap();
    assert_eq!(users.at - began, Duration::from_millis(50));
}

#[tokio::test(start_paused = true)]
async fn more_keys_than_fit_go_as_parallel_calls() {
    let mut shop = Shop::new();
    shop.join("Book.price").batch.as_mut().unwrap().max = 2;
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 100, Then::Answer);
    let began = Instant::now();
    let answer = world.ask("{ books { price { amount } } }").await;
    assert_eq!(began.elapsed(), Duration::from_millis(100));
    assert_eq!(
        answer,
        r#"{"data":{"books":[{"price":{"amount":100}},{"price":{"amount":200}},{"price":{"amount":300}}]}}"#
    );
    world.check_calls("Catalog/ListBooks\nPricing/BatchGet 1 2\nPricing/BatchGet 3");
}

#[tokio::test(start_paused = true)]
async fn only_so_many_calls_of_a_field_are_on_their_way_at_a_time() {
    let world = World::with(Shop::new(), Config { calls_at_once: 2, ..Config::default() });
    world.services.set("Inventory/Get", 100, Then::Answer);
    let began = Instant::now();
    let answer = world.ask("{ books { stock } }").await;
    assert_eq!(answer, r#"{"data":{"books":[{"stock":1},{"stock":2},{"stock":3}]}}"#);
    assert_eq!(began.elapsed(), Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_list_of_keys_is_a_list_of_objects_in_that_order() {
    let world = World::new(Shop::new());
    let answer = world.ask("{ books { related { title } } }").await;
    assert_eq!(
        answer,
        concat!(
            r#"{"data":{"books":["#,
            r#"{"related":[{"title":"Book 2"},{"title":"Book 3"}]},"#,
            r#"{"related":[{"title":"Book 3"},{"title":"Book 4"}]},"#,
            r#"{"related":[{"title":"Book 4"},{"title":"Book 5"}]}]}}"#
        )
    );
    world.check_calls("Catalog/ListBooks\nCatalog/BatchGetBooks 2 3 4 5");
}

#[tokio::test(start_paused = true)]
async fn a_missing_item_is_null_and_an_item_may_fail_alone() {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 0, Then::Omit("2"));
    assert_eq!(
        world.ask("{ books { price { amount } } }").await,
        r#"{"data":{"books":[{"price":{"amount":100}},{"price":null},{"price":{"amount":300}}]}}"#
    );
    world.services.set("Pricing/BatchGet", 0, Then::Status("2", 7));
    let answer = world.ask("{ books { price { amount } } }").await;
    assert!(
        answer.contains(r#"[{"price":{"amount":100}},{"price":null},{"price":{"amount":300}}]"#),
        "{answer}"
    );
    assert!(answer.contains(r#""path":["books",1,"price"]"#), "{answer}");
    assert!(
        answer.contains(
            r#""extensions":{"code":"PERMISSION_DENIED","service":"Pricing","method":"BatchGet"}"#
        ),
        "{answer}"
    );
    assert!(!answer.contains("secret"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn what_a_request_has_asked_for_it_does_not_ask_for_again() {
    let world = World::new(Shop::new());
    world.ask("{ books { author { name } reviews { author { name } } } }").await;
    // The books are by u1, u2 and u0, the reviews by u0 and u1.
    world.check_calls("Catalog/ListBooks\nReviews/ListByBooks 1 2 3\nUsers/BatchGet u1 u2 u0");
}

#[tokio::test(start_paused = true)]
async fn a_resolver_is_asked_once_for_all_parents() {
    let world = World::new(Shop::new());
    assert_eq!(
        world.ask("{ books { length } }").await,
        r#"{"data":{"books":[{"length":6},{"length":6},{"length":6}]}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_parents_that_are_not_there() {
    let world = World::new(Shop::new());
    world.services.set("Catalog/GetBook", 0, Then::Fail(Code::NotFound));
    assert_eq!(
        world.ask("{ book(id: 1) { price { amount } } }").await,
        r#"{"data":{"book":null}}"#
    );
    world.check_calls("Catalog/GetBook 1");
}

#[test]
fn a_program_without_the_contracts_resolvers_is_refused() {
    let shop = Shop::new();
    let new = |resolvers| {
        let services = Arc::new(Services::default());
        Executor::new(&shop.contract, services, resolvers, &Config::default())
    };
    let refusal = |resolvers| new(resolvers).unwrap_err().to_string();
    assert_eq!(
        refusal(Vec::new()),
        "the contract does not fit the program: `Book.length` has no resolver in this program"
    );
    let other = Registration {
        type_name: "Book",
        field: "length",
        fingerprint: "2",
        resolve: Box::new(TitleLength(Services::default())),
    };
    assert_eq!(
        refusal(vec![other]),
        "the contract does not fit the program: `Book.length` was compiled against another contract"
    );
}
