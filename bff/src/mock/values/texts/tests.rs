//! Texts are what their names say.

use super::*;
use crate::mock::hash::Hash;

fn book(key: u64) -> Subject {
    Subject { hash: Hash::new(key), long: false }
}

fn check(type_name: &str, field: &str, wanted: Text) {
    assert_eq!(Text::of(type_name, field), wanted, "{type_name}.{field}");
}

#[test]
fn the_name_of_a_field_says_what_its_text_is() {
    check("Book", "title", Text::Title);
    check("Book", "isbn", Text::Isbn);
    check("Book", "image_urls", Text::Image);
    check("Edition", "publisher", Text::Company);
    check("Money", "amount", Text::Amount);
    check("Money", "currencyCode", Text::Currency);
    check("Review", "createdAt", Text::DateTime);
    check("ListBooksResponse", "next_page_token", Text::Nothing);
    check("Order", "shipping_address", Text::Street);
    check("Reader", "birthDate", Text::Date);
    check("Book", "whatever", Text::Word);
}

#[test]
fn what_a_name_is_depends_on_its_type() {
    check("Author", "name", Text::Person);
    check("Publisher", "name", Text::Company);
    check("Category", "name", Text::Word);
    check("Product", "name", Text::Title);
}

#[test]
fn a_person_has_one_name_wherever_it_is_written() {
    for key in 0..20 {
        let person = |field: &str| Text::of("Reader", field).write(&book(key), field, 0);
        let name = person("name");
        assert_eq!(name, format!("{} {}", person("firstName"), person("lastName")));
        let expected = name.split(' ').map(plain).collect::<Vec<_>>().join(".");
        assert_eq!(person("email"), format!("{expected}@example.com"));
        assert!(person("email").is_ascii());
    }
}

#[test]
fn two_people_of_one_object_are_two() {
    let names: Vec<String> = (0..10)
        .map(|key| {
            let write = |field: &str| Text::Person.write(&book(key), field, 0);
            assert_eq!(write("customerName"), write("customer"));
            format!("{}/{}", write("customerName"), write("sellerName"))
        })
        .collect();
    assert!(names.iter().any(|pair| pair.split_once('/').is_some_and(|(one, other)| one != other)));
}

#[test]
fn a_slug_is_that_of_the_title() {
    let title = Text::Title.write(&book(1), "title", 0);
    assert_eq!(Text::Slug.write(&book(1), "slug", 0), title.to_lowercase().replace(' ', "-"));
}

#[test]
fn an_isbn_has_a_right_check_digit() {
    for key in 0..50 {
        let isbn = Text::Isbn.write(&book(key), "isbn", 0);
        assert_eq!(isbn.len(), 13);
        let sum: u32 = isbn
            .bytes()
            .zip([1, 3].into_iter().cycle())
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        assert_eq!(sum % 10, 0, "{isbn}");
    }
}

#[test]
fn long_texts_are_long_and_codes_are_not() {
    let long = Subject { long: true, ..book(1) };
    assert!(Text::Title.write(&long, "title", 0).len() >= 240);
    assert!(Text::Paragraph.write(&long, "description", 0).len() >= 4000);
    assert!(Text::Title.write(&long, "title", 0).starts_with(&Text::Title.write(
        &book(1),
        "title",
        0
    )));
    assert_eq!(Text::Currency.write(&long, "currency", 0).len(), 3);
}

#[test]
fn every_accepted_form_of_the_directive_is_known() {
    for name in "name email title sentence paragraph url isbn city country phone word".split(' ') {
        assert!(Text::accepted(name).is_some(), "{name}");
    }
    assert_eq!(Text::accepted("haiku"), None);
}

#[test]
fn version_1_says_this_for_ever() {
    let written =
        ["title", "isbn", "email", "description", "createdAt", "amount", "city", "sku", "uuid"]
            .map(|field| Text::of("Book", field).write(&book(42), field, 0));
    assert_eq!(
        written.join("\n"),
        "A Journey in Snow\n9784015943040\narjun.petrov@example.com\n\
         It could have been shorter, and still I was sorry when it ended. \
         Recommended to me by a friend, and now by me to you.\n\
         2023-07-03T10:07:40Z\n28.20\nKraków\nVFS-8650\n125dc94d-472e-8621-8bf7-6faff465be4d"
    );
}
