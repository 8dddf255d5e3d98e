//! How messages become objects.

use super::{Builder, check_shapes, leaf, list, object, plan, query, shop};
use crate::{
    contract::Contract,
    error::{Code, Error},
    operation::Value,
    plan::{SiteId, StepId},
};

#[test]
fn aliases_nullability_and_typename_are_kept_in_response_order() {
    check_shapes(
        &shop(),
        &query(
            "book as b (id = 1) : Book! { \
             reviews as r : [Review]! { body } __typename as kind title : String! reviews : [Review!] { body } }",
        ),
        "
            b = site 0 step 1 > 1 Explicit Book
              r items? = site 1 step 2 > 2 Repeated Review
                body? = 1 Implicit String
              kind? = typename
              title = 2 Implicit String
              reviews? = site 2 step 2 > 2 Repeated Review
                body? = 1 Implicit String
        ",
    );
}

#[test]
fn a_chain_of_calls_is_a_join_inside_a_join() {
    check_shapes(
        &shop(),
        &query("search(text = tea) : [Book!] { title }"),
        "
            search? = site 0 step 1 > site 1 step 2 many > 0 Explicit Book
              title? = 2 Implicit String
        ",
    );
    let plan = plan(&query("search(text = tea) : [Book!] { title }"), &shop()).unwrap();
    assert_eq!((plan.site(SiteId(0)).many, plan.site(SiteId(0)).parent), (false, None));
    assert_eq!((plan.site(SiteId(1)).many, plan.site(SiteId(1)).parent), (true, Some(SiteId(0))));
}

#[test]
fn what_a_step_has_of_a_key_is_where_the_request_takes_it() {
    let plan = plan(&query("book(id = 1) : Book { translator : User { id } }"), &shop()).unwrap();
    let step = plan.step(StepId(1));
    assert!(step.join.then.is_none() && step.join.key[0].path.is_empty());
    assert_eq!(plan.site(SiteId(1)).key[0].path, [5]);
}

#[test]
fn a_step_keeps_the_arguments_that_its_request_names_and_no_other() {
    let plan = plan(&query("book(id = $1, shape = 3) : Book { id }"), &shop()).unwrap();
    let id = Value::Variable { index: 1, default: None, never_null: false };
    assert_eq!(plan.step(StepId(0)).arguments, [("id".to_owned(), id)]);
}

/// A search whose hits are books or authors, in a oneof or each in a message of its own.
fn library() -> Contract {
    let mut library = Builder::default();
    let book = library.object("Book", "library.Book", [leaf("title", 1), leaf("pages", 2)]);
    let book_hit = library.object("Book", "library.BookHit", [leaf("title", 7)]);
    let author = library.object("Author", "library.Author", [leaf("name", 1)]);
    let hit = library.abstract_type("Hit", "library.Hit", [(1, book), (2, author), (3, book_hit)]);
    let only = library.abstract_type("Hit", "library.Author", [(0, author)]);
    let hits = library.call("library.Search/Search");
    let newest = library.call("library.Search/Newest");
    let best = library.call("library.Search/Best");
    let fields = [
        hits.field("hits", list(1, hit)),
        newest.field("newest", object(0, only)),
        best.field("best", object(1, book)),
    ];
    library.contract.query = Some(library.object("Query", "", fields));
    library.contract
}

#[test]
fn an_abstract_type_has_a_shape_for_each_way_it_shows_itself() {
    check_shapes(
        &library(),
        &query("hits : [Hit] { on Book { __typename title } on Author { name } on Shelf { row } }"),
        "
            hits? items? = site 0 step 1 > 1 Repeated one of
            | 1 Book
              __typename? = typename
              title? = 1 Implicit String
            | 2 Author
              name? = 1 Implicit String
            | 3 Book
              __typename? = typename
              title? = 7 Implicit String
        ",
    );
}

#[test]
fn a_concrete_type_that_the_message_cannot_have_is_left_out() {
    check_shapes(
        &library(),
        &query("newest : Hit { on Book { pages } on Author { name } }"),
        "
            newest? = site 0 step 1 > 0 Explicit one of
            | 0 Author
              name? = 1 Implicit String
        ",
    );
}

#[test]
fn an_abstract_field_may_always_be_of_one_type() {
    check_shapes(
        &library(),
        &query("best : Hit { on Book { pages } on Author { name } }"),
        "
            best? = site 0 step 1 > 1 Explicit Book
              pages? = 2 Implicit String
        ",
    );
}

#[test]
fn a_field_that_its_message_lacks_is_refused_by_name() {
    let error = refused("hits : [Hit] { on Book { title pages } on Author { name } }");
    assert_eq!(error.code(), Code::ValidationFailed);
    assert_eq!(
        error.to_string(),
        "`Book.pages` has nothing behind it here: select it where `Book` comes from a service that has it"
    );
    assert!(format!("{error:?}").contains("library.BookHit"), "the log names the message");
}

#[test]
fn a_root_field_without_a_service_is_refused_by_name() {
    assert_eq!(refused("shelves").to_string(), "`Query.shelves` has nothing behind it here");
}

fn refused(text: &str) -> Error {
    plan(&query(text), &library()).unwrap_err()
}
