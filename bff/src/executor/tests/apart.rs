//! Fields that share a step and read different things of it: each is shown what it would be shown alone.

use std::panic::AssertUnwindSafe;

use serde_json::{Value, json};

use super::{
    reference::dice::Dice,
    segments::{selection, world},
    *,
};

const METHODS: [&str; 3] = ["Catalog/GetBook", "Catalog/BatchGetBooks", "Users/BatchGet"];

fn take_down(world: &World, code: Code) {
    for method in METHODS {
        world.services.set(method, 0, Then::Fail(code));
    }
}

async fn ask(world: &World, query: &str) -> Value {
    serde_json::from_str(&world.ask(query).await).unwrap()
}

#[tokio::test(start_paused = true)]
async fn who_reads_what_is_fresh_is_shown_it_though_the_other_lacks_something() {
    for code in [Code::Unavailable, Code::FailedPrecondition] {
        let world = world(Shop::with_masks());
        world.ask("{ book(id: 2) { title } }").await;
        take_down(&world, code);
        let answer =
            ask(&world, "{ x: book(id: 2) { title } y: book(id: 2) { related { id } } }").await;
        assert_eq!(answer["data"], json!({"x": {"title": "Book 2"}, "y": null}));
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer}");
        assert_eq!(answer["errors"][0]["path"], json!(["y"]));
        assert_eq!(answer["extensions"], Value::Null);
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_takes_from_all_what_is_kept() {
    let world = world(Shop::with_masks());
    world.ask("{ book(id: 2) { title } }").await;
    take_down(&world, Code::PermissionDenied);
    let answer = ask(&world, "{ x: book(id: 2) { title } y: book(id: 2) { author { id } } }").await;
    assert_eq!(answer["data"], json!({"x": null, "y": null}));
}

#[tokio::test(start_paused = true)]
async fn each_has_a_stale_value_of_its_own_age_with_a_note_only_where_it_is_stale() {
    let world = world(Shop::with_masks());
    world.ask("{ book(id: 2) { title } }").await;
    sleep(16_000).await;
    world.ask("{ book(id: 2) { related { __typename } } }").await;
    take_down(&world, Code::Unavailable);
    let answer = ask(
        &world,
        "{ old: book(id: 2) { title } young: book(id: 2) { related { __typename } }
           both: book(id: 2) { title related { __typename } } none: book(id: 2) { author { id } } }",
    )
    .await;
    let books = json!([{"__typename": "Book"}, {"__typename": "Book"}]);
    assert_eq!(
        answer["data"],
        json!({
            "old": {"title": "Book 2"}, "young": {"related": books},
            "both": {"title": "Book 2", "related": books}, "none": null,
        })
    );
    let stale = |path: &str| json!({"path": [path], "cause": "UNAVAILABLE", "source": "stale", "age": "16s"});
    assert_eq!(answer["extensions"]["degraded"], json!([stale("old"), stale("both")]));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["errors"][0]["path"], json!(["none"]));
}

#[tokio::test(start_paused = true)]
async fn in_a_batch_each_key_is_judged_by_itself() {
    let world = world(Shop::with_masks());
    // Of 3 and 4 there are titles, of 5 and 6 authors too.
    world.ask("{ book(id: 2) { related { title } } }").await;
    world.ask("{ book(id: 4) { related { title author { id } } } }").await;
    world.services.set("Catalog/BatchGetBooks", 0, Then::Fail(Code::Unavailable));
    let answer = ask(
        &world,
        "{ a: book(id: 2) { related { title } } b: book(id: 3) { related { title author { id } } } }",
    )
    .await;
    assert_eq!(
        answer["data"]["a"]["related"],
        json!([{"title": "Book 3"}, {"title": "Book 4"}]),
        "{answer}"
    );
    assert_eq!(
        answer["data"]["b"]["related"],
        json!([null, {"title": "Book 5", "author": {"id": "u2"}}]),
        "{answer}"
    );
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_by_another_grows_not_too_old_meanwhile() {
    let world = world(Shop::with_masks());
    world.ask("{ book(id: 2) { title } }").await;
    sleep(14_900).await;
    world.services.set("Catalog/GetBook", 500, Then::Fail(Code::Unavailable));
    let answer = ask(&world, "{ x: book(id: 2) { title } y: book(id: 2) { author { id } } }").await;
    assert_eq!(answer["data"], json!({"x": {"title": "Book 2"}, "y": null}));
    assert_eq!(answer["extensions"], Value::Null, "fresh enough when it was asked for");
}

/// What is told of one alias: its value, its errors, its notes.
fn told(answer: &Value, alias: &str) -> (Value, Vec<String>, Vec<String>) {
    let of_alias = |entries: &Value| {
        let entries = entries.as_array().cloned().unwrap_or_default();
        let mut entries: Vec<String> = entries
            .into_iter()
            .filter(|entry| entry["path"][0] == alias)
            .map(|mut entry| {
                entry["locations"].take();
                entry.to_string()
            })
            .collect();
        entries.sort_unstable();
        entries
    };
    let (errors, notes) = (&answer["errors"], &answer["extensions"]["degraded"]);
    (answer["data"][alias].clone(), of_alias(errors), of_alias(notes))
}

async fn check(seed: u64, seen: &mut [usize; 2]) {
    let mut dice = Dice::new(seed);
    let world = world(Shop::with_masks());
    let book = |dice: &mut Dice, alias: &str, id: usize| {
        format!("{alias}: book(id: {id}) {{ {} }}", selection(dice, 2))
    };
    for _ in 0..4 + dice.roll(6) {
        let id = 1 + dice.roll(3);
        world.ask(&format!("{{ {} }}", book(&mut dice, "a", id))).await;
        sleep(dice.roll(12_000) as u64).await;
    }
    take_down(&world, dice.pick(&[Code::Unavailable, Code::Internal, Code::FailedPrecondition]));
    for _ in 0..4 {
        let id = 1 + dice.roll(3);
        let fields = ["a", "b", "c"].map(|alias| (alias, book(&mut dice, alias, id)));
        let texts = fields.each_ref().map(|(_, text)| text.as_str());
        let together = ask(&world, &format!("{{ {} }}", texts.join(" "))).await;
        for (alias, field) in &fields {
            let alone = told(&ask(&world, &format!("{{ {field} }}")).await, alias);
            seen[usize::from(alone.0.is_null())] += 1;
            let texts = texts.join(" ");
            assert_eq!(
                told(&together, alias),
                alone,
                "seed {seed}: alone on the right; of {texts}"
            );
        }
    }
}

/// All seeds below 150; with `ANABRANCH_SEEDS=5000` so many, with `ANABRANCH_SEEDS=7..8` those.
#[tokio::test(start_paused = true)]
async fn when_services_fail_each_alias_is_answered_as_if_it_were_asked_alone() {
    let text = std::env::var("ANABRANCH_SEEDS").unwrap_or_else(|_| "150".to_owned());
    let (from, to) = text.split_once("..").unwrap_or(("0", &text));
    let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
    let mut seen = [0; 2];
    for seed in from..to {
        let checked = AssertUnwindSafe(check(seed, &mut seen)).catch_unwind().await;
        if let Err(panic) = checked {
            let told = panic.downcast_ref::<String>().map_or("no words", String::as_str);
            panic!("seed {seed}: {told}");
        }
    }
    if to - from > 100 {
        assert!(seen.iter().all(|seen| *seen > 100), "shown and not shown: {seen:?}");
    }
}
