//! What masks say: what the sites of a step read, and what every answer has to have.

use super::{
    contracts::{Builder, field, leaf, list, object},
    *,
};
use crate::contract::{Cache, Match, Piece, Scalar, Template, piece, source};

/// Books that have all kinds of parts, asked for one by one, as a list, and in batches.
fn shop() -> Contract {
    let mut shop = Builder::default();
    let masked_book = shop.mask_message(
        "1 id, 2 title, 3 price→1, 4 author_id, 5 editions, 6 note, 7 text|1, 8 picture|1, 9 isbn",
    );
    shop.mask_message("1 amount, 2 currency→2, 3 seller_id");
    shop.mask_message("1 code, 2 name");
    let currency = shop.object("Currency", "shop.Currency", [leaf("code", 1), leaf("name", 2)]);
    let user = shop.object("User", "shop.User", [leaf("id", 1), leaf("name", 2)]);
    let users = shop.call("shop.Users/BatchGet").batch(0);
    let seller = users.clone().key(&[3]).batch(0);
    let price = shop.object(
        "Price",
        "shop.Price",
        [
            leaf("amount", 1),
            field("currency", object(2, currency)),
            seller.field("seller", object(0, user)),
        ],
    );
    let edition = shop.object("Edition", "shop.Edition", [leaf("sku", 1)]);
    let picture = shop.object("Picture", "shop.Picture", [leaf("url", 1)]);
    let text = shop.object("Text", "shop.Text", [leaf("body", 1)]);
    let cover = shop.abstract_type("Cover", "shop.Book", [(7, text), (8, picture)]);
    let author = users.key(&[4]).batch(0);
    let twin = shop.call("shop.Catalog/BatchGet").key(&[9]).batch(0).selection(&[], masked_book);
    let pages = shop.resolver("Book", "pages").key(&[6]);
    let fields = [
        leaf("id", 1),
        leaf("title", 2),
        field("price", object(3, price)),
        author.field("author", object(0, user)),
        field("editions", list(5, edition)),
        leaf("text", 7),
        field("cover", object(0, cover)),
        twin.field("twin", object(0, 7)),
        pages.field("pages", contracts::text(1)),
    ];
    let book = shop.object("Book", "shop.Book", fields);
    assert_eq!(book, 7);
    let get = shop.call("shop.Catalog/GetBook").reads().argument("id", 1);
    let get = get.selection(&[], masked_book);
    let top = shop.call("shop.Catalog/ListBooks").reads().selection(&[1], masked_book);
    let page = shop.object("Page", "shop.Page", [field("books", list(1, book)), leaf("next", 2)]);
    let query = [
        get.clone().echo(1, &[1]).field("book", object(0, book)),
        tagged(get).field("taggedBook", object(0, book)),
        top.clone().field("books", list(1, book)),
        top.field("page", object(0, page)),
    ];
    shop.contract.query = Some(shop.object("Query", "", query));
    shop.contract
}

/// With the tag `isbn-{isbn}`.
fn tagged(ask: contracts::Ask) -> contracts::Ask {
    let path = Match { path: vec![9], scalar: Scalar::String.into() };
    let piece = Piece { kind: Some(piece::Kind::Path(path)) };
    let tags = vec![Template { pieces: vec![piece] }];
    ask.policy(|policy| policy.cache = Some(Cache { tags, ..Cache::default() }))
}

/// The masks of a query's steps, in order.
#[track_caller]
fn masks(text: &str, expected: &[&str]) {
    let plan = plan(&query(text), &shop()).unwrap();
    let told = |step: &crate::plan::Step| {
        step.mask.as_ref().map_or_else(|| "everything".to_owned(), |mask| mask.fields.to_string())
    };
    assert_eq!(plan.steps.iter().map(told).collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn a_mask_names_what_is_read() {
    masks("book(id = 1) : Book { title id }", &["id,title"]);
    masks("book(id = 1) : Book { title as b title as c }", &["title"]);
}

#[test]
fn it_goes_into_single_messages_and_not_into_lists() {
    masks(
        "book(id = 1) : Book { price : Price { amount currency : Currency { code } } editions : [Edition] { sku } }",
        &["price.amount,price.currency.code,editions"],
    );
}

#[test]
fn of_what_is_only_looked_whether_it_is_there_everything_is_asked_for() {
    masks("book(id = 1) : Book { price : Price { __typename } }", &["price"]);
    masks("book(id = 1) : Book { __typename }", &["id"]);
}

#[test]
fn it_names_the_keys_of_what_is_asked_for_next() {
    masks(
        "book(id = 1) : Book { author : User { name } price : Price { seller : User { name } } }",
        &["price.seller_id,author_id", "everything"],
    );
    masks("book(id = 1) : Book { pages }", &["note", "everything"]);
}

#[test]
fn the_members_of_a_oneof_are_named_together() {
    masks("book(id = 1) : Book { text }", &["text,picture"]);
    masks(
        "book(id = 1) : Book { cover : Cover { on Text { body } on Picture { __typename } } }",
        &["text,picture"],
    );
}

#[test]
fn the_key_of_an_item_is_always_named() {
    masks("book(id = 1) : Book { twin : Book { title } }", &["isbn", "id,title"]);
}

#[test]
fn the_fields_in_tags_are_always_named() {
    masks("taggedBook(id = 1) : Book { title }", &["title,isbn"]);
    let plan = plan(&query("taggedBook(id = 1) : Book { title }"), &shop()).unwrap();
    assert_eq!(plan.steps[0].mask.as_ref().unwrap().always.to_string(), "isbn");
}

#[test]
fn what_stands_beside_the_resource_needs_no_name() {
    masks(
        "page : Page { next books : [Book] { title price : Price { amount } } }",
        &["price.amount,title"],
    );
    masks("page : Page { next }", &["id"]);
    masks("books : [Book] { title }", &["title"]);
}

#[test]
fn fields_that_share_a_call_ask_for_what_either_reads() {
    masks("book as a (id = 1) : Book { title } book as b (id = 1) : Book { id }", &["id,title"]);
    masks("book as a (id = 1) : Book { title } book as b (id = 2) : Book { id }", &["title", "id"]);
}

#[test]
fn steps_that_ask_the_same_on_other_levels_have_one_mask() {
    masks(
        "book(id = 1) : Book { twin : Book { title twin : Book { price : Price { amount } } } }",
        &["isbn", "id,title,price.amount,isbn", "id,title,price.amount,isbn"],
    );
}

#[test]
fn what_no_mask_names_is_asked_for_with_everything() {
    let mut contract = shop();
    contract.mask_messages[0].fields.retain(|field| field.name != "title");
    let plan = plan(&query("book(id = 1) : Book { id title }"), &contract).unwrap();
    assert_eq!(plan.steps[0].mask, None);
}

#[test]
fn a_plan_prints_its_masks() {
    check(
        &shop(),
        &query("book(id = 1) : Book { title price : Price { amount } }"),
        "
            1 shop.Catalog/GetBook  → Query.book  1 call  mask title,price.amount
            1 call in 1 level · worst case the request's deadline
        ",
    );
}

#[test]
fn an_early_step_is_asked_beside_a_mask_that_has_its_key() {
    let mut contract = shop();
    let binding = &mut contract.bindings[7];
    for field in &mut binding.fields {
        if let Some(source::Kind::Join(join)) = &mut field.source.as_mut().unwrap().kind
            && field.name == "author"
        {
            join.key[0].path = vec![1];
            join.side_effects = crate::contract::SideEffects::NoSideEffects.into();
        }
    }
    check(
        &contract,
        &query("book(id = 1) : Book { title author : User { name } }"),
        "
            1 shop.Catalog/GetBook    → Query.book                  1 call  mask id,title
            └─ 2 shop.Users/BatchGet  → Book.author  ← Book.id = 1  1 call  starts with 1
            2 calls in 1 level · worst case the request's deadline
        ",
    );
}
