//! Items of which only some fields were fetched. An item is written `1@0 2@5`: each field's number, and the second in which
//! it was fetched.

use super::*;

/// Field 1 is `a`, field 2 `b`, and so on; `c.x` stands in field 3.
pub(super) fn fields(paths: &str) -> Fields {
    let mut set = FieldSet::default();
    for path in paths.split_whitespace() {
        set.insert(u32::from(path.as_bytes()[0] - b'a' + 1), path);
    }
    Some(Arc::new(set))
}

/// The fields of an item, each with the second of its fetch.
pub(super) fn item(numbers: &[u32], second: u64) -> Bytes {
    let mut bytes = Vec::new();
    for number in numbers {
        prost::encoding::uint64::encode(*number, &second, &mut bytes);
    }
    bytes.into()
}

struct Shelf {
    cache: EntityCache,
    rules: Rules,
    began: Instant,
}

impl Shelf {
    fn new() -> Self {
        Self { cache: cache(), rules: rules(), began: Instant::now() }
    }

    fn view(&self, wanted: &str) -> View<'_> {
        let wanted = if wanted == "all" { None } else { fields(wanted) };
        self.cache.view(&public(), self.rules, wanted).unwrap()
    }

    /// Puts in what is fetched now; `tag` is what it is tagged with.
    fn put_tagged(&self, paths: &str, tag: &str) {
        let paths = if paths == "all" { None } else { fields(paths) };
        let parts: Vec<u32> = paths.as_ref().map_or(vec![1, 2, 3, 4], |it| it.parts().collect());
        let item = item(&parts, self.began.elapsed().as_secs());
        let tags = vec![tag.into()];
        self.view("all").put(b"7", Answer::Item(item, paths, tags), self.cache.begin());
    }

    fn put(&self, paths: &str) {
        self.put_tagged(paths, "any");
    }

    #[track_caller]
    fn check(&self, wanted: &str, expected: &str) {
        let named = |fields: &Fields| fields.as_ref().map_or("all".to_owned(), |it| it.to_string());
        let told = match self.view(wanted).get(b"7") {
            Lookup::Fresh(bytes) => format!("fresh {}", told(&bytes)),
            Lookup::Stale(bytes, fields) => format!("stale in {} {}", named(&fields), told(&bytes)),
            Lookup::Missing(_) => "missing".to_owned(),
            Lookup::Absent(fields, None) => format!("lacks {}", named(&fields)),
            Lookup::Absent(fields, Some(bytes)) => {
                format!("lacks {} beside {}", named(&fields), told(&bytes))
            }
        };
        assert_eq!(told, expected);
    }
}

fn told(mut bytes: &[u8]) -> String {
    let mut told = Vec::new();
    while !bytes.is_empty() {
        let (number, _) = prost::encoding::decode_key(&mut bytes).unwrap();
        let second = prost::encoding::decode_varint(&mut bytes).unwrap();
        told.push(format!("{number}@{second}"));
    }
    told.sort();
    told.join(" ")
}

#[tokio::test(start_paused = true)]
async fn who_reads_less_is_served_and_who_reads_more_is_told_what_is_missing() {
    let shelf = Shelf::new();
    shelf.put("a b");
    shelf.check("a", "fresh 1@0 2@0");
    shelf.check("b a", "fresh 1@0 2@0");
    shelf.check("a d", "lacks d beside 1@0 2@0");
    shelf.check("d", "lacks d");
    shelf.check("all", "lacks all");
    advance(SECOND).await;
    shelf.put("d");
    shelf.check("a d", "fresh 1@0 2@0 4@1");
}

#[tokio::test(start_paused = true)]
async fn all_of_an_item_serves_whoever_reads_anything() {
    let shelf = Shelf::new();
    shelf.put("all");
    shelf.check("a c.x", "fresh 1@0 2@0 3@0 4@0");
    shelf.check("all", "fresh 1@0 2@0 3@0 4@0");
    // It is fresh: less does not take its place.
    shelf.put("a");
    shelf.check("all", "fresh 1@0 2@0 3@0 4@0");
}

#[tokio::test(start_paused = true)]
async fn each_field_grows_old_by_itself() {
    let shelf = Shelf::new();
    shelf.put("a");
    advance(6 * SECOND).await;
    shelf.put("b");
    advance(4 * SECOND).await;
    shelf.check("a b", "stale in a 1@0 2@6");
    shelf.check("b", "fresh 1@0 2@6");
    // One call brings what is stale along.
    shelf.check("a b d", "lacks a,d beside 1@0 2@6");
    shelf.put("a");
    shelf.check("a b", "fresh 1@10 2@6");
    advance(11 * SECOND).await;
    shelf.check("a", "stale in a 1@10 2@6");
    shelf.check("a b", "lacks a,b");
}

#[tokio::test(start_paused = true)]
async fn what_is_shown_of_one_message_was_fetched_at_one_time() {
    let shelf = Shelf::new();
    shelf.put("c.x");
    shelf.check("c.x", "fresh 3@0");
    // Not only `c.y`: the two would be of different times.
    shelf.check("c.y", "lacks c.x,c.y");
    advance(SECOND).await;
    shelf.put("c.x c.y");
    shelf.check("c.x", "fresh 3@1");
    shelf.check("c", "lacks c");
    // It is fresh: less does not take its place.
    advance(SECOND).await;
    shelf.put("c.x d");
    shelf.check("c.x c.y d", "fresh 3@1 4@2");
}

#[tokio::test(start_paused = true)]
async fn the_age_after_a_failure_is_that_of_the_oldest_field_that_is_read() {
    let shelf = Shelf::new();
    shelf.put("a");
    advance(6 * SECOND).await;
    shelf.put("b");
    advance(20 * SECOND).await;
    let age = |wanted| shelf.view(wanted).stale_if_error(b"7").map(|(_, age)| age);
    assert_eq!(age("b"), Some(20 * SECOND));
    assert_eq!(age("a b"), Some(26 * SECOND));
    assert_eq!(age("a d"), None);
    advance(45 * SECOND).await;
    assert_eq!((age("b"), age("a")), (Some(65 * SECOND), None));
}

#[tokio::test(start_paused = true)]
async fn an_invalidated_tag_takes_along_what_was_fetched_with_it() {
    let shelf = Shelf::new();
    shelf.put_tagged("a", "old");
    shelf.put_tagged("b", "new");
    shelf.cache.invalidate(["old".into()]);
    shelf.check("b", "fresh 1@0 2@0");
    shelf.check("a b", "lacks a beside 1@0 2@0");
    shelf.check("a", "lacks a");
}

#[tokio::test(start_paused = true)]
async fn a_fill_that_began_before_an_invalidation_takes_nothing_from_what_is_there() {
    let shelf = Shelf::new();
    shelf.put_tagged("a", "other");
    let began = shelf.cache.begin();
    shelf.cache.invalidate(["any".into()]);
    let late = Answer::Item(item(&[1, 2], 9), fields("a b"), vec!["any".into()]);
    shelf.view("all").put(b"7", late, began);
    shelf.check("a b", "lacks b beside 1@0");
}

#[tokio::test(start_paused = true)]
async fn that_there_is_no_such_thing_evicts_all_of_it() {
    let shelf = Shelf::new();
    shelf.put("a");
    shelf.put("b");
    shelf.view("all").put(b"7", Answer::Missing(None), shelf.cache.begin());
    shelf.check("a", "missing");
    advance(SECOND).await;
    shelf.check("a b", "lacks a,b");
    assert_eq!(shelf.view("a").stale_if_error(b"7"), None);
    shelf.put("b");
    shelf.check("a b", "lacks a beside 2@1");
}

#[tokio::test(start_paused = true)]
async fn a_denial_evicts_all_of_it_and_refuses_what_was_asked_for_before() {
    let shelf = Shelf::new();
    shelf.put("a");
    let (before, denied) = (shelf.cache.begin(), shelf.cache.begin());
    shelf.put("b");
    let late = || Answer::Item(item(&[1], 9), fields("a"), Vec::new());
    shelf.view("all").deny(b"7", denied);
    shelf.check("a b", "lacks a,b");
    assert_eq!(shelf.view("b").stale_if_error(b"7"), None);
    shelf.view("all").put(b"7", late(), before);
    shelf.check("a", "lacks a");
    shelf.view("all").put(b"7", late(), shelf.cache.begin());
    shelf.check("a", "fresh 1@9");
    shelf.view("all").deny(b"7", denied);
    shelf.check("a", "fresh 1@9");
}

#[tokio::test(start_paused = true)]
async fn what_falls_into_too_many_pieces_is_fetched_again_as_one() {
    let shelf = Shelf::new();
    for path in ["a", "b", "c", "d"] {
        shelf.put(path);
        advance(SECOND).await;
    }
    shelf.check("a d", "fresh 1@0 2@1 3@2 4@3");
    shelf.check("a e", "lacks a,b,c,d,e");
    // Whoever does not know of that pushes out the oldest.
    shelf.put("e");
    shelf.check("e b", "fresh 2@1 3@2 4@3 5@4");
    shelf.check("e a", "lacks a,b,c,d,e");
    shelf.put("a b c d e");
    shelf.check("a e f", "lacks f beside 1@4 2@4 3@4 4@4 5@4");
}

#[tokio::test(start_paused = true)]
async fn more_than_was_asked_for_is_not_relied_upon() {
    let shelf = Shelf::new();
    let view = shelf.view("all");
    view.put(b"7", Answer::Item(item(&[1, 2, 3], 0), fields("a"), Vec::new()), shelf.cache.begin());
    shelf.check("b", "lacks b");
    advance(SECOND).await;
    view.put(b"7", Answer::Item(item(&[1, 2, 3], 1), fields("b"), Vec::new()), shelf.cache.begin());
    shelf.check("a b", "fresh 1@0 2@1");
}

#[tokio::test(start_paused = true)]
async fn less_than_was_asked_for_is_what_there_is() {
    let shelf = Shelf::new();
    shelf.put("a b");
    advance(SECOND).await;
    let view = shelf.view("all");
    view.put(b"7", Answer::Item(item(&[2], 1), fields("a b"), Vec::new()), shelf.cache.begin());
    shelf.check("a b", "fresh 2@1");
}

#[test]
fn fields_are_taken_whole_and_from_one_message() {
    let older = item(&[1, 2, 1], 5);
    let newer = item(&[1, 3], 6);
    let pick = |number| match number {
        1 => Pick::Newer,
        2 => Pick::Older,
        _ => Pick::Neither,
    };
    assert_eq!(told(&merged(&older, &newer, pick).unwrap()), "1@6 2@5");
    assert_eq!(merged(&[0x0a, 9], &newer, pick), None);
}
