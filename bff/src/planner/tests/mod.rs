//! Plans compared as text.

mod contracts;
mod defer;
mod early;
mod limits;
mod masks;
mod merging;
mod operations;
mod shapes;
mod trees;

use self::{
    contracts::{Builder, field, leaf, list, object, text},
    operations::{mutation, query, subscription},
};
use super::plan;
use crate::{
    contract::{Contract, Fallback, Scope, fallback},
    operation::Operation,
    plan::{Plan, ShapeId, Source, Value},
};

/// The calls of a plan.
#[track_caller]
fn check(contract: &Contract, operation: &Operation, expected: &str) {
    let plan = plan(operation, contract).unwrap();
    compare(&plan.display(contract).to_string(), expected);
}

/// The objects of a plan.
#[track_caller]
fn check_shapes(contract: &Contract, operation: &Operation, expected: &str) {
    let plan = plan(operation, contract).unwrap();
    let mut text = String::new();
    print_shape(&plan, plan.root, "", &mut text);
    compare(&text, expected);
}

/// Compares line by line, and shows what came so that it can be judged and kept.
#[track_caller]
fn compare(actual: &str, expected: &str) {
    let wanted: Vec<&str> = expected.lines().filter(|line| !line.trim().is_empty()).collect();
    let indent = wanted.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let wanted: Vec<&str> = wanted.iter().map(|line| &line[indent..]).collect();
    let wanted = wanted.join("\n");
    assert!(actual.trim_end() == wanted.trim_end(), "it is\n{actual}\nnot\n{wanted}");
}

fn print_shape(plan: &Plan, id: ShapeId, indent: &str, out: &mut String) {
    for field in &plan.shape(id).fields {
        let null = if field.nullable { "?" } else { "" };
        let item = if field.item_nullable { " items?" } else { "" };
        *out += &format!("{indent}{}{null}{item} =", field.response_key);
        print_source(plan, &field.source, indent, out);
    }
}

fn print_source(plan: &Plan, source: &Source, indent: &str, out: &mut String) {
    match source {
        Source::Typename => *out += " typename\n",
        Source::Slow => *out += " slow\n",
        Source::Join { site, then } => {
            let many = if plan.site(*site).many { " many" } else { "" };
            *out += &format!(" site {} step {}{many} >", site.0, plan.site(*site).step.0 + 1);
            print_source(plan, then, indent, out);
        }
        Source::Wire(wire) => {
            let inner = format!("{indent}  ");
            *out += &format!(" {} {:?}", wire.number, wire.cardinality);
            match &wire.value {
                Value::Leaf(leaf) => *out += &format!(" {:?}\n", leaf.scalar()),
                Value::Object(shape) => {
                    *out += &format!(" {}\n", plan.shape(*shape).type_name);
                    print_shape(plan, *shape, &inner, out);
                }
                Value::Abstract(members) => {
                    *out += " one of\n";
                    for member in members {
                        let name = &plan.shape(member.shape).type_name;
                        *out += &format!("{indent}| {} {name}\n", member.number);
                        print_shape(plan, member.shape, &inner, out);
                    }
                }
            }
        }
    }
}

/// Books with prices, reviews and their authors, and authors of their own.
fn shop() -> Contract {
    let mut shop = Builder::default();
    let money = shop.object("Money", "shop.Money", [leaf("amount", 1)]);
    let user = shop.object("User", "shop.User", [leaf("id", 1), leaf("name", 2)]);
    let users = shop.call("shop.Users/BatchGet").timeout(50).cache(300_000, Scope::Public);
    let author = users.clone().key(&[3]).batch(0);
    let review = shop.object(
        "Review",
        "shop.Review",
        [leaf("body", 1), author.field("author", object(0, user))],
    );
    let prices = shop.call("shop.Pricing/BatchGetPrices").key(&[1]).batch(200).timeout(80);
    let price = prices.cache(30_000, Scope::Public).fallback(Fallback {
        stale_if_error_ms: 600_000,
        leave_out: false,
        rpc: None,
        last: Some(fallback::Last::Null(true)),
    });
    let reviews = shop.call("shop.Reviews/ListByBooks").key(&[1]).batch(0).timeout(120);
    let reading_time = shop.resolver("Book", "readingTime").key(&[4]);
    let translator = users.clone().key(&[5]).batch(0);
    let illustrator = users.key(&[6, 1]).batch(0);
    let book = shop.object(
        "Book",
        "shop.Book",
        [
            leaf("id", 1),
            leaf("title", 2),
            translator.field("translator", object(0, user)),
            illustrator.field("illustrator", object(0, user)),
            price.field("price", object(2, money)),
            reviews.field("reviews", list(2, review)),
            reading_time.field("readingTime", text(1)),
        ],
    );
    let get = shop.call("shop.Catalog/GetBook").argument("id", 1).timeout(100);
    let top = shop.call("shop.Catalog/TopBooks").argument("first", 1).timeout(100);
    let load = shop.call("shop.Catalog/BatchGetBooks").key(&[1]).many().batch(50);
    let search = shop.call("shop.Search/Search").argument("text", 1);
    let query = [
        get.field("book", object(1, book)),
        top.field("topBooks", list(1, book)),
        search.field("search", load.source(object(0, book))),
    ];
    shop.contract.query = Some(shop.object("Query", "", query));
    let review_book = shop.call("shop.Reviews/Review").argument("id", 1).timeout(200);
    let act = review_book.field("review", object(1, book));
    shop.contract.mutation = Some(shop.object("Mutation", "", [act]));
    let watch = shop.call("shop.Catalog/WatchBook").argument("id", 1);
    let changed = watch.field("bookChanged", object(0, book));
    shop.contract.subscription = Some(shop.object("Subscription", "", [changed]));
    shop.contract
}
