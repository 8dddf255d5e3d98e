//! From a byte offset in a document to line and column.

use crate::operation::Location;

/// Where the lines of a text begin.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    ascii: bool,
}

impl<'a> Lines<'a> {
    /// Lines end at `\n`, `\r` or `\r\n`, as the GraphQL specification says.
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { text, starts, ascii: text.is_ascii() }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub(crate) fn locate(&self, offset: usize) -> Location {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let before = offset - start;
        let column = if self.ascii {
            before
        } else {
            self.text.get(start..offset).map_or(before, |text| text.chars().count())
        };
        Location { line: number(line), column: number(column + 1) }
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, needle: &str, line: u32, column: u32) {
        let offset = text.find(needle).unwrap();
        assert_eq!(Lines::new(text).locate(offset), Location { line, column }, "{text:?}");
    }

    #[test]
    fn every_line_terminator_of_the_specification_ends_a_line_once() {
        check("a", "a", 1, 1);
        check("{\n  a\n}", "a", 2, 3);
        check("{\r\n  a}", "a", 2, 3);
        check("{\r\r a}", "a", 3, 2);
        check("{ # line\u{2028}separator\n a }", "a }", 2, 2);
    }

    #[test]
    fn a_column_counts_characters() {
        check("\"größe\" a", "a", 1, 9);
    }

    #[test]
    fn an_offset_behind_the_end_is_the_end() {
        assert_eq!(Lines::new("ab\n").locate(99), Location { line: 2, column: 1 });
    }
}
