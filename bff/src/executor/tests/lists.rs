//! Lists in parts: which items leave when, and who waits for whom.

use super::*;

fn world() -> World {
    let world = World::new(Shop::new());
    world.services.set("Users/BatchGet", 80, Then::Answer);
    world.services.set("Pricing/BatchGet", 50, Then::Answer);
    world
}

#[tokio::test(start_paused = true)]
async fn the_first_items_do_not_wait_for_the_joins_of_the_others() {
    let world = world();
    world.services.set("Users/BatchGet", 80, Then::Linger("u0", 20));
    let query = "{ books *1 more { id author { name } } }";
    world
        .check_told(
            query,
            Incremental::Pending,
            r#"
80 {"data":{"books":[{"id":"1","author":{"name":"User u1"}}]},"pending":[{"id":"0","path":["books"],"label":"more"}],"hasNext":true}
100 {"incremental":[{"items":[{"id":"2","author":{"name":"User u2"}},{"id":"3","author":{"name":"User u0"}}],"id":"0","path":["books",1]}],"completed":[{"id":"0"}],"hasNext":false}
"#,
        )
        .await;
    // Calls of their own, which start at the same time.
    world.check_calls("Catalog/ListBooks \n Users/BatchGet u1 \n Users/BatchGet u2 u0");
    world
        .check_told(
            query,
            Incremental::Patches,
            r#"
80 {"data":{"books":[{"id":"1","author":{"name":"User u1"}}]},"hasNext":true}
100 {"incremental":[{"items":[{"id":"2","author":{"name":"User u2"}},{"id":"3","author":{"name":"User u0"}}],"path":["books",1],"label":"more"}],"hasNext":false}
"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn without_first_items_the_answer_leaves_with_the_list() {
    world()
        .check_told(
            "{ books *0 { id author { name } } }",
            Incremental::Pending,
            r#"
0 {"data":{"books":[]},"pending":[{"id":"0","path":["books"]}],"hasNext":true}
80 {"incremental":[{"items":[{"id":"1","author":{"name":"User u1"}},{"id":"2","author":{"name":"User u2"}},{"id":"3","author":{"name":"User u0"}}],"id":"0","path":["books",0]}],"completed":[{"id":"0"}],"hasNext":false}
"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn items_for_which_nothing_has_to_be_waited_come_at_once() {
    let world = world();
    let whole = r#"0 {"data":{"books":[{"id":"1"},{"id":"2"},{"id":"3"}]}}"#;
    world.check_told("{ books *1 { id } }", Incremental::Pending, whole).await;
    world
        .check_told(
            "{ books *3 { id author { name } } }",
            Incremental::Pending,
            r#"80 {"data":{"books":[{"id":"1","author":{"name":"User u1"}},{"id":"2","author":{"name":"User u2"}},{"id":"3","author":{"name":"User u0"}}]}}"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn who_leaves_or_has_no_list_cancels_the_calls_of_what_is_left() {
    let world = world();
    world.services.set("Pricing/BatchGet", 50, Then::Linger("3", 100));
    let book = r#"{ books *1 { id firmPrice { amount } author { name } } }"#;
    world.services.set("Users/BatchGet", 60, Then::Answer);
    let mut parts = world.parts(book, Incremental::Pending, within(1_000));
    let first = parts.next().await.unwrap();
    assert!(first.starts_with("60 "), "{first}");
    drop(parts);
    sleep(1).await;
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Replied, End::Dropped]);

    let world = self::world();
    world.services.set("Pricing/BatchGet", 50, Then::Omit("1"));
    let mut parts = world.parts(book, Incremental::Pending, within(1_000));
    let only = parts.next().await.unwrap();
    assert!(only.starts_with(r#"80 {"data":{"books":null},"errors":[{"#), "{only}");
    assert!(!only.contains("hasNext"), "{only}");
    assert_eq!(parts.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn an_item_that_may_not_be_null_fails_what_is_left_and_no_more() {
    let world = world();
    world.services.set("Pricing/BatchGet", 50, Then::Omit("3"));
    let query = "{ books *1 { id firmPrice { amount } } }";
    let error = concat!(
        r#"{"message":"there is no value, and null may not stand here","locations":[{"line":0,"column":0}],"#,
        r#""path":["books",2,"firmPrice"],"extensions":{"code":"NULL_VALUE"}}"#
    );
    let first = r#"50 {"data":{"books":[{"id":"1","firmPrice":{"amount":100}}]}"#;
    world
        .check_told(
            query,
            Incremental::Patches,
            &format!(
                r#"{first},"hasNext":true}}
50 {{"incremental":[{{"items":null,"path":["books",1],"errors":[{error}]}}],"hasNext":false}}"#
            ),
        )
        .await;
    world
        .check_told(
            query,
            Incremental::Pending,
            &format!(
                r#"{first},"pending":[{{"id":"0","path":["books"]}}],"hasNext":true}}
50 {{"completed":[{{"id":"0","errors":[{error}]}}],"hasNext":false}}"#
            ),
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_degraded_and_what_failed_is_told_with_the_items() {
    let mut shop = Shop::new();
    shop.policy("Book.price").fallback = Some(Box::new(crate::contract::Fallback {
        last: Some(crate::contract::fallback::Last::Null(true)),
        ..crate::contract::Fallback::default()
    }));
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 50, Then::Refuse("2", Code::Unavailable));
    world
        .check_told(
            "{ books *1 { price { amount } } }",
            Incremental::Patches,
            r#"
50 {"data":{"books":[{"price":{"amount":100}}]},"hasNext":true}
50 {"incremental":[{"items":[{"price":null},{"price":null}],"path":["books",1],"extensions":{"degraded":[{"path":["books",1,"price"],"cause":"UNAVAILABLE","source":"null"},{"path":["books",2,"price"],"cause":"UNAVAILABLE","source":"null"}]}}],"hasNext":false}
"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn lists_in_items_and_fragments_in_items_are_told_behind_them() {
    let world = world();
    world.services.set("Users/BatchGet", 80, Then::Linger("u0", 100));
    world
        .check_told(
            "{ books *2 a { id price { amount } reviews *1 b { id author { name } } ... c { author { name } } } }",
            Incremental::Pending,
            r#"
180 {"data":{"books":[{"id":"1","price":{"amount":100},"reviews":[{"id":"r1.0","author":{"name":"User u0"}}]},{"id":"2","price":{"amount":200},"reviews":[{"id":"r2.0","author":{"name":"User u0"}}]}]},"pending":[{"id":"0","path":["books",0],"label":"c"},{"id":"1","path":["books",1],"label":"c"},{"id":"2","path":["books",1,"reviews"],"label":"b"},{"id":"3","path":["books"],"label":"a"}],"hasNext":true}
180 {"incremental":[{"data":{"author":{"name":"User u1"}},"id":"0"},{"data":{"author":{"name":"User u2"}},"id":"1"},{"items":[{"id":"r2.1","author":{"name":"User u1"}}],"id":"2","path":["books",1,"reviews",1]},{"items":[{"id":"3","price":{"amount":300},"reviews":[]}],"id":"3","path":["books",2]},{"data":{"author":{"name":"User u0"}},"id":"4"}],"pending":[{"id":"4","path":["books",2],"label":"c"}],"completed":[{"id":"0"},{"id":"1"},{"id":"2"},{"id":"3"},{"id":"4"}],"hasNext":false}
"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn by_the_deadline_the_last_items_have_left() {
    let world = world();
    world.services.set("Pricing/BatchGet", 50, Then::Linger("2", 60_000));
    let query = "{ books *1 { price { amount } } }";
    let mut parts = world.parts(query, Incremental::Pending, within(500));
    assert!(parts.next().await.unwrap().starts_with("50 "));
    let last = parts.next().await.unwrap();
    assert!(
        last.starts_with(
            r#"495 {"incremental":[{"items":[{"price":null},{"price":null}],"id":"0","path":["books",1],"errors":[{"#
        ),
        "{last}"
    );
    assert!(last.ends_with(r#""completed":[{"id":"0"}],"hasNext":false}"#), "{last}");
    assert_eq!(parts.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn items_too_large_for_what_is_left_fail_alone() {
    use crate::units::ByteSize;
    let config = Config { max_answer_size: ByteSize(900), ..Config::default() };
    let world = World::with(Shop::new(), config);
    world.services.set_edition(&"x".repeat(400));
    let query = "{ books *1 { title author { name } } }";
    let mut parts = world.parts(query, Incremental::Pending, within(500));
    assert!(parts.next().await.unwrap().contains("hasNext\":true"));
    let last = parts.next().await.unwrap();
    assert!(last.contains(r#""completed":[{"id":"0","errors":"#), "{last}");
    assert!(last.contains("RESOURCE_EXHAUSTED"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn of_the_values_of_many_keys_the_first_do_not_wait_for_the_others() {
    let world = world();
    world.services.set("Catalog/BatchGetBooks", 40, Then::Linger("3", 30));
    let query = "{ book(id: 1) { related *1 more { id } } }";
    let related = world.ask("{ book(id: 1) { related { id } } }").await;
    assert_eq!(related, r#"{"data":{"book":{"related":[{"id":"2"},{"id":"3"}]}}}"#);
    world.services.forget();
    world
        .check_told(
            query,
            Incremental::Pending,
            r#"
40 {"data":{"book":{"related":[{"id":"2"}]}},"pending":[{"id":"0","path":["book","related"],"label":"more"}],"hasNext":true}
70 {"incremental":[{"items":[{"id":"3"}],"id":"0","path":["book","related",1]}],"completed":[{"id":"0"}],"hasNext":false}
"#,
        )
        .await;
    world.check_calls("Catalog/GetBook 1 \n Catalog/BatchGetBooks 2 \n Catalog/BatchGetBooks 3");
    let whole = r#"70 {"data":{"book":{"related":[{"id":"2"},{"id":"3"}]}}}"#;
    let all = "{ book(id: 1) { related *2 { id } } }";
    world.check_told(all, Incremental::Pending, whole).await;
}

#[tokio::test(start_paused = true)]
async fn the_keys_that_are_left_of_many_lists_go_in_one_call() {
    let world = world();
    world
        .check_told(
            "{ books { related *0 { id price { amount } } } }",
            Incremental::Patches,
            r#"
0 {"data":{"books":[{"related":[]},{"related":[]},{"related":[]}]},"hasNext":true}
50 {"incremental":[{"items":[{"id":"2","price":{"amount":200}},{"id":"3","price":{"amount":300}}],"path":["books",0,"related",0]},{"items":[{"id":"3","price":{"amount":300}},{"id":"4","price":{"amount":400}}],"path":["books",1,"related",0]},{"items":[{"id":"4","price":{"amount":400}},{"id":"5","price":{"amount":500}}],"path":["books",2,"related",0]}],"hasNext":false}
"#,
        )
        .await;
    world.check_calls(
        "Catalog/ListBooks \n Catalog/BatchGetBooks 2 3 4 5 \n Pricing/BatchGet 2 3 4 5",
    );
}

#[tokio::test(start_paused = true)]
async fn items_behind_those_that_a_list_is_shown_without_follow_those_that_are_shown() {
    let mut shop = Shop::new();
    shop.policy("Book.related").fallback = Some(Box::new(crate::contract::Fallback {
        last: Some(crate::contract::fallback::Last::Null(true)),
        leave_out: true,
        ..crate::contract::Fallback::default()
    }));
    let world = World::new(shop);
    world.services.set("Catalog/BatchGetBooks", 0, Then::Status("2", 14));
    let query = "{ book(id: 1) { related *1 { id price { amount } } } }";
    let told = world.told(query, Incremental::Patches).await;
    assert!(told.contains(r#"{"data":{"book":{"related":[]}}"#), "{told}");
    assert!(
        told.contains(
            r#"{"items":[{"id":"3","price":{"amount":300}}],"path":["book","related",0]}"#
        ),
        "{told}"
    );
}
