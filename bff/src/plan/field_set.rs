//! Sets of fields of a message, in the words of a `google.protobuf.FieldMask`.

use std::fmt;

/// Fields of an entity. A path stands for everything inside, and no path stands inside another.
///
/// A set falls into **parts**, each what stands in one field of the entity. A part is fetched and kept as one, so that what
/// is shown of a message inside was there at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldSet {
    /// In order, so that a path stands right before those inside it.
    paths: Vec<FieldPath>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct FieldPath {
    /// The number of the first field; 0 where the mask does not begin in the entity itself, which then is one part.
    part: u32,
    /// `"price.amount"`
    text: Box<str>,
}

impl FieldSet {
    /// Adds a path, with everything inside.
    pub fn insert(&mut self, part: u32, text: &str) {
        if self.has(part, text) {
            return;
        }
        let path = FieldPath { part, text: text.into() };
        let place = self.paths.partition_point(|other| *other < path);
        let inner = self.paths[place..]
            .partition_point(|other| other.part == part && is_inside(&other.text, text));
        self.paths.splice(place..place + inner, [path]);
    }

    /// Adds all that another set has.
    pub fn extend(&mut self, other: &Self) {
        for path in &other.paths {
            self.insert(path.part, &path.text);
        }
    }

    /// Adds one part of another set.
    pub fn extend_part(&mut self, other: &Self, part: u32) {
        for path in other.part(part) {
            self.insert(part, &path.text);
        }
    }

    /// Takes parts out.
    pub fn retain_parts(&mut self, keep: impl Fn(u32) -> bool) {
        self.paths.retain(|path| keep(path.part));
    }

    /// Whether it has everything that another set has.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.paths.iter().all(|path| self.has(path.part, &path.text))
    }

    /// Whether it has everything that another set has of one part.
    #[must_use]
    pub fn covers_part(&self, other: &Self, part: u32) -> bool {
        other.part(part).iter().all(|path| self.has(part, &path.text))
    }

    /// Whether it has anything of a part.
    #[must_use]
    pub fn has_part(&self, part: u32) -> bool {
        !self.part(part).is_empty()
    }

    /// Each part of which it has something.
    pub fn parts(&self) -> impl Iterator<Item = u32> + '_ {
        self.paths.chunk_by(|one, other| one.part == other.part).map(|chunk| chunk[0].part)
    }

    /// The paths, as a mask has them.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(|path| &*path.text)
    }

    /// Whether it has nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// About how many bytes it holds, for caches that are bounded by bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.paths.iter().map(|path| size_of::<FieldPath>() + path.text.len()).sum()
    }

    fn has(&self, part: u32, text: &str) -> bool {
        self.part(part).iter().any(|path| &*path.text == text || is_inside(text, &path.text))
    }

    fn part(&self, part: u32) -> &[FieldPath] {
        let start = self.paths.partition_point(|path| path.part < part);
        let length = self.paths[start..].partition_point(|path| path.part == part);
        &self.paths[start..start + length]
    }
}

impl fmt::Display for FieldSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, path) in self.paths().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(formatter, "{comma}{path}")?;
        }
        Ok(())
    }
}

/// `price.amount` is inside of `price`, `price_list` is not.
fn is_inside(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<const N: usize>(paths: [(u32, &str); N]) -> FieldSet {
        let mut set = FieldSet::default();
        for (part, text) in paths {
            set.insert(part, text);
        }
        set
    }

    #[test]
    fn a_path_stands_for_everything_inside() {
        let mut fields = set([(2, "price.amount"), (2, "price.currency.code"), (1, "id")]);
        assert_eq!(fields.to_string(), "id,price.amount,price.currency.code");
        fields.insert(2, "price.currency");
        assert_eq!(fields.to_string(), "id,price.amount,price.currency");
        fields.insert(2, "price");
        fields.insert(2, "price.amount");
        fields.insert(3, "price_list");
        assert_eq!(fields.to_string(), "id,price,price_list");
    }

    #[test]
    fn what_one_has_inside_the_other_covers() {
        let whole = set([(1, "id"), (2, "price")]);
        let inner = set([(2, "price.amount")]);
        assert!(whole.covers(&inner) && !inner.covers(&whole));
        assert!(whole.covers_part(&inner, 2) && !inner.covers_part(&whole, 2));
        assert!(inner.covers_part(&whole, 7), "there is nothing in it");
        assert!(whole.covers(&FieldSet::default()));
        assert!(!set([(2, "price")]).covers(&set([(3, "price_list")])));
    }

    #[test]
    fn parts_are_told_by_their_first_fields() {
        let mut fields = set([(7, "a.x"), (7, "a.y"), (1, "id")]);
        assert_eq!(fields.parts().collect::<Vec<_>>(), [1, 7]);
        assert!(fields.has_part(7) && !fields.has_part(2));
        let mut other = set([(3, "b")]);
        other.extend_part(&fields, 7);
        assert_eq!(other.to_string(), "b,a.x,a.y");
        fields.retain_parts(|part| part != 7);
        assert_eq!(fields.to_string(), "id");
    }
}
