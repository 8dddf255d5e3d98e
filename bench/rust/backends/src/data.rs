//! The shop's data, all made from the ids, and every message encoded once.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;

use crate::{catalog, inventory, pricing, reviews, users};

pub const PRODUCTS: usize = 10_000;
const USERS: usize = 1000;
const REVIEWS_PER_PRODUCT: usize = 20;

// ---- deterministic data -------------------------------------------------

pub fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

const WORDS: [&str; 24] = [
    "amber", "birch", "cobalt", "delta", "ember", "fjord", "granite", "harbor", "indigo",
    "juniper", "kelp", "linen", "maple", "nickel", "onyx", "pepper", "quartz", "river",
    "saffron", "timber", "umber", "velvet", "willow", "zephyr",
];

fn words(seed: u64, n: usize) -> String {
    let mut s = String::new();
    for k in 0..n {
        if k > 0 {
            s.push(' ');
        }
        s.push_str(WORDS[(mix(seed * 131 + k as u64) % WORDS.len() as u64) as usize]);
    }
    s
}

fn product_id(i: usize) -> String { format!("P{i:05}") }
fn user_id(i: usize) -> String { format!("U{i:05}") }
pub fn index_of(id: &str, n: usize) -> Option<usize> {
    id.get(1..)?.parse::<usize>().ok().filter(|i| *i < n)
}
fn ts(seed: u64) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: 1_600_000_000 + (mix(seed) % 150_000_000) as i64,
        nanos: ((mix(seed + 1) % 1000) * 1_000_000) as i32,
    }
}

fn product(i: usize) -> catalog::Product {
    let h = mix(i as u64);
    let cat = h % 40;
    catalog::Product {
        id: product_id(i),
        sku: format!("SKU-{:08X}", h as u32),
        name: words(h, 3),
        // Quotes, a newline and non-ASCII now and then: JSON escaping has work to do.
        description: match i % 8 {
            0 => format!("{} \"{}\"\n{}", words(h + 1, 8), words(h + 2, 2), words(h + 3, 6)),
            1 => format!("{} — für {} €", words(h + 1, 10), words(h + 2, 4)),
            _ => words(h + 1, 16),
        },
        brand: WORDS[(h % 24) as usize].to_uppercase(),
        category: Some(catalog::Category {
            id: format!("C{cat:03}"),
            name: words(cat + 7, 2),
            depth: (cat % 4) as i32,
        }),
        status: 1 + (h % 3) as i32,
        rating: (h % 41) as f64 / 10.0 + 1.0,
        review_count: REVIEWS_PER_PRODUCT as i32,
        weight_grams: 100 + (h % 9000) as i32,
        featured: h % 7 == 0,
        tags: (0..3 + h % 3).map(|k| WORDS[(mix(h + k) % 24) as usize].to_string()).collect(),
        dimensions: Some(catalog::Dimensions {
            width_mm: (h % 1000) as f64 + 0.5,
            height_mm: (h % 777) as f64 + 0.25,
            depth_mm: (h % 555) as f64 + 0.75,
        }),
        created_at: Some(ts(h)),
        attributes: BTreeMap::from([
            ("color".to_string(), WORDS[(h % 24) as usize].to_string()),
            ("material".to_string(), WORDS[(h % 23) as usize].to_string()),
        ]),
        delivery: Some(if h % 5 == 0 {
            catalog::product::Delivery::Digital(catalog::DigitalDelivery {
                download_url: format!("https://dl.shop.test/{h:x}"),
                size_bytes: (h >> 20) as i64,
            })
        } else {
            catalog::product::Delivery::Physical(catalog::PhysicalDelivery {
                warehouse_id: format!("W{}", h % 9),
                days_min: 1,
                days_max: 2 + (h % 5) as i32,
            })
        }),
        image_urls: (0..2)
            .map(|k| format!("https://img.shop.test/{}/{k}.webp", product_id(i)))
            .collect(),
        country_of_origin: ["DE", "FR", "JP", "US", "BR"][(h % 5) as usize].to_string(),
    }
}

fn user(i: usize) -> users::User {
    let h = mix(0xA11CE + i as u64);
    users::User {
        id: user_id(i),
        name: words(h, 2),
        email: format!("user{i}@shop.test"),
        avatar_url: format!("https://img.shop.test/avatars/{}.webp", user_id(i)),
        tier: 1 + (h % 3) as i32,
        reputation: (h % 5000) as i32,
        joined_at: Some(ts(h)),
    }
}

fn review(p: usize, k: usize) -> reviews::Review {
    let h = mix(0xBEEF + (p * 64 + k) as u64);
    reviews::Review {
        id: format!("R{:07}", p * REVIEWS_PER_PRODUCT + k),
        product_id: product_id(p),
        author_id: user_id((h % USERS as u64) as usize),
        rating: 1 + (h % 5) as i32,
        title: words(h, 4),
        body: words(h + 1, 22),
        created_at: Some(ts(h)),
        helpful_votes: (h % 300) as i32,
        verified: h % 3 != 0,
    }
}

fn stock(i: usize) -> inventory::Stock {
    let h = mix(0x570C + i as u64);
    inventory::Stock {
        product_id: product_id(i),
        availability: 1 + (h % 3) as i32,
        on_hand: (h % 500) as i32,
        reserved: (h % 50) as i32,
        by_warehouse: (0..3).map(|k| (format!("W{k}"), (mix(h + k) % 200) as i32)).collect(),
    }
}

fn price(i: usize) -> pricing::Price {
    let h = mix(0x981CE + i as u64);
    let list = 500 + (h % 200_000) as i64;
    pricing::Price {
        product_id: product_id(i),
        currency: ["EUR", "USD", "JPY"][(h % 3) as usize].to_string(),
        amount_minor: list * 9 / 10,
        list_amount_minor: list,
        discount: Some(if h % 2 == 0 {
            pricing::price::Discount::PercentOff(pricing::PercentOff { percent: 10.0 })
        } else {
            pricing::price::Discount::AmountOff(pricing::AmountOff { amount_minor: list / 10 })
        }),
        valid_until: Some(ts(h)),
    }
}

// ---- cached encodings ---------------------------------------------------

/// `tag(field 1, length-delimited) len bytes`, ready to be concatenated.
fn as_field(tag: u8, m: &impl Message) -> Bytes {
    let mut b = BytesMut::new();
    b.put_u8((tag << 3) | 2);
    prost::encoding::encode_varint(m.encoded_len() as u64, &mut b);
    m.encode(&mut b).unwrap();
    b.freeze()
}

pub struct Data {
    pub product_raw: Vec<Bytes>,
    pub product: Vec<Bytes>,
    pub user: Vec<Bytes>,
    pub stock: Vec<Bytes>,
    pub price: Vec<Bytes>,
    /// Per product: its reviews as fields of ProductReviews, and where each ends.
    reviews: Vec<(Bytes, Vec<usize>)>,
    /// ListProducts answers asked for so often that building them anew would show.
    lists: BTreeMap<(i32, i32), Bytes>,
}

impl Data {
    pub fn build() -> Self {
        let product_raw: Vec<Bytes> =
            (0..PRODUCTS).map(|i| product(i).encode_to_vec().into()).collect();
        let product: Vec<Bytes> = (0..PRODUCTS).map(|i| as_field(1, &product(i))).collect();
        let reviews = (0..PRODUCTS)
            .map(|p| {
                let mut all = BytesMut::new();
                let mut ends = vec![0];
                for k in 0..REVIEWS_PER_PRODUCT {
                    all.extend_from_slice(&as_field(2, &review(p, k)));
                    ends.push(all.len());
                }
                (all.freeze(), ends)
            })
            .collect();
        let mut d = Data {
            product_raw,
            product,
            user: (0..USERS).map(|i| as_field(1, &user(i))).collect(),
            stock: (0..PRODUCTS).map(|i| as_field(1, &stock(i))).collect(),
            price: (0..PRODUCTS).map(|i| as_field(1, &price(i))).collect(),
            reviews,
            lists: BTreeMap::new(),
        };
        for o in (0..PRODUCTS as i32).step_by(100) {
            let b = d.list(o, 100);
            d.lists.insert((o, 100), b);
        }
        for o in (0..PRODUCTS as i32).step_by(1000) {
            let b = d.list(o, 1000);
            d.lists.insert((o, 1000), b);
        }
        d
    }

    pub fn list(&self, offset: i32, limit: i32) -> Bytes {
        if let Some(b) = self.lists.get(&(offset, limit)) {
            return b.clone();
        }
        let from = (offset.max(0) as usize).min(PRODUCTS);
        let to = (from + limit.max(0) as usize).min(PRODUCTS);
        let mut b = concat(self.product[from..to].iter());
        b.put_u8(2 << 3);
        prost::encoding::encode_varint(PRODUCTS as u64, &mut b);
        b.freeze()
    }

    pub fn reviews_by_product(&self, ids: &[String], limit: i32) -> Bytes {
        let take = (limit.max(0) as usize).min(REVIEWS_PER_PRODUCT);
        let mut b = BytesMut::with_capacity(ids.len() * (take * 300 + 32));
        for id in ids {
            let Some(i) = index_of(id, PRODUCTS) else { continue };
            let (all, ends) = &self.reviews[i];
            let part = &all[..ends[take]];
            // product_id (field 1), reviews (field 2), total (field 3).
            let len = 2 + id.len() + part.len() + 2;
            b.put_u8((1 << 3) | 2);
            prost::encoding::encode_varint(len as u64, &mut b);
            b.put_u8((1 << 3) | 2);
            b.put_u8(id.len() as u8);
            b.extend_from_slice(id.as_bytes());
            b.extend_from_slice(part);
            b.put_u8(3 << 3);
            b.put_u8(REVIEWS_PER_PRODUCT as u8);
        }
        b.freeze()
    }
}

fn concat<'a>(parts: impl Iterator<Item = &'a Bytes> + Clone) -> BytesMut {
    let mut b = BytesMut::with_capacity(parts.clone().map(|p| p.len()).sum::<usize>() + 8);
    for p in parts {
        b.extend_from_slice(p);
    }
    b
}

pub fn by_ids(cache: &[Bytes], ids: &[String]) -> Bytes {
    let mut b = BytesMut::with_capacity(ids.len() * cache[0].len() * 2);
    for id in ids {
        if let Some(i) = index_of(id, cache.len()) {
            b.extend_from_slice(&cache[i]);
        }
    }
    b.freeze()
}
