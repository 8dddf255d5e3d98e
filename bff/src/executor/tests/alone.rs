//! Requests at random moments, answered together, against the same requests each alone in the world: who shares a call, a
//! batch or the cache with others must not be told anything else.

use std::panic::AssertUnwindSafe;

use super::{
    reference::{dice::Dice, seeds},
    *,
};

const PRICES: &str = "Pricing/BatchGet";
const SHARED: [&str; 3] = [PRICES, "Users/BatchGet", "Reviews/ListByBooks"];
const FIELDS: [&str; 5] = [
    "price { amount }",
    "firmPrice { amount }",
    "author { name }",
    "reviews { id body author { name } }",
    "stock",
];
const FAULTS: [Code; 9] = [
    Code::InvalidArgument,
    Code::FailedPrecondition,
    Code::OutOfRange,
    Code::PermissionDenied,
    Code::Internal,
    Code::Unknown,
    Code::Unavailable,
    Code::ResourceExhausted,
    Code::Aborted,
];
const KEYS: [&str; 6] = ["1", "2", "3", "4", "u0", "u1"];

/// What is the same for all requests of a seed.
#[derive(Clone)]
struct Setting {
    behaviours: Vec<(&'static str, u64, Then)>,
    forwards: bool,
    cached: bool,
    tags: bool,
    max: u32,
    max_keys: usize,
}

/// One request.
struct Asked {
    at: u64,
    query: String,
    subject: Option<&'static str>,
    tenant: Option<&'static str>,
    /// The client leaves after so many milliseconds.
    leaves: Option<u64>,
}

impl Setting {
    fn random(dice: &mut Dice) -> Self {
        let behaviour = |method, dice: &mut Dice| {
            let delay = if dice.often(5) { 60_000 } else { dice.pick(&[1, 3, 8, 20]) };
            let then = match dice.roll(12) {
                0 => Then::Refuse(dice.pick(&KEYS), dice.pick(&FAULTS)),
                1 => Then::Omit(dice.pick(&KEYS)),
                2 => Then::Status(dice.pick(&KEYS), dice.pick(&[5, 13, 3])),
                3 => Then::Fail(dice.pick(&[Code::Unavailable, Code::InvalidArgument])),
                4 => Then::TooLarge(3),
                5 => Then::Reply(vec![0xff; 3]),
                6 | 7 => Then::Linger(dice.pick(&KEYS), dice.pick(&[30, 100, 60_000])),
                _ => Then::Answer,
            };
            (method, delay, then)
        };
        Self {
            behaviours: SHARED.iter().map(|method| behaviour(*method, dice)).collect(),
            forwards: dice.often(30),
            cached: dice.often(30),
            tags: dice.often(50),
            max: dice.pick(&[0, 0, 3, 4]),
            max_keys: dice.pick(&[1, 2, 4, 256, 256]),
        }
    }

    fn world(&self, sharing: bool) -> World {
        let mut shop = Shop::new();
        for method in SHARED.iter().filter(|_| sharing) {
            shop.method(method).shareable = true;
        }
        shop.method(PRICES).forward_identity = self.forwards;
        for field in ["Book.price", "Book.firmPrice", "Book.author", "Book.reviews"] {
            shop.join(field).batch.as_mut().unwrap().max = self.max;
        }
        if self.cached && sharing {
            let scope = if self.forwards { Scope::User } else { Scope::Tenant };
            let mut cache = cached(scope);
            if self.tags {
                cache.tags = vec![contracts::book_tag()];
            }
            shop.policy("Book.price").cache = Some(cache);
        }
        let batching = Batching { max_keys: self.max_keys, ..Batching::default() };
        let world = World::with(shop, Config { batching, ..Config::default() });
        for (method, delay, then) in &self.behaviours {
            world.services.set(method, *delay, then.clone());
        }
        world
    }
}

impl Asked {
    fn random(dice: &mut Dice) -> Self {
        let mut fields = String::new();
        for _ in 0..1 + dice.roll(3) {
            fields.push_str(dice.pick(&FIELDS));
            fields.push(' ');
        }
        let query = if dice.often(20) {
            format!("{{ books {{ {fields} }} }}")
        } else {
            format!("{{ book(id: {}) {{ {fields} }} }}", 1 + dice.roll(6))
        };
        Self {
            at: dice.roll(30) as u64,
            query,
            subject: dice.pick(&[None, Some("ann"), Some("robert")]),
            tenant: dice.pick(&[None, Some("acme"), Some("apex")]),
            leaves: dice.often(15).then(|| dice.roll(40) as u64),
        }
    }

    /// `None` where the client has left.
    async fn answer(&self, world: &World) -> Option<String> {
        let who = self.subject.map_or_else(|| within(1_000), user);
        let context = Context { tenant: self.tenant.map(Into::into), ..who };
        let answer = world.ask_as(&self.query, context);
        match self.leaves {
            None => Some(answer.await),
            Some(left) => tokio::time::timeout(Duration::from_millis(left), answer).await.ok(),
        }
    }
}

/// What came up.
#[derive(Debug, Default)]
struct Seen {
    calls_together: usize,
    calls_alone: usize,
    left: usize,
    with_errors: usize,
    answers: usize,
}

async fn check(seed: u64, seen: &mut Seen) {
    let mut dice = Dice::new(seed);
    let setting = Setting::random(&mut dice);
    let asked: Vec<Asked> = (0..24).map(|_| Asked::random(&mut dice)).collect();
    let is_of_a_key = |then: &Then| matches!(then, Then::Refuse(..) | Then::Linger(..));
    let refuses = setting.behaviours.iter().any(|(.., then)| is_of_a_key(then));
    let world = setting.world(true);
    // So that it is known how long calls take.
    world.ask("{ books { price { amount } reviews { author { name } } } }").await;
    world.services.forget();
    let together = futures::future::join_all(asked.iter().map(async |asked| {
        sleep(asked.at).await;
        asked.answer(&world).await
    }))
    .await;
    assert!(world.executor.0.in_flight.is_empty());
    let shared: Vec<_> =
        world.services.seen().into_iter().filter(|seen| SHARED.contains(&&*seen.method)).collect();
    for call in &shared {
        let mut keys = call.keys.clone();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), call.keys.len(), "a key twice: {call:?}");
        assert!(setting.max == 0 || keys.len() <= setting.max as usize, "too many: {call:?}");
    }
    seen.calls_together += shared.len();
    for (asked, together) in asked.iter().zip(together) {
        let world = setting.world(false);
        let alone = asked.answer(&world).await;
        let calls = world.services.seen().into_iter();
        seen.calls_alone += calls.filter(|seen| SHARED.contains(&&*seen.method)).count();
        let (Some(together), Some(alone)) = (together, alone) else {
            seen.left += 1;
            continue;
        };
        // Where a key fails all of a call, others who ask for the rest of them may help, and none may harm.
        if !refuses || !alone.contains("errors") {
            assert_eq!(together, alone, "together on the left; {} at {}", asked.query, asked.at);
        }
        seen.answers += 1;
        seen.with_errors += usize::from(alone.contains("errors"));
    }
}

#[tokio::test(start_paused = true)]
async fn who_shares_with_others_is_answered_as_if_it_were_alone() {
    let mut seen = Seen::default();
    // Each has many requests: a part of them will do.
    for seed in seeds().step_by(4) {
        let checked = AssertUnwindSafe(check(seed, &mut seen)).catch_unwind().await;
        if let Err(panic) = checked {
            let told = panic.downcast_ref::<String>().map_or("no words", String::as_str);
            panic!("seed {seed}: {told}");
        }
    }
    if seeds().end - seeds().start >= 200 {
        let rich = seen.calls_together * 4 < seen.calls_alone * 3
            && seen.with_errors * 5 > seen.answers
            && seen.left * 25 > seen.answers;
        assert!(rich, "these seeds show too little: {seen:?}");
    }
}
