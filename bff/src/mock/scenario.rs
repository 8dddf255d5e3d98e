//! The bad days that a request asks for in its `x-mock` header.

use std::time::Duration;

use http::HeaderMap;

use crate::{
    error::{Code, Error, Result},
    units::Span,
};

/// The header that is read.
pub const HEADER: &str = "x-mock";

const FORMS: &str = "write `slow=800ms`, `slow=reviews:800ms`, `error=reviews`, `error=reviews:NOT_FOUND`, `empty` or `long`, several with commas between";

/// What a request wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    /// Calls that wait, and for how long.
    pub(super) slow: Vec<(Aim, Duration)>,
    /// Calls that fail, and how.
    pub(super) errors: Vec<(Aim, Code)>,
    /// Lists have nothing in them.
    pub(super) empty: bool,
    /// Texts are far longer than a page expects.
    pub(super) long: bool,
}

/// Which calls are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// All of them.
    Every,
    /// Those that answer a field of this name, or whose method or service has this in its name.
    Named(String),
}

impl Scenario {
    /// Reads the `x-mock` headers of a request.
    ///
    /// # Errors
    ///
    /// [`Code::BadRequest`] with the accepted forms, for anything else than these.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self> {
        let mut scenario = Self::default();
        let mut faults = Vec::new();
        for value in headers.get_all(HEADER) {
            let Ok(text) = value.to_str() else {
                faults.push("a value that is not ASCII".to_owned());
                continue;
            };
            for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                if scenario.read(part).is_none() {
                    faults.push(format!("`{part}`"));
                }
            }
        }
        if faults.is_empty() { Ok(scenario) } else { Err(refusal(&faults.join(" and "))) }
    }

    fn read(&mut self, part: &str) -> Option<()> {
        match part.split_once('=') {
            None if part == "empty" => self.empty = true,
            None if part == "long" => self.long = true,
            Some(("slow", value)) => {
                let (aim, span) = match value.split_once(':') {
                    Some((name, span)) => (named(name)?, span),
                    None => (Aim::Every, value),
                };
                self.slow.push((aim, span.parse::<Span>().ok()?.0));
            }
            Some(("error", value)) => {
                let (name, code) = match value.split_once(':') {
                    Some((name, code)) => (name, upstream_code(code)?),
                    None => (value, Code::Unavailable),
                };
                self.errors.push((named(name)?, code));
            }
            _ => return None,
        }
        Some(())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let slow = self.slow.iter().map(|(aim, _)| aim);
        let errors = self.errors.iter().map(|(aim, _)| aim);
        slow.chain(errors).filter_map(|aim| match aim {
            Aim::Every => None,
            Aim::Named(name) => Some(name.as_str()),
        })
    }
}

/// A code that a service can answer with. The others of the table are faults of a request, which no call has.
pub(super) fn upstream_code(name: &str) -> Option<Code> {
    let code = Code::from_name(name)?;
    (1..=16).any(|status| Code::from_grpc(status) == Some(code)).then_some(code)
}

pub(super) fn refusal(what: &str) -> Error {
    Error::new(Code::BadRequest, format!("the header `{HEADER}` has {what}; {FORMS}"))
}

fn named(name: &str) -> Option<Aim> {
    let name = name.trim();
    (!name.is_empty()).then(|| Aim::Named(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<Scenario> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_str(value).unwrap());
        }
        Scenario::from_headers(&headers)
    }

    #[test]
    fn no_header_is_a_good_day() {
        assert_eq!(read(&[]).unwrap(), Scenario::default());
    }

    #[test]
    fn several_headers_and_several_parts_add_up() {
        let scenario =
            read(&["slow=800ms, error=reviews", "empty,long,error=Book.price:NOT_FOUND"]).unwrap();
        assert_eq!(scenario.slow, [(Aim::Every, Duration::from_millis(800))]);
        assert_eq!(
            scenario.errors,
            [
                (Aim::Named("reviews".to_owned()), Code::Unavailable),
                (Aim::Named("Book.price".to_owned()), Code::NotFound)
            ]
        );
        assert!(scenario.empty && scenario.long);
        assert_eq!(scenario.names().collect::<Vec<_>>(), ["reviews", "Book.price"]);
    }

    #[test]
    fn one_part_can_be_slow_alone() {
        let scenario = read(&["slow=reviews:2s"]).unwrap();
        assert_eq!(scenario.slow, [(Aim::Named("reviews".to_owned()), Duration::from_secs(2))]);
    }

    #[test]
    fn what_is_not_understood_is_answered_with_the_accepted_forms() {
        for (value, part) in [
            ("slow", "`slow`"),
            ("empty, slow=fast", "`slow=fast`"),
            ("error=", "`error=`"),
            ("error=reviews:GONE", "`error=reviews:GONE`"),
            ("error=reviews:BAD_REQUEST", "`error=reviews:BAD_REQUEST`"),
            ("empty=yes", "`empty=yes`"),
            ("eror=reviews, empty, slow=banana", "`eror=reviews` and `slow=banana`"),
        ] {
            let error = read(&[value]).unwrap_err();
            assert_eq!(error.code(), Code::BadRequest);
            assert_eq!(error.message(), format!("the header `x-mock` has {part}; {FORMS}"));
        }
    }
}
