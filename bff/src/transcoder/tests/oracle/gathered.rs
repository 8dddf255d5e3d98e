//! Messages of a stream beside prost, which reads each of them and all that came of them.

use prost::Message;

use super::*;
use crate::{
    contract::{Gather, GatherItem},
    transcoder::gather,
};

#[derive(Clone, PartialEq, Message)]
struct Numbers {
    #[prost(uint32, repeated, tag = "1")]
    items: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct Texts {
    #[prost(string, repeated, tag = "1")]
    items: Vec<String>,
}

fn whole(item: Option<(&[u32], Scalar, bool)>, messages: &[Vec<u8>]) -> Vec<u8> {
    let item = item.map(|(path, scalar, presence)| GatherItem {
        path: path.into(),
        scalar: scalar.into(),
        presence,
    });
    let (how, mut response) = (Gather { item }, Vec::new());
    for message in messages {
        gather(&how, message, &mut response).expect("prost can read it");
    }
    response
}

/// What prost reads of each message is what it reads of all together. Gives whether prost reads them.
pub(in crate::transcoder) fn gathers_as_prost_does(messages: &[Vec<u8>]) -> bool {
    if messages.iter().any(|message| prost_misreads(Kind::Item, message)) {
        return false;
    }
    let decoded: Result<Vec<Item>, _> =
        messages.iter().map(|message| Item::decode(&**message)).collect();
    let Ok(decoded) = decoded else { return false };
    let read = |item| whole(Some(item), messages);

    same(&items(&read((&[], Scalar::Message, true))), &decoded);
    let children: Vec<Item> =
        decoded.iter().filter_map(|it| it.child.as_deref().cloned()).collect();
    same(&items(&read((&[20], Scalar::Message, true))), &children);

    let flat = || decoded.iter().filter_map(|it| it.flat.as_ref());
    let numbers = Numbers::decode(&*read((&[32, 2], Scalar::Uint32, false))).unwrap().items;
    assert_eq!(numbers, flat().map(|nest| nest.c).collect::<Vec<_>>());
    let texts = Texts::decode(&*read((&[32, 1, 1], Scalar::String, false))).unwrap().items;
    let pairs = flat().filter_map(|nest| nest.pair.as_ref());
    assert_eq!(texts, pairs.map(|pair| pair.a.clone()).collect::<Vec<_>>());
    let texts = Texts::decode(&*read((&[18], Scalar::String, true))).unwrap().items;
    let maybe = decoded.iter().filter_map(|it| it.maybe_string.clone());
    assert_eq!(texts, maybe.collect::<Vec<_>>());

    // Where lists go on from one message to the next.
    let merged = Item::decode(&*whole(None, messages)).unwrap();
    let lists = |list: fn(&Item) -> Vec<String>| decoded.iter().flat_map(list).collect::<Vec<_>>();
    assert_eq!(merged.strings, lists(|it| it.strings.clone()));
    same(&merged.children, &decoded.iter().flat_map(|it| it.children.clone()).collect::<Vec<_>>());
    true
}

/// One by one, as prost would count the list as one more level of nesting.
fn items(response: &[u8]) -> Vec<Item> {
    split(response).iter().map(|(_, field)| Item::decode(payload(field)).unwrap()).collect()
}

/// Compared as bytes: NaN is not itself.
fn same(ours: &[Item], theirs: &[Item]) {
    let bytes = |items: &[Item]| items.iter().map(Item::encode_to_vec).collect::<Vec<_>>();
    assert_eq!(bytes(ours), bytes(theirs));
}

#[test]
#[expect(clippy::print_stdout, reason = "whoever fails is the last one named")]
fn what_a_stream_brings_is_gathered_as_prost_reads_it() {
    let mut read = 0;
    for seed in seeds(300) {
        let mut random = Random::new(seed ^ 0x9a7e);
        let messages: Vec<Vec<u8>> = (0..random.below(4))
            .map(|_| {
                let item = random_item(&mut random, 1).encode_to_vec();
                if random.once_in(2) { item } else { mutate(&mut random, Kind::Item, &item) }
            })
            .collect();
        println!("seed {seed}");
        read += usize::from(gathers_as_prost_does(&messages));
    }
    assert!(read > 200, "{read} streams that prost reads");
}
