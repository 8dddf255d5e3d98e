//! Which object is which: what makes book 42 book 42 wherever it stands.

use std::sync::Arc;

use super::{
    hash::Hash,
    request::LONGEST,
    tables::Table,
    values::{Subject, texts::Text},
};

/// An object: its type, and what names it among all objects of this type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) type_name: Arc<str>,
    /// Objects without a key are named after the field they stand in: `Book/42/price`.
    pub(super) key: String,
    /// For an object without a key that stands for a list: how long a request wants the list.
    pub(super) page: Option<usize>,
    /// What a mutation wrote: its method and its request, as text. A promised object takes it along in its hidden key,
    /// so that the calls for its parts know what was written although nothing is kept.
    pub(super) written: Option<Arc<str>>,
}

/// Where an object's identity comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'a> {
    /// Somebody says its key.
    Key(&'a str),
    /// It belongs to the object that the field is on.
    Child {
        of: &'a Identity,
        field: &'a str,
        /// In a list.
        index: Option<usize>,
        page: Option<usize>,
        /// There are as many as the page wants, not a few that many share.
        of_many: bool,
    },
}

/// A prime, so that any step through it meets all numbers.
const IDS: u64 = 9973;
/// Objects that single fields lead to come from few, so that many books have one author.
const SHARED_IDS: i64 = 97;

impl Identity {
    /// The object that a text names which [`Self::text`] has written, or somebody else.
    pub(super) fn parse(type_name: &Arc<str>, text: &str) -> Self {
        let (text, written) = match text.rsplit_once('!') {
            Some((text, written)) if written.split('/').count() == 3 => {
                (text, Some(written.into()))
            }
            _ => (text, None),
        };
        let paged = text.rsplit_once('#').and_then(|(key, page)| Some((key, page.parse().ok()?)));
        let (key, page) = match paged.filter(|(key, _): &(_, usize)| key.contains('/')) {
            // The key may be a caller's own.
            Some((key, page)) => (key, Some(page.min(LONGEST))),
            None => (text, None),
        };
        Self { type_name: Arc::clone(type_name), key: key.to_owned(), page, written }
    }

    /// The object that one without a key belongs to: its type and key.
    pub(super) fn parent(&self) -> Option<(&str, &str)> {
        let (path, last) = self.key.rsplit_once('/')?;
        let path = match last.parse::<usize>() {
            Ok(_) => path.rsplit_once('/')?.0,
            Err(_) => path,
        };
        path.split_once('/')
    }

    /// Whether the object only holds what a mutation has to say, and is nothing by itself.
    pub(super) fn is_payload(&self) -> bool {
        ["Payload", "Response", "Result", "Output"].iter().any(|end| self.type_name.ends_with(end))
    }

    /// The object of a table.
    pub(super) fn new(seed: u64, table: &Table, origin: Origin<'_>) -> Self {
        let type_name = Arc::clone(&table.type_name);
        match origin {
            Origin::Key(key) => Self::parse(&type_name, key),
            Origin::Child { of, field, index, page, of_many } => match table.key {
                Some(like) => {
                    let key = of.reference(seed, field, index, of_many, like);
                    Self { type_name, key, page: None, written: None }
                }
                None => {
                    let mut key = format!("{}/{}/{field}", of.type_name, of.key);
                    if let Some(index) = index {
                        key.push('/');
                        key.push_str(&index.to_string());
                    }
                    let page = page.or(of.page).filter(|_| index.is_none());
                    Self { type_name, key, page, written: None }
                }
            },
        }
    }

    /// The key as a request of a later call will bring it back.
    pub(super) fn text(&self) -> String {
        let mut text = self.key.clone();
        if let Some(page) = self.page {
            text.push_str(&format!("#{page}"));
        }
        if let Some(written) = &self.written {
            text.push_str(&format!("!{written}"));
        }
        text
    }

    /// What the object's values are drawn from.
    pub(super) fn subject(&self, seed: u64, long: bool) -> Subject {
        let hash = Hash::new(seed).text(&self.type_name).text(&self.key);
        Subject { hash, long }
    }

    /// The key of the object that a field of this one leads to. Keys of one list are all different.
    pub(super) fn reference(
        &self,
        seed: u64,
        field: &str,
        index: Option<usize>,
        of_many: bool,
        like: Text,
    ) -> String {
        // A list's items without keys, such as edges, lead to different objects too.
        let listed =
            self.key.rsplit_once('/').and_then(|(list, index)| Some((list, index.parse().ok()?)));
        let (key, position, of_many) = match (listed, index) {
            (Some((list, position)), None) => (list, position, true),
            (_, index) => (self.key.as_str(), index.unwrap_or(0), of_many || index.is_some()),
        };
        let hash = Hash::new(seed).text("@key").text(&self.type_name).text(key);
        if like != Text::Id {
            return like.write(&Subject { hash, long: false }, field, position);
        }
        let mut draw = hash.text(field).draw();
        if !of_many {
            return draw.between(1, SHARED_IDS).to_string();
        }
        let (start, step) = (draw.next() % IDS, 1 + draw.next() % (IDS - 1));
        (1 + (start + position as u64 % IDS * step) % IDS).to_string()
    }
}
