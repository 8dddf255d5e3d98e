//! Answers in parts: what leaves when, in both forms.

use futures::StreamExt;

use super::*;

impl World {
    pub(super) fn parts(&self, query: &str, how: Incremental, context: Context) -> Parts {
        let prepared = self.prepared(query);
        let context = Arc::new(context);
        let answers = self.executor.execute_incrementally(
            &prepared,
            Vec::new(),
            context,
            Beside::default(),
            how,
        );
        Parts { began: Instant::now(), answers }
    }

    /// All parts, each behind the milliseconds after which it came.
    pub(super) async fn told(&self, query: &str, how: Incremental) -> String {
        let mut parts = self.parts(query, how, within(1_000));
        let mut told = String::new();
        while let Some(part) = parts.next().await {
            told += &format!("{part}\n");
        }
        told
    }

    #[track_caller]
    pub(super) fn check_told(
        &self,
        query: &str,
        how: Incremental,
        expected: &str,
    ) -> impl Future<Output = ()> {
        let (world, query) = (self.clone(), query.to_owned());
        let expected: Vec<String> =
            expected.trim().lines().map(|it| it.trim().to_owned()).collect();
        let place = std::panic::Location::caller();
        async move {
            let told = world.told(&query, how).await;
            assert_eq!(told.lines().collect::<Vec<_>>(), expected, "{place}");
        }
    }
}

pub(super) struct Parts {
    began: Instant,
    answers: futures::stream::BoxStream<'static, Answer>,
}

impl Parts {
    pub(super) async fn next(&mut self) -> Option<String> {
        let part = self.answers.next().await?;
        let body = String::from_utf8(part.body.to_vec()).unwrap();
        serde_json::from_str::<serde_json::Value>(&body).unwrap();
        Some(format!("{} {body}", self.began.elapsed().as_millis()))
    }
}

fn world() -> World {
    let world = World::new(Shop::new());
    world.services.set("Pricing/BatchGet", 50, Then::Answer);
    world.services.set("Users/BatchGet", 80, Then::Answer);
    world
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_does_not_wait_for_what_is_deferred() {
    let query = "{ book(id: 1) { title ... slow { price { amount } } } }";
    world()
        .check_told(
            query,
            Incremental::Pending,
            r#"
0 {"data":{"book":{"title":"Book 1"}},"pending":[{"id":"0","path":["book"],"label":"slow"}],"hasNext":true}
50 {"incremental":[{"data":{"price":{"amount":100}},"id":"0"}],"completed":[{"id":"0"}],"hasNext":false}
"#,
        )
        .await;
    world()
        .check_told(
            query,
            Incremental::Patches,
            r#"
0 {"data":{"book":{"title":"Book 1"}},"hasNext":true}
50 {"incremental":[{"data":{"price":{"amount":100}},"path":["book"],"label":"slow"}],"hasNext":false}
"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_needs_no_later_step_is_not_deferred() {
    let at_hand =
        "{ book(id: 1) { title ... a { id } price { amount } ... b { firmPrice { amount } } } }";
    world()
        .check_told(
            at_hand,
            Incremental::Pending,
            r#"50 {"data":{"book":{"title":"Book 1","id":"1","price":{"amount":100},"firmPrice":{"amount":100}}}}"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn each_object_of_a_list_is_a_group_and_all_are_told_at_once() {
    let world = world();
    world
        .check_told(
            "{ books { id ... { author { name } } } }",
            Incremental::Pending,
            concat!(
                r#"0 {"data":{"books":[{"id":"1"},{"id":"2"},{"id":"3"}]},"#,
                r#""pending":[{"id":"0","path":["books",0]},{"id":"1","path":["books",1]},{"id":"2","path":["books",2]}],"hasNext":true}"#,
                "\n",
                r#"80 {"incremental":[{"data":{"author":{"name":"User u1"}},"id":"0"},{"data":{"author":{"name":"User u2"}},"id":"1"},"#,
                r#"{"data":{"author":{"name":"User u0"}},"id":"2"}],"completed":[{"id":"0"},{"id":"1"},{"id":"2"}],"hasNext":false}"#
            ),
        )
        .await;
    world.check_calls("Catalog/ListBooks \n Users/BatchGet u1 u2 u0");
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_another_deferred_fragment_is_announced_behind_it() {
    world()
        .check_told(
            "{ book(id: 1) { title ... a { price { amount } ... b { author { name } } } ... c { stock } } }",
            Incremental::Pending,
            r#"
0 {"data":{"book":{"title":"Book 1"}},"pending":[{"id":"0","path":["book"],"label":"a"},{"id":"1","path":["book"],"label":"c"}],"hasNext":true}
0 {"incremental":[{"data":{"stock":1},"id":"1"}],"completed":[{"id":"1"}],"hasNext":true}
50 {"incremental":[{"data":{"price":{"amount":100}},"id":"0"}],"pending":[{"id":"2","path":["book"],"label":"b"}],"completed":[{"id":"0"}],"hasNext":true}
80 {"incremental":[{"data":{"author":{"name":"User u1"}},"id":"2"}],"completed":[{"id":"2"}],"hasNext":false}
"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_waits_for_no_key_of_what_is_deferred() {
    let world = world();
    world.services.set("Catalog/ListBooks", 60, Then::Answer);
    // One step would have all prices, were it not for the list that comes later.
    world
        .check_told(
            "{ book(id: 1) { price { amount } } ... { books { price { amount } } } }",
            Incremental::Patches,
            r#"
50 {"data":{"book":{"price":{"amount":100}}},"hasNext":true}
110 {"incremental":[{"data":{"books":[{"price":{"amount":100}},{"price":{"amount":200}},{"price":{"amount":300}}]},"path":[]}],"hasNext":false}
"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_value_that_may_not_be_null_voids_its_fragment_alone() {
    let query =
        "{ book(id: 1) { title ... a { firmPrice { amount } } ... b { author { name } } } }";
    let world = world();
    world.services.set("Pricing/BatchGet", 50, Then::Omit("1"));
    let error = concat!(
        r#"{"message":"there is no value, and null may not stand here","locations":[{"line":0,"column":0}],"#,
        r#""path":["book","firmPrice"],"extensions":{"code":"NULL_VALUE"}}"#
    );
    let pending =
        r#"{"id":"0","path":["book"],"label":"a"},{"id":"1","path":["book"],"label":"b"}"#;
    world
        .check_told(
            query,
            Incremental::Pending,
            &format!(
                r#"0 {{"data":{{"book":{{"title":"Book 1"}}}},"pending":[{pending}],"hasNext":true}}
50 {{"completed":[{{"id":"0","errors":[{error}]}}],"hasNext":true}}
80 {{"incremental":[{{"data":{{"author":{{"name":"User u1"}}}},"id":"1"}}],"completed":[{{"id":"1"}}],"hasNext":false}}"#
            ),
        )
        .await;
    world
        .check_told(
            query,
            Incremental::Patches,
            &format!(
                r#"0 {{"data":{{"book":{{"title":"Book 1"}}}},"hasNext":true}}
50 {{"incremental":[{{"data":null,"path":["book"],"label":"a","errors":[{error}]}}],"hasNext":true}}
80 {{"incremental":[{{"data":{{"author":{{"name":"User u1"}}}},"path":["book"],"label":"b"}}],"hasNext":false}}"#
            ),
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_a_region_that_is_null_is_not_announced_and_not_waited_for() {
    let world = world();
    world.services.set("Pricing/BatchGet", 1, Then::Fail(Code::Unavailable));
    let mut parts = world.parts(
        "{ book(id: 1) { firmPrice { amount } ... { author { name } } } }",
        Incremental::Pending,
        within(1_000),
    );
    let only = parts.next().await.unwrap();
    assert!(only.starts_with(r#"1 {"data":{"book":null},"errors":[{"#), "{only}");
    assert!(!only.contains("hasNext"), "{only}");
    assert_eq!(parts.next().await, None);
    assert_eq!(world.services.ends("Users/BatchGet"), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn what_is_degraded_is_told_with_its_part() {
    let mut shop = Shop::new();
    shop.policy("Book.price").fallback = Some(Box::new(crate::contract::Fallback {
        last: Some(crate::contract::fallback::Last::Null(true)),
        ..crate::contract::Fallback::default()
    }));
    let world = World::new(shop);
    world.services.set("Pricing/BatchGet", 50, Then::Fail(Code::Unavailable));
    world
        .check_told(
            "{ book(id: 1) { title ... { price { amount } } } }",
            Incremental::Patches,
            r#"
0 {"data":{"book":{"title":"Book 1"}},"hasNext":true}
50 {"incremental":[{"data":{"price":null},"path":["book"],"extensions":{"degraded":[{"path":["book","price"],"cause":"UNAVAILABLE","source":"null"}]}}],"hasNext":false}
"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn by_the_deadline_the_last_part_has_left() {
    let world = world();
    world.services.set("Pricing/BatchGet", 60_000, Then::Answer);
    let query = "{ book(id: 1) { title ... { price { amount } } } }";
    let mut parts = world.parts(query, Incremental::Pending, within(500));
    parts.next().await.unwrap();
    let last = parts.next().await.unwrap();
    assert!(last.starts_with(r#"495 {"incremental":[{"data":{"price":null},"id":"0","errors":[{"#));
    assert!(last.ends_with(r#""completed":[{"id":"0"}],"hasNext":false}"#), "{last}");
    assert_eq!(parts.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_after_the_first_part_cancels_the_rest() {
    let world = world();
    let query = "{ book(id: 1) { title ... { price { amount } } } }";
    let mut parts = world.parts(query, Incremental::Pending, within(500));
    parts.next().await.unwrap();
    sleep(10).await;
    drop(parts);
    sleep(1).await;
    assert_eq!(world.services.ends("Pricing/BatchGet"), [End::Dropped]);
}

#[tokio::test(start_paused = true)]
async fn all_parts_together_fit_the_answers_size() {
    use crate::units::ByteSize;
    let config = Config { max_answer_size: ByteSize(700), ..Config::default() };
    let world = World::with(Shop::new(), config);
    let title = "x".repeat(400);
    world.services.set("Users/BatchGet", 50, Then::Answer);
    world.services.set_edition(&title);
    let mut parts = world.parts(
        "{ book(id: 1) { title ... { author { name } related { title } } ... { again: related { title author { name } } } } }",
        Incremental::Pending,
        within(500),
    );
    let mut all = String::new();
    while let Some(part) = parts.next().await {
        all += &part;
    }
    assert!(all.contains("RESOURCE_EXHAUSTED"), "{all}");
    assert!(all.len() < 3_000, "{}", all.len());
}

#[tokio::test(start_paused = true)]
async fn a_mutation_changes_first_and_tells_the_rest_later() {
    let world = world();
    world
        .check_told(
            r#"mutation { a: rename(id: 1, title: A) { title ... { price { amount } } } b: rename(id: 2, title: B) { title } }"#,
            Incremental::Pending,
            r#"
0 {"data":{"a":{"title":"A"},"b":{"title":"B"}},"pending":[{"id":"0","path":["a"]}],"hasNext":true}
50 {"incremental":[{"data":{"price":{"amount":100}},"id":"0"}],"completed":[{"id":"0"}],"hasNext":false}
"#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn past_the_deadline_many_parts_are_not_written_but_told_of() {
    let fragments: String =
        (0..70).map(|at| format!("... {{ b{at}: book(id: {at}) {{ id }} }} ")).collect();
    let context = within(1);
    sleep(5).await;
    let mut parts =
        world().parts(&format!("{{ __typename {fragments} }}"), Incremental::Pending, context);
    parts.next().await.unwrap();
    let last = parts.next().await.unwrap();
    assert_eq!(last.matches(r#":null},"id":"#).count(), 64, "{last}");
    assert_eq!(last.matches("there was no time to write this").count(), 6, "{last}");
    assert_eq!(parts.next().await, None);
}
