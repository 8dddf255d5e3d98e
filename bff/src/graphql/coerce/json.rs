//! Reads JSON that is known to be well-formed, value by value, without building a tree.

use std::borrow::Cow;

/// A place in a JSON text. The text is one complete value, as [`serde_json::value::RawValue`] guarantees; where that were
/// not so, values would seem to end early.
#[derive(Debug)]
pub(super) struct Json<'j> {
    text: &'j str,
    at: usize,
}

/// What a value is, from its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    List,
    Object,
}

impl<'j> Json<'j> {
    pub(super) fn new(text: &'j str) -> Self {
        let mut json = Self { text, at: 0 };
        json.skip_blanks();
        json
    }

    /// What the next value is.
    pub(super) fn kind(&self) -> Kind {
        match self.peek() {
            Some(b'"') => Kind::String,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            _ => Kind::Null,
        }
    }

    /// The text from the next value on.
    pub(super) fn rest(&self) -> &'j str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The text of the next value as it is written, which is passed over.
    pub(super) fn raw(&mut self) -> &'j str {
        let start = self.at;
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None => break,
                Some(b'"') => self.pass_string(),
                Some(b'{' | b'[') => {
                    open += 1;
                    self.at += 1;
                }
                // The end of what the value stands in.
                Some(b'}' | b']') if open == 0 => break,
                Some(b'}' | b']') => {
                    open -= 1;
                    self.at += 1;
                }
                Some(b',' | b':' | b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(_) => self.pass_word(),
            }
            if open == 0 {
                break;
            }
        }
        let raw = self.text.get(start..self.at).unwrap_or_default();
        self.skip_blanks();
        raw
    }

    /// The next value, a string; `None` where it is not Unicode.
    pub(super) fn string(&mut self) -> Option<Cow<'j, str>> {
        let raw = self.raw();
        let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') {
            return serde_json::from_str::<String>(raw).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(inner))
    }

    /// Goes into the next value, a list or an object.
    pub(super) fn open(&mut self) {
        self.at += 1;
        self.skip_blanks();
    }

    /// Whether another item comes; at the end of the list or object it is left.
    pub(super) fn has_next(&mut self) -> bool {
        if self.peek() == Some(b',') {
            self.at += 1;
            self.skip_blanks();
        }
        match self.peek() {
            Some(b']' | b'}') => {
                self.at += 1;
                self.skip_blanks();
                false
            }
            next => next.is_some(),
        }
    }

    /// The key of the next entry of an object; its value comes next. `None` where the key is not Unicode.
    pub(super) fn key(&mut self) -> Option<Cow<'j, str>> {
        let key = self.string();
        self.at += usize::from(self.peek() == Some(b':'));
        self.skip_blanks();
        key
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn pass_word(&mut self) {
        let ends =
            |byte: &u8| matches!(byte, b',' | b':' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(ends).unwrap_or(rest.len());
    }

    fn pass_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => return,
                // The byte behind a backslash is ASCII in well-formed JSON.
                b'\\' => self.at = self.text.len().min(self.at + 1),
                _ => {}
            }
        }
    }
}
