//! Texts by the name of their field.

mod names;

use super::{Subject, lists, times, times::Moment, words};
use crate::mock::hash::Draw;

/// What a text is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mock) enum Text {
    Id,
    Amount,
    City,
    Color,
    Company,
    Country,
    CountryCode,
    Currency,
    Cursor,
    Date,
    DateTime,
    Digest,
    Email,
    FirstName,
    Image,
    Ip,
    Isbn,
    Language,
    LastName,
    MediaType,
    Nothing,
    Paragraph,
    Person,
    Phone,
    Postcode,
    Region,
    Sentence,
    Sku,
    Slug,
    State,
    Street,
    TimeZone,
    Title,
    Url,
    UserName,
    Uuid,
    Version,
    Word,
    Year,
}

/// What `@mock(as: …)` may say.
const ACCEPTED: &[(&str, Text)] = &[
    ("name", Text::Person),
    ("email", Text::Email),
    ("title", Text::Title),
    ("sentence", Text::Sentence),
    ("paragraph", Text::Paragraph),
    ("url", Text::Url),
    ("isbn", Text::Isbn),
    ("city", Text::City),
    ("country", Text::Country),
    ("phone", Text::Phone),
    ("word", Text::Word),
];

impl Text {
    /// What `@mock(as: …)` says.
    pub(in crate::mock) fn accepted(name: &str) -> Option<Self> {
        ACCEPTED.iter().find(|(accepted, _)| *accepted == name).map(|(_, text)| *text)
    }

    /// The text of one field of an object; `index` counts in lists.
    pub(in crate::mock) fn write(self, subject: &Subject, field: &str, index: usize) -> String {
        let mut draw = subject.draw(&self.root(field), index);
        let text = self.short(subject, field, index, &mut draw);
        if subject.long && self.is_prose() { lengthen(&text, self, &mut draw) } else { text }
    }

    /// What the text is drawn from: a person's name and address go together, and so do a title and its slug.
    fn root(self, field: &str) -> String {
        match self {
            Self::Person | Self::FirstName | Self::LastName | Self::UserName | Self::Email => {
                about("@person", field)
            }
            Self::City | Self::Region | Self::Country | Self::CountryCode | Self::Phone => {
                about("@place", field)
            }
            Self::Slug => "@title".to_owned(),
            Self::Title if matches!(field, "title" | "name" | "displayName") => "@title".to_owned(),
            _ => field.to_owned(),
        }
    }

    fn short(self, subject: &Subject, field: &str, index: usize, draw: &mut Draw) -> String {
        match self {
            Self::Id => draw.between(1, 9999).to_string(),
            Self::Amount => {
                let cents = draw.between(499, 8999);
                format!("{}.{:02}", cents / 100, cents % 100)
            }
            Self::Person | Self::FirstName | Self::LastName | Self::UserName | Self::Email => {
                self.person(draw)
            }
            Self::City | Self::Region | Self::Country | Self::CountryCode | Self::Phone => {
                self.place(draw)
            }
            Self::Color => (*draw.pick(lists::COLORS)).to_owned(),
            Self::Company => {
                format!("{} {}", draw.pick(lists::LAST_NAMES), draw.pick(lists::COMPANIES))
            }
            Self::Currency => (*draw.pick(lists::CURRENCIES)).to_owned(),
            Self::Cursor => format!("{:08x}", draw.next() >> 32),
            Self::Date => times::date(Moment::of(field).seconds(subject, field, index)),
            Self::DateTime => times::date_time(Moment::of(field).seconds(subject, field, index)),
            Self::Digest => format!("{:016x}{:016x}", draw.next(), draw.next()),
            // The address blocks for documentation of RFC 5737.
            Self::Ip => format!("192.0.2.{}", draw.between(1, 254)),
            Self::Isbn => isbn(draw),
            Self::Language => (*draw.pick(lists::LANGUAGES)).to_owned(),
            Self::MediaType => "text/plain".to_owned(),
            Self::Nothing => String::new(),
            Self::Paragraph => sentences(draw, 4),
            Self::Postcode => format!("{:05}", draw.between(10_000, 99_999)),
            Self::Sentence => sentences(draw, 1),
            Self::Sku => format!("{}-{:04}", letters(draw, 3), draw.between(1, 9999)),
            Self::State => "active".to_owned(),
            Self::Street => format!("{} {}", draw.between(1, 180), draw.pick(lists::STREETS)),
            Self::TimeZone => "Europe/Lisbon".to_owned(),
            Self::Title => title(draw),
            Self::Slug => title(draw).to_lowercase().replace(' ', "-"),
            Self::Url => format!("https://example.com/{}", draw.between(1, 9999)),
            Self::Image => format!("https://example.com/images/{}.jpg", draw.between(1, 9999)),
            Self::Uuid => uuid(draw),
            Self::Version => {
                format!("{}.{}.{}", draw.between(1, 4), draw.between(0, 12), draw.between(0, 9))
            }
            Self::Word => word(subject, field, index),
            Self::Year => draw.between(1950, 2024).to_string(),
        }
    }

    fn person(self, draw: &mut Draw) -> String {
        let first = *draw.pick(lists::FIRST_NAMES);
        let last = *draw.pick(lists::LAST_NAMES);
        match self {
            Self::FirstName => first.to_owned(),
            Self::LastName => last.to_owned(),
            Self::UserName => format!("{}{}", plain(first), draw.between(1, 99)),
            // A domain that RFC 2606 keeps free: no mock ever writes to somebody.
            Self::Email => format!("{}.{}@example.com", plain(first), plain(last)),
            _ => format!("{first} {last}"),
        }
    }

    fn place(self, draw: &mut Draw) -> String {
        let (city, region, country, code, dial) = *draw.pick(lists::PLACES);
        match self {
            Self::Region => region.to_owned(),
            Self::Country => country.to_owned(),
            Self::CountryCode => code.to_owned(),
            Self::Phone => {
                format!("+{dial} 555 {:03} {:03}", draw.between(100, 999), draw.between(100, 999))
            }
            _ => city.to_owned(),
        }
    }

    fn is_prose(self) -> bool {
        matches!(
            self,
            Self::City
                | Self::Company
                | Self::FirstName
                | Self::LastName
                | Self::Paragraph
                | Self::Person
                | Self::Sentence
                | Self::Street
                | Self::Title
                | Self::Word
        )
    }
}

/// `@person` for `name` and `email`, `@person customer` for `customerName` and `customerEmail`.
fn about(root: &str, field: &str) -> String {
    const SAID: &[&str] = &[
        "name", "first", "last", "full", "given", "family", "display", "user", "email", "mail",
        "address", "phone", "number", "code", "city", "country", "region",
    ];
    let mut whose = words(field);
    while whose.last().is_some_and(|word| SAID.contains(&word.as_str())) {
        whose.pop();
    }
    format!("{root} {}", whose.join(" "))
}

fn title(draw: &mut Draw) -> String {
    let (adjective, noun) = (draw.pick(lists::ADJECTIVES), draw.pick(lists::NOUNS));
    match draw.between(0, 4) {
        0 => format!("The {adjective} {noun}"),
        1 => format!("{noun} of {}", draw.pick(lists::OBJECTS)),
        2 => format!("The {noun} and the {}", draw.pick(lists::NOUNS)),
        3 => {
            let article = if noun.starts_with(['A', 'E', 'I', 'O', 'U']) { "An" } else { "A" };
            format!("{article} {noun} in {}", draw.pick(lists::OBJECTS))
        }
        _ => format!("{adjective} {}", draw.pick(lists::OBJECTS)),
    }
}

/// A word of a list, in which none comes twice before all have come once.
fn word(subject: &Subject, field: &str, index: usize) -> String {
    let mut draw = subject.draw(field, 0);
    let many = lists::WORDS.len() as u64;
    let (start, step) = (draw.next() % many, 1 + draw.next() % (many - 1));
    let at = (start + index as u64 % many * step) % many;
    lists::WORDS[usize::try_from(at).unwrap_or(0)].to_owned()
}

/// Sentences that follow each other in the list, so that none comes twice.
fn sentences(draw: &mut Draw, most: usize) -> String {
    let first = usize::try_from(draw.next() % lists::SENTENCES.len() as u64).unwrap_or(0);
    let many = if most > 1 { 2 + first % (most - 1) } else { 1 };
    let all = lists::SENTENCES.iter().cycle().skip(first).take(many);
    all.copied().collect::<Vec<_>>().join(" ")
}

fn lengthen(text: &str, kind: Text, draw: &mut Draw) -> String {
    let least = if kind == Text::Paragraph { 4000 } else { 240 };
    let mut long = format!("{text} {}", lists::ENDLESS);
    while long.len() < least {
        long.push(' ');
        let sentence: &&str = draw.pick(lists::SENTENCES);
        long.push_str(sentence);
    }
    long
}

/// ASCII, in lower case, for addresses.
fn plain(name: &str) -> String {
    name.chars()
        .filter_map(|letter| match letter {
            'é' => Some('e'),
            'í' | 'ı' => Some('i'),
            letter => letter.is_ascii_alphabetic().then(|| letter.to_ascii_lowercase()),
        })
        .collect()
}

fn letters(draw: &mut Draw, many: usize) -> String {
    (0..many).map(|_| *draw.pick(b"ABCDEFGHJKLMNPRSTUVWXYZ") as char).collect()
}

/// ISBN-13 with its check digit (ISO 2108): weights 1 and 3 in turn, the sum a multiple of ten.
fn isbn(draw: &mut Draw) -> String {
    let digits = format!("978{:09}", draw.between(0, 999_999_999));
    let sum: u32 = digits
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Of version 8 of RFC 9562: made by rules of our own.
fn uuid(draw: &mut Draw) -> String {
    let (high, low) = (draw.next(), draw.next());
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests;
