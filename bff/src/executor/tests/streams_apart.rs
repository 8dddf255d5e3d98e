//! Streams that are shared against the obvious thing, a stream for each subscription: every client must see the same.

use std::panic::AssertUnwindSafe;

use futures::{StreamExt, stream::BoxStream};

use super::{
    contracts::book_message,
    reference::{dice::Dice, seeds},
    *,
};

const QUERIES: [&str; 5] = [
    "subscription { bookChanged(id: 7) { title } }",
    "subscription { bookChanged(id: 7) { title price { amount } } }",
    "subscription { bookChanged(id: 8) { related { id price { amount } } author { name } } }",
    "subscription { bookChanged(id: 7) { firmPrice { amount } stock } }",
    "subscription { bookSold(id: 7) { title } }",
];
const BOOKS: [&str; 4] = ["1", "2", "3", "4"];
const CALLERS: [&str; 3] = ["", "ann", "robert"];

/// What happens, the same in both worlds.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// A client subscribes.
    Come { query: usize, caller: &'static str },
    /// The client that came as this one of those who are there leaves.
    Leave(usize),
    /// It takes what is there.
    Read(usize),
    /// The services say that a book has changed.
    Change(&'static str),
    /// They say what is no message.
    Garbage,
    /// All streams break, and are opened again where they may.
    Break(Code),
}

fn acts(dice: &mut Dice) -> Vec<Act> {
    let mut there = 0;
    let mut acts = Vec::new();
    for _ in 0..dice.roll(60) + 10 {
        let act = match dice.roll(20) {
            0..4 => Act::Come { query: dice.roll(QUERIES.len()), caller: dice.pick(&CALLERS) },
            4 if there > 0 => Act::Leave(dice.roll(there)),
            5..9 if there > 0 => Act::Read(dice.roll(there)),
            9 => Act::Garbage,
            10 => {
                Act::Break(dice.pick(&[Code::Unavailable, Code::Internal, Code::PermissionDenied]))
            }
            _ => Act::Change(dice.pick(&BOOKS)),
        };
        match act {
            Act::Come { .. } => there += 1,
            Act::Leave(_) => there -= 1,
            _ => {}
        }
        acts.push(act);
    }
    acts
}

struct Client {
    answers: BoxStream<'static, Answer>,
    number: usize,
}

impl Client {
    /// What is there and what comes of it, until nothing more does.
    async fn read(&mut self, seen: &mut [Vec<String>]) {
        let patience = Duration::from_secs(1);
        while let Ok(answer) = tokio::time::timeout(patience, self.answers.next()).await {
            let Some(answer) = answer else {
                // Asked again it would still be over.
                self.answers = futures::stream::pending().boxed();
                return seen[self.number].push("over".to_owned());
            };
            seen[self.number].push(String::from_utf8(answer.body.to_vec()).unwrap());
        }
    }
}

/// What each client has seen, and how many streams were opened.
async fn play(acts: &[Act], shop: Shop, config: Config) -> (Vec<Vec<String>>, usize) {
    let world = World::with(shop, config);
    world.services.offer_streams();
    // For a book and not for a while: an answer that is shared is as old as the first who took it.
    world.services.set("Pricing/BatchGet", 10, Then::Refuse("3", Code::Unavailable));
    let prepared = QUERIES.map(|query| world.prepared(query));
    let mut seen: Vec<Vec<String>> = Vec::new();
    let mut there: Vec<Client> = Vec::new();
    for act in acts {
        match *act {
            Act::Come { query, caller } => {
                let context = if caller.is_empty() { within(1_000) } else { user(caller) };
                let context = Arc::new(context);
                let answers = world.executor.subscribe(&prepared[query], Vec::new(), context, None);
                there.push(Client { answers, number: seen.len() });
                seen.push(Vec::new());
            }
            Act::Leave(place) => drop(there.remove(place)),
            Act::Read(place) => there[place].read(&mut seen).await,
            Act::Change(id) => world.services.tell(&Ok(book_message(id).encode().into())),
            Act::Garbage => world.services.tell(&Ok(Bytes::from_static(b"\xff"))),
            Act::Break(code) => {
                world.services.tell(&Err(Error::new(code, "it broke")));
                // Longer than any pause: who shares a stream, and who has one, opens it after pauses of its own.
                sleep(20_000).await;
            }
        }
        sleep(1).await;
    }
    for client in &mut there {
        client.read(&mut seen).await;
    }
    drop(there);
    assert!(world.executor.0.streams.is_empty());
    let streams = world.services.count("Catalog/WatchBook");
    (seen, streams)
}

fn shop(dice: &mut Dice, shared: bool) -> Shop {
    let mut shop = Shop::new();
    shop.method("Catalog/WatchBook").shareable = shared;
    shop.method("Catalog/WatchBook").forward_identity = dice.often(20);
    for method in ["Pricing/BatchGet", "Catalog/BatchGetBooks", "Users/BatchGet", "Inventory/Get"] {
        shop.method(method).shareable = dice.often(70);
        // What prices are depends on who asks.
        shop.method(method).forward_identity = method == "Pricing/BatchGet" || dice.often(30);
    }
    shop
}

async fn check(seed: u64, streams: &mut (usize, usize)) {
    let mut dice = Dice::new(seed);
    let acts = acts(&mut dice);
    let mut config = Config::default();
    config.subscriptions.queue = 1 + dice.roll(8);
    config.subscriptions.queue_size.0 = dice.pick(&[0, 100, 1 << 20]);
    if dice.often(30) {
        config.subscriptions.latest = vec!["bookChanged".to_owned()];
    }
    let (shared, opened) = play(&acts, shop(&mut dice.clone(), true), config.clone()).await;
    let (apart, opened_apart) = play(&acts, shop(&mut dice, false), config).await;
    assert_eq!(shared, apart, "shared on the left; of {acts:#?}");
    streams.0 += opened;
    streams.1 += opened_apart;
}

#[tokio::test(start_paused = true)]
async fn who_shares_a_stream_sees_what_it_would_see_of_one_of_its_own() {
    let mut streams = (0, 0);
    for seed in seeds() {
        let checked = AssertUnwindSafe(check(seed, &mut streams)).catch_unwind().await;
        if let Err(panic) = checked {
            let told = panic.downcast_ref::<String>().map_or("no words", String::as_str);
            panic!("seed {seed}: {told}");
        }
    }
    let (shared, apart) = streams;
    assert!(shared * 4 < apart * 3, "{shared} streams of {apart}: these seeds share too little");
}
