//! Prices, stock, promotions and readers.

use std::collections::BTreeSet;

use bookshop::Service;
use bookshop::proto::accounts::v1::accounts_client::AccountsClient;
use bookshop::proto::accounts::v1::{BatchGetUsersRequest, GetUserRequest};
use bookshop::proto::inventory::v1::inventory_client::InventoryClient;
use bookshop::proto::inventory::v1::{Availability, BatchGetStockRequest};
use bookshop::proto::money::v1::Currency;
use bookshop::proto::pricing::v1::BatchGetPricesRequest;
use bookshop::proto::pricing::v1::pricing_client::PricingClient;
use bookshop::proto::promotions::v1::BatchGetPromotionsRequest;
use bookshop::proto::promotions::v1::promotion::Benefit;
use bookshop::proto::promotions::v1::promotions_client::PromotionsClient;
use tonic::Code;

use crate::{channel, shop, strings};

fn first_books(count: u32) -> Vec<String> {
    (1..=count).map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn prices_are_amounts_with_their_cents() {
    let shop = shop().await;
    let mut pricing = PricingClient::new(channel(&shop, Service::Pricing).await);
    let request = BatchGetPricesRequest { book_ids: strings(["42", "no"]), currency: 0 };
    let prices = pricing.batch_get_prices(request).await.unwrap().into_inner().prices;
    assert_eq!(prices.len(), 1);
    let price = &prices[0];
    assert_eq!((price.book_id.as_str(), price.currency()), ("42", Currency::Eur));
    assert_eq!(
        price.amount,
        format!("{}.{:02}", price.amount_cents / 100, price.amount_cents % 100)
    );
    assert!(price.valid_until.is_some());
}

#[tokio::test]
async fn a_currency_that_the_shop_does_not_take_is_refused() {
    let shop = shop().await;
    let mut pricing = PricingClient::new(channel(&shop, Service::Pricing).await);
    let request = BatchGetPricesRequest { book_ids: strings(["42"]), currency: 99 };
    assert_eq!(pricing.batch_get_prices(request).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_list_price_is_above_the_price() {
    let shop = shop().await;
    let mut pricing = PricingClient::new(channel(&shop, Service::Pricing).await);
    let request =
        BatchGetPricesRequest { book_ids: first_books(200), currency: Currency::Usd.into() };
    let prices = pricing.batch_get_prices(request).await.unwrap().into_inner().prices;
    let reduced: Vec<_> =
        prices.iter().filter_map(|price| Some((price, price.list_price.as_ref()?))).collect();
    assert!(!reduced.is_empty() && reduced.len() < prices.len());
    for (price, list) in reduced {
        assert!(list.amount_cents > price.amount_cents && price.amount_cents > 0, "{price:?}");
        assert_eq!(list.currency(), Currency::Usd);
    }
}

#[tokio::test]
async fn stock_is_the_sum_of_its_warehouses() {
    let shop = shop().await;
    let mut inventory = InventoryClient::new(channel(&shop, Service::Inventory).await);
    let book_ids = [first_books(200), strings(["no"])].concat();
    let stock = inventory
        .batch_get_stock(BatchGetStockRequest { book_ids })
        .await
        .unwrap()
        .into_inner()
        .stock;
    assert_eq!(stock.len(), 200);
    for stock in stock.values() {
        assert_eq!(stock.count, stock.warehouses.values().sum::<i32>());
        assert_eq!(stock.ships_within.is_some(), stock.count > 0);
    }
    let kinds: BTreeSet<Availability> = stock.values().map(|stock| stock.availability()).collect();
    assert_eq!(kinds.len(), 4, "every kind of availability is there to be shown: {kinds:?}");
}

#[tokio::test]
async fn some_books_have_an_offer_of_one_of_three_kinds() {
    let shop = shop().await;
    let mut promotions = PromotionsClient::new(channel(&shop, Service::Promotions).await);
    let request = BatchGetPromotionsRequest { book_ids: first_books(200) };
    let offers = promotions.batch_get_promotions(request).await.unwrap().into_inner().promotions;
    assert!((20..100).contains(&offers.len()), "{} offers", offers.len());
    let benefits: Vec<_> =
        offers.into_iter().filter_map(|offer| offer.promotion?.benefit).collect();
    let has = |kind: fn(&Benefit) -> bool| benefits.iter().any(kind);
    assert!(has(|benefit| matches!(benefit, Benefit::PercentOff(_))));
    assert!(has(|benefit| matches!(benefit, Benefit::AmountOff(_))));
    assert!(has(|benefit| matches!(benefit, Benefit::Gift(_))));
}

#[tokio::test]
async fn readers_are_found_by_their_ids() {
    let shop = shop().await;
    let mut accounts = AccountsClient::new(channel(&shop, Service::Accounts).await);
    let ids = strings(["u17", "u0", "u400"]);
    let users =
        accounts.batch_get_users(BatchGetUsersRequest { ids }).await.unwrap().into_inner().users;
    let ids: BTreeSet<_> = users.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(ids, BTreeSet::from(["u17", "u400"]));

    let user =
        accounts.get_user(GetUserRequest { id: "u17".to_owned() }).await.unwrap().into_inner();
    assert_eq!(
        Some(user.name),
        users.into_iter().find(|user| user.id == "u17").map(|user| user.name)
    );
    let nobody = accounts.get_user(GetUserRequest { id: String::new() }).await.unwrap_err();
    assert_eq!(nobody.code(), Code::NotFound);
}
