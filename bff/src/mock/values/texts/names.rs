//! What the name of a field says about its text.

use super::Text;
use crate::mock::values::{find, words};

/// The first row that fits decides: the longer name stands above the shorter.
const NAMES: &[(&[&str], Text)] = &[
    (&["page token", "next cursor", "error", "error message", "warning"], Text::Nothing),
    (&["first name", "given name", "forename"], Text::FirstName),
    (&["last name", "family name", "surname"], Text::LastName),
    (&["user name", "username", "login", "handle", "nickname", "nick"], Text::UserName),
    (&["company name", "publisher name", "brand name", "shop name", "store name"], Text::Company),
    (
        &[
            "publisher",
            "company",
            "brand",
            "vendor",
            "manufacturer",
            "organization",
            "organisation",
            "employer",
        ],
        Text::Company,
    ),
    (
        &[
            "full name",
            "customer name",
            "author name",
            "contact name",
            "person name",
            "recipient",
            "recipient name",
            "byline",
            "narrator",
            "translator",
            "editor",
            "signature",
            "author",
            "reviewer",
            "owner",
            "customer",
            "cardholder",
        ],
        Text::Person,
    ),
    (&["city name", "city", "town", "place", "location", "locality"], Text::City),
    (&["email", "email address", "mail"], Text::Email),
    (&["phone", "phone number", "mobile", "telephone", "fax"], Text::Phone),
    (&["country code", "market", "region code"], Text::CountryCode),
    (&["country", "nationality", "country of origin"], Text::Country),
    (&["region", "province", "county"], Text::Region),
    (&["street", "street address", "address", "address line", "line1"], Text::Street),
    (&["zip", "zip code", "postcode", "postal code", "post code"], Text::Postcode),
    (
        &[
            "image",
            "image url",
            "picture",
            "picture url",
            "photo",
            "photo url",
            "avatar",
            "avatar url",
            "cover url",
            "cover image",
            "thumbnail",
            "thumbnail url",
            "logo",
            "logo url",
            "icon url",
        ],
        Text::Image,
    ),
    (&["url", "uri", "website", "homepage", "link", "href"], Text::Url),
    (&["isbn", "isbn13", "ean", "gtin"], Text::Isbn),
    (&["sku", "barcode", "item number", "order number", "tracking number", "shelfmark"], Text::Sku),
    (&["slug", "permalink"], Text::Slug),
    (&["uuid", "guid", "request id", "trace id", "token", "session id"], Text::Uuid),
    (&["id", "key", "ref", "reference"], Text::Id),
    (&["currency", "currency code"], Text::Currency),
    (
        &["amount", "price", "cost", "total", "subtotal", "fee", "tax", "balance", "discount"],
        Text::Amount,
    ),
    (&["cursor"], Text::Cursor),
    (&["language", "language code", "locale", "lang"], Text::Language),
    (&["color", "colour"], Text::Color),
    (&["time zone", "timezone"], Text::TimeZone),
    (&["hash", "checksum", "digest", "sha256", "etag", "fingerprint"], Text::Digest),
    (&["ip", "ip address"], Text::Ip),
    (&["media type", "mime type", "content type"], Text::MediaType),
    (&["version"], Text::Version),
    (&["year"], Text::Year),
    (&["birth date", "birthday", "birthdate", "date of birth", "date", "day", "dob"], Text::Date),
    (
        &["at", "time", "timestamp", "created", "updated", "until", "since", "expiry"],
        Text::DateTime,
    ),
    (&["status", "state"], Text::State),
    (
        &[
            "paragraph",
            "text",
            "body",
            "content",
            "bio",
            "biography",
            "about",
            "description",
            "synopsis",
        ],
        Text::Paragraph,
    ),
    (
        &[
            "summary", "blurb", "comment", "review", "note", "message", "excerpt", "sentence",
            "caption", "tagline", "reason", "detail", "question", "answer", "quote", "help",
        ],
        Text::Sentence,
    ),
    (&["title", "subtitle", "headline", "subject line", "series", "line"], Text::Title),
];

/// Types whose `name` is a person's.
const PEOPLE: &[&str] = &[
    "person",
    "author",
    "user",
    "customer",
    "reader",
    "account",
    "employee",
    "member",
    "profile",
    "owner",
    "contact",
    "reviewer",
    "editor",
    "translator",
    "actor",
    "artist",
    "viewer",
    "friend",
    "patient",
    "student",
    "teacher",
    "driver",
    "passenger",
    "recipient",
    "me",
];
const COMPANIES: &[&str] = &[
    "company",
    "publisher",
    "brand",
    "vendor",
    "supplier",
    "shop",
    "store",
    "organization",
    "organisation",
    "manufacturer",
    "merchant",
    "seller",
    "partner",
    "employer",
    "team",
];
const TOPICS: &[&str] =
    &["category", "tag", "genre", "topic", "keyword", "subject", "label", "shelf", "role"];
const PLACES: &[&str] = &["city", "town", "place", "location", "warehouse", "branch"];

impl Text {
    /// What the names of a type and its field say about a text.
    pub(in crate::mock) fn of(type_name: &str, field: &str) -> Self {
        let field = words(field);
        if let Some(text) = find(NAMES, &field) {
            return text;
        }
        if field.last().is_none_or(|word| word != "name" && word != "names") {
            return Self::Word;
        }
        let kinds = [
            (PEOPLE, Self::Person),
            (COMPANIES, Self::Company),
            (TOPICS, Self::Word),
            (PLACES, Self::City),
        ];
        find(&kinds, &words(type_name)).unwrap_or(Self::Title)
    }
}
