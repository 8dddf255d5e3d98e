//! Covers that are made of text and colour.

use crate::proto::catalog::v1::{Cover, CoverPattern, Genre};
use crate::seed::Dice;

/// Letters on one line of a cover.
const LINE: usize = 14;

/// Backgrounds on which white letters can be read: the contrast is 7 to 1 or more.
const COLORS: [&str; 12] = [
    "#1f3a5f", "#5b1f2e", "#1d4d3b", "#3d2a5c", "#5c3310", "#14484f", "#4a2040", "#2f4018",
    "#5a1a1a", "#26324a", "#3b3b2a", "#10443a",
];

/// A cover for a book.
pub(super) fn draw(dice: &mut Dice, title: &str, authors: &[&str], genre: Genre) -> Cover {
    Cover {
        lines: lines(title),
        byline: authors.join(", "),
        color: (*dice.pick(&COLORS)).to_owned(),
        pattern: pattern(genre).into(),
    }
}

/// Breaks a title where a word begins, so that no line is longer than it must be.
fn lines(title: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in title.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn pattern(genre: Genre) -> CoverPattern {
    match genre {
        Genre::Novel | Genre::ShortStories | Genre::Biography => CoverPattern::Frame,
        Genre::Adventure | Genre::Travel | Genre::Epic => CoverPattern::Waves,
        Genre::Mystery | Genre::Gothic | Genre::Drama | Genre::History => CoverPattern::Stripes,
        Genre::ScienceFiction | Genre::Science | Genre::Children | Genre::Poetry => {
            CoverPattern::Dots
        }
        Genre::Unspecified | Genre::Philosophy | Genre::Essays => CoverPattern::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn titles_break_between_words() {
        assert_eq!(lines("Middlemarch"), ["Middlemarch"]);
        assert_eq!(
            lines("The Adventures of Sherlock Holmes"),
            ["The Adventures", "of Sherlock", "Holmes"]
        );
    }
}
