//! Media types: what a client accepts, and what it sends.

use http::{HeaderMap, HeaderValue, header};

use crate::executor::Incremental;

/// What an answer can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the HTTP status says what happened to the request.
    GraphQl,
    /// `application/json`, for clients from before the specification: the status is 200 for every well-formed request.
    Json,
    /// `text/html`: a person with a browser.
    Html,
    /// `text/event-stream`: as many answers as there are.
    EventStream,
    /// `multipart/mixed`: the parts of one answer, for a client that reads nothing else.
    Multipart,
    /// `text/plain`: the token of an event stream.
    Text,
}

impl Media {
    pub(super) const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::EventStream => "text/event-stream",
            Self::Multipart => "multipart/mixed",
            Self::Text => "text/plain; charset=utf-8",
        })
    }

    /// What a request is refused with that is not executed.
    pub(super) const fn of_refusals(self) -> Self {
        match self {
            Self::EventStream | Self::Multipart => Self::Json,
            media => media,
        }
    }

    const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::GraphQl => ("application", "graphql-response+json"),
            Self::Json => ("application", "json"),
            Self::Html => ("text", "html"),
            Self::EventStream => ("text", "event-stream"),
            Self::Multipart => ("multipart", "mixed"),
            Self::Text => ("text", "plain"),
        }
    }
}

/// What of `offered` the client likes best; `None` where it accepts none of it. Between equals the one that the client names
/// more exactly goes first, then `application/graphql-response+json` where the client knows it, else `application/json`.
///
/// Source: RFC 9110, 12.4 and 12.5.1.
pub(super) fn negotiate(headers: &HeaderMap, offered: &[Media]) -> Option<Media> {
    let ranges: Vec<Range<'_>> = accepted(headers).map(Range::parse).collect();
    if ranges.is_empty() {
        return Some(Media::Json);
    }
    let best = |media: &Media| {
        let matching = ranges.iter().filter(|range| range.matches(*media));
        let range = matching.max_by_key(|range| range.exactness())?;
        let preference = match (range.exactness(), media) {
            (_, Media::Html) => 0,
            // Only who names it can read it.
            (exactness, Media::EventStream) if exactness < 2 => return None,
            (_, Media::EventStream) => 0,
            (2, Media::GraphQl) | (0 | 1, Media::Json) => 2,
            _ => 1,
        };
        (range.quality > 0).then_some((range.quality, range.exactness(), preference))
    };
    offered
        .iter()
        .filter_map(|media| Some((best(media)?, *media)))
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, media)| media)
}

/// How a client reads an answer in parts, if it does: the way that it likes best, between equals the first. One that names no
/// specification reads the newest.
///
/// Source: the `Accept` headers of Apollo Client 3 and 4 and of urql, and `rfcs/IncrementalDelivery.md` of
/// graphql/graphql-over-http.
pub(super) fn incremental(headers: &HeaderMap) -> Option<Incremental> {
    let way = |range: &str| {
        let parsed = Range::parse(range);
        let is_multipart = parsed.kind.eq_ignore_ascii_case("multipart")
            && parsed.subtype.eq_ignore_ascii_case("mixed");
        if !is_multipart || parsed.quality == 0 {
            return None;
        }
        let parameters = split_outside_quotes(range, ';').filter_map(|part| part.split_once('='));
        for (name, value) in parameters {
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            match (name.as_str(), value) {
                ("deferspec", "20220824") => return Some((parsed.quality, Incremental::Patches)),
                ("incrementalspec", "v0.2") => break,
                // Something else than answers in parts, or in parts that we do not write.
                ("deferspec" | "incrementalspec" | "subscriptionspec", _) => return None,
                _ => {}
            }
        }
        Some((parsed.quality, Incremental::Pending))
    };
    let mut best: Option<(u16, Incremental)> = None;
    for (quality, way) in accepted(headers).filter_map(way) {
        if best.is_none_or(|(known, _)| quality > known) {
            best = Some((quality, way));
        }
    }
    best.map(|(_, way)| way)
}

/// How a client reads the answers of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subscribing {
    /// `text/event-stream`
    EventStream,
    /// `multipart/mixed;subscriptionSpec=1.0`
    Multipart,
}

/// How a client reads the answers of a subscription, if it reads more than one answer: as events if it can.
pub(super) fn subscribing(headers: &HeaderMap) -> Option<Subscribing> {
    if negotiate(headers, &[Media::EventStream]) == Some(Media::EventStream) {
        return Some(Subscribing::EventStream);
    }
    let mut ranges = accepted(headers).map(|range| (Range::parse(range), range));
    let is_meant = |(parsed, range): &(Range<'_>, &str)| {
        let mut parameters = split_outside_quotes(range, ';').filter_map(|it| it.split_once('='));
        parsed.quality > 0
            && parsed.kind.eq_ignore_ascii_case("multipart")
            && parsed.subtype.eq_ignore_ascii_case("mixed")
            && parameters.any(|(name, value)| {
                name.trim().eq_ignore_ascii_case("subscriptionSpec")
                    && value.trim().trim_matches('"') == "1.0"
            })
    };
    ranges.any(|range| is_meant(&range)).then_some(Subscribing::Multipart)
}

/// The ranges of the `Accept` headers.
fn accepted(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = values.flat_map(|value| split_outside_quotes(value, ','));
    ranges.filter(|range| !range.trim().is_empty())
}

/// One range of an `Accept` header.
#[derive(Debug)]
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    utf8: bool,
    /// In thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = split_outside_quotes(text, ';');
        let name = parts.next().unwrap_or_default().trim();
        let (kind, subtype) = name.split_once('/').unwrap_or((name, ""));
        let mut range = Self { kind, subtype, utf8: true, quality: 1000 };
        for part in parts {
            let Some((name, value)) = part.split_once('=') else { continue };
            if name.trim().eq_ignore_ascii_case("q") {
                range.quality = quality(value.trim());
            } else if name.trim().eq_ignore_ascii_case("charset") {
                range.utf8 = is_utf8(value);
            }
        }
        range
    }

    fn matches(&self, media: Media) -> bool {
        let (kind, subtype) = media.name();
        self.utf8
            && match (self.kind, self.subtype) {
                ("*", "*") => true,
                (same, "*") => same.eq_ignore_ascii_case(kind),
                (same, exact) => {
                    same.eq_ignore_ascii_case(kind) && exact.eq_ignore_ascii_case(subtype)
                }
            }
    }

    fn exactness(&self) -> u8 {
        match (self.kind, self.subtype) {
            ("*", _) => 0,
            (_, "*") => 1,
            _ => 2,
        }
    }
}

/// A weight from 0 to 1 with at most three decimals; what is not one counts as 0.
fn quality(text: &str) -> u16 {
    let thousandths = text.parse::<f32>().map_or(0.0, |quality| quality.clamp(0.0, 1.0) * 1000.0);
    // Between 0 and 1000 by the line above.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let thousandths = thousandths.round() as u16;
    thousandths
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |letter| {
        quoted ^= letter == '"';
        !quoted && letter == separator
    })
}

/// Whether a body is JSON in UTF-8 without a content coding, by its headers.
///
/// # Errors
///
/// What is wrong, for the client.
pub(super) fn check_json(headers: &HeaderMap) -> Result<(), &'static str> {
    const ACCEPTED: &str = "the body must be JSON: send `content-type: application/json`";
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let value = values.next().ok_or(ACCEPTED)?;
    // What stands between us and the client may have read the other one.
    if values.next().is_some() {
        return Err("the body has more than one `content-type`");
    }
    let mut parts = value.to_str().map_err(|_| ACCEPTED)?.split(';');
    if !parts.next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(ACCEPTED);
    }
    let charset = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    if charset.is_some_and(|(_, value)| !is_utf8(value)) {
        return Err("the body must be UTF-8: send `content-type: application/json; charset=utf-8`");
    }
    let is_coded = |coding: &HeaderValue| {
        !coding.is_empty() && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    };
    if headers.get_all(header::CONTENT_ENCODING).iter().any(is_coded) {
        return Err("the body must not be compressed");
    }
    Ok(())
}

/// Whether a client takes gzip. One that says nothing takes any coding (RFC 9110, 12.5.3).
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let said = headers.get_all(header::ACCEPT_ENCODING).iter();
    let said: Vec<&str> =
        said.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    let quality_of = |wanted: &str| {
        said.iter().find_map(|coding| {
            let mut parts = coding.split(';');
            let name = parts.next().unwrap_or_default().trim();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q="));
            name.eq_ignore_ascii_case(wanted).then(|| weight.map_or(1000, quality))
        })
    };
    let quality = quality_of("gzip").or_else(|| quality_of("*"));
    said.is_empty() || quality.is_some_and(|quality| quality > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, media: Option<Media>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        let offered = [Media::GraphQl, Media::Json, Media::Html];
        assert_eq!(negotiate(&headers, &offered), media, "{accept}");
    }

    #[test]
    fn the_highest_weight_goes_first() {
        check("application/graphql-response+json, application/json;q=0.9", Some(Media::GraphQl));
        check("application/graphql-response+json;q=0.5, application/json;q=0.9", Some(Media::Json));
        check("application/json;q=0.001, text/plain", Some(Media::Json));
    }

    #[test]
    fn between_equals_a_client_that_knows_the_specification_gets_its_type() {
        check("application/json, application/graphql-response+json", Some(Media::GraphQl));
        check("application/json, */*", Some(Media::Json));
        check("*/*, application/graphql-response+json", Some(Media::GraphQl));
    }

    #[test]
    fn a_client_that_takes_anything_gets_json() {
        check("*/*", Some(Media::Json));
        check("application/*", Some(Media::Json));
        check("", Some(Media::Json));
        assert_eq!(negotiate(&HeaderMap::new(), &[Media::GraphQl, Media::Json]), Some(Media::Json));
    }

    #[test]
    fn a_browser_gets_a_page() {
        check(
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
            Some(Media::Html),
        );
        check("text/*", Some(Media::Html));
    }

    #[test]
    fn what_is_refused_is_not_given() {
        check("text/plain", None);
        check("application/json;q=0", None);
        check("application/json;q=0, */*", Some(Media::GraphQl));
        check("application/json; charset=iso-8859-1", None);
        check("application/json; charset=\"UTF-8\"; q=0.3", Some(Media::Json));
    }

    #[test]
    fn a_client_says_which_parts_of_an_answer_it_reads() {
        let check = |accept: &str, how: Option<Incremental>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(incremental(&headers), how, "{accept}");
        };
        let (patches, pending) = (Some(Incremental::Patches), Some(Incremental::Pending));
        let json = "application/graphql-response+json,application/json;q=0.9";
        check(&format!("multipart/mixed;deferSpec=20220824,{json}"), patches);
        check(&format!("multipart/mixed;incrementalSpec=v0.2,{json}"), pending);
        check(&format!("{json}, text/event-stream, multipart/mixed"), pending);
        check(
            "multipart/mixed; boundary=\"-,-\"; deferSpec=\"20220824\", application/json",
            patches,
        );
        check("multipart/mixed;q=0.5, multipart/mixed;deferSpec=20220824;q=0.6", patches);
        check("multipart/mixed, multipart/mixed;deferSpec=20220824", pending);
        check("multipart/mixed;deferSpec=20990101, application/json", None);
        check("multipart/mixed;subscriptionSpec=1.0, application/json", None);
        check("multipart/mixed;q=0, application/json", None);
        check("multipart/*, */*", None);
    }

    #[test]
    fn a_client_says_how_it_reads_subscriptions() {
        let check = |accept: &str, how: Option<Subscribing>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(subscribing(&headers), how, "{accept}");
        };
        let apollo = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json";
        check(apollo, Some(Subscribing::Multipart));
        check("multipart/mixed; subscriptionSpec=\"1.0\"", Some(Subscribing::Multipart));
        check(&format!("{apollo},text/event-stream;q=0.1"), Some(Subscribing::EventStream));
        check("multipart/mixed;subscriptionSpec=2.0, application/json", None);
        check("multipart/mixed;subscriptionSpec=1.0;q=0, */*", None);
        check("multipart/mixed, application/json", None);
        check("", None);
        assert_eq!(subscribing(&HeaderMap::new()), None, "one that says nothing reads one answer");
    }

    #[test]
    fn a_body_is_json_in_utf_8() {
        let check = |content_type: Option<&str>, fine: bool| {
            let mut headers = HeaderMap::new();
            if let Some(content_type) = content_type {
                headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
            }
            assert_eq!(check_json(&headers).is_ok(), fine, "{content_type:?}");
        };
        check(Some("application/json"), true);
        check(Some("Application/JSON; charset=UTF-8"), true);
        check(Some("application/json; charset=utf-16"), false);
        check(Some("application/graphql"), false);
        check(Some("text/plain"), false);
        check(None, false);
    }

    #[test]
    fn gzip_is_taken_unless_refused() {
        let check = |said: &str, taken: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, said.parse().unwrap());
            assert_eq!(accepts_gzip(&headers), taken, "{said}");
        };
        check("gzip, deflate, br", true);
        check("br;q=1.0, gzip;q=0.8, *;q=0.1", true);
        check("*", true);
        check("gzip;q=0", false);
        check("identity", false);
        assert!(accepts_gzip(&HeaderMap::new()));
    }
}
