//! What the services answer.

use prost::Message;
use serde::Serialize;

#[derive(Clone, PartialEq, Message, Serialize)]
pub(crate) struct Product {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(string, tag = "3")]
    pub(crate) description: String,
    #[prost(int32, tag = "4")]
    pub(crate) stock: i32,
    #[prost(int64, tag = "5")]
    pub(crate) price_cents: i64,
    #[prost(uint64, tag = "6")]
    pub(crate) views: u64,
    #[prost(double, tag = "7")]
    pub(crate) rating: f64,
    #[prost(bool, tag = "8")]
    pub(crate) active: bool,
    #[prost(int32, tag = "9")]
    pub(crate) status: i32,
    #[prost(string, repeated, tag = "10")]
    pub(crate) tags: Vec<String>,
    #[prost(int32, repeated, tag = "11")]
    pub(crate) sizes: Vec<i32>,
    #[prost(message, optional, tag = "12")]
    pub(crate) size: Option<Dimensions>,
    #[prost(message, optional, tag = "13")]
    pub(crate) created: Option<Moment>,
    #[prost(string, tag = "14")]
    pub(crate) brand: String,
    #[prost(string, tag = "15")]
    pub(crate) url: String,
    #[prost(string, tag = "16")]
    pub(crate) sku: String,
}

#[derive(Clone, PartialEq, Message, Serialize)]
pub(crate) struct Dimensions {
    #[prost(double, tag = "1")]
    pub(crate) width: f64,
    #[prost(double, tag = "2")]
    pub(crate) height: f64,
    #[prost(string, tag = "3")]
    pub(crate) unit: String,
}

#[derive(Clone, PartialEq, Message, Serialize)]
pub(crate) struct Moment {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Products {
    #[prost(message, repeated, tag = "1")]
    pub(crate) items: Vec<Product>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Price {
    #[prost(string, tag = "1")]
    pub(crate) product_id: String,
    #[prost(int64, tag = "2")]
    pub(crate) amount: i64,
    #[prost(string, tag = "3")]
    pub(crate) currency: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Prices {
    #[prost(message, repeated, tag = "1")]
    pub(crate) items: Vec<Price>,
}

pub(crate) fn products(count: usize) -> Products {
    let item = |number: usize| Product {
        id: format!("product-{number:05}"),
        name: format!("Näme of thing {number}"),
        description: format!(
            "A \"quoted\" description, line one\nline two, of product {number}, with ünïcode"
        ),
        stock: (number * 37 % 1000) as i32,
        price_cents: (number * 7919 % 100_000) as i64,
        views: (number as u64) * 1_000_003,
        rating: (number % 50) as f64 / 10.0,
        active: number.is_multiple_of(3),
        status: (number % 3) as i32,
        tags: vec!["new".to_owned(), "sale".to_owned(), format!("tag{number}")],
        sizes: vec![1, 20, 300],
        size: Some(Dimensions { width: 12.5, height: 0.75, unit: "cm".to_owned() }),
        created: Some(Moment { seconds: 1_700_000_000 + number as i64, nanos: 250_000_000 }),
        brand: "Brandname".to_owned(),
        url: format!("https://example.com/products/{number:05}"),
        sku: format!("SKU-{number}"),
    };
    Products { items: (0..count).map(item).collect() }
}

pub(crate) fn prices(count: usize) -> Vec<Price> {
    let item = |number: usize| Price {
        product_id: format!("product-{number:05}"),
        amount: (number * 7919 % 100_000) as i64,
        currency: "EUR".to_owned(),
    };
    (0..count).map(item).collect()
}
