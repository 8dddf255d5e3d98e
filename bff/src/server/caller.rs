//! From a request's headers to its context: how long it may take, and who asks.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::config::{Config, Trusted};
use crate::{
    context::{Context, Explain, Identity},
    error::{Code, Error, Result},
    mock::{self, Mock},
    units::Span,
};

/// How a caller says when the answer is worth nothing any more: `500ms`, or a number of milliseconds.
pub(super) const REQUEST_TIMEOUT: HeaderName = HeaderName::from_static("x-request-timeout");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// What shapes a mock; only mocks may see it.
const MOCK: HeaderName = HeaderName::from_static(mock::HEADER);
/// What a caller wants to know of its answer: `plan`, `timing`, or both with a comma between.
const EXPLAIN: HeaderName = HeaderName::from_static("x-explain");
/// That it may.
const EXPLAIN_SECRET: HeaderName = HeaderName::from_static("x-explain-secret");
/// The names under which services get identity and tenant from us, which nobody else may use, and what is for us alone.
pub(super) const OURS: [HeaderName; 4] = [
    HeaderName::from_static("x-identity-sub"),
    HeaderName::from_static("x-tenant"),
    EXPLAIN,
    EXPLAIN_SECRET,
];

/// Whether the headers that shape a mock mean something.
#[derive(Clone, Debug)]
pub enum Mocking {
    /// The whole gateway is this mock.
    Allowed(Mock),
    /// They are dropped.
    Ignored,
}

/// The context of a request that came in at `now`.
///
/// # Errors
///
/// [`Code::BadRequest`] for a timeout, or a bad day, that cannot be read, and [`Code::Unauthenticated`] for a caller who has to
/// be known and is not.
pub(super) fn context(
    config: &Config,
    mocking: &Mocking,
    mut headers: HeaderMap,
    now: Instant,
) -> Result<Context> {
    let timeout = timeout(&headers)?.unwrap_or(config.default_timeout.0).min(config.max_timeout.0);
    let (identity, tenant) =
        (identity(&config.trusted, &headers), tenant(&config.trusted, &headers));
    if config.trusted.required && identity.is_none() {
        return Err(Error::new(Code::Unauthenticated, "only known callers are answered"));
    }
    match mocking {
        // Every call reads it again; here a slip is told once, before anything is asked.
        Mocking::Allowed(mock) => drop(mock.scenario(&headers)?),
        Mocking::Ignored => drop(headers.remove(MOCK)),
    }
    // A bad day is nobody else's: what is cached and shared stays in its lane.
    let lane = headers.contains_key(MOCK).then(|| bad_day(&headers));
    let explain = explain(config, &headers)?;
    for name in OURS {
        headers.remove(name);
    }
    Ok(Context { identity, tenant, lane, explain, headers, ..Context::anonymous(now + timeout) })
}

/// What is told to who may ask. Anybody else's headers mean nothing, and are never refused: whether there is a secret is
/// nobody's business.
fn explain(config: &Config, headers: &HeaderMap) -> Result<Explain> {
    let Some(asked) = headers.get(EXPLAIN) else { return Ok(Explain::default()) };
    let given = headers.get(EXPLAIN_SECRET).map(HeaderValue::as_bytes);
    let secret = config.explain.secret.as_ref().zip(given);
    let knows = secret.is_some_and(|(secret, given)| secret.is(given));
    let is_local = config.explain.local && config.listen.ip().is_loopback();
    if !(knows || is_local) {
        return Ok(Explain::default());
    }
    let mut explain = Explain::default();
    for word in asked.to_str().unwrap_or("?").split(',').map(str::trim) {
        match word {
            "plan" => explain.plan = true,
            "timing" => explain.timing = true,
            _ => {
                let message = format!(
                    "the header `{EXPLAIN}` has `{word}`; write `plan`, `timing` or `plan, timing`"
                );
                return Err(Error::new(Code::BadRequest, message));
            }
        }
    }
    Ok(explain)
}

fn bad_day(headers: &HeaderMap) -> Arc<str> {
    let values =
        headers.get_all(MOCK).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    format!("{MOCK}: {}", values.collect::<Vec<_>>().join(",")).into()
}

fn identity(trusted: &Trusted, headers: &HeaderMap) -> Option<Identity> {
    let subject = single(headers, &trusted.subject.as_ref()?.0)?;
    let claims = trusted
        .claims
        .iter()
        .filter_map(|(claim, header)| Some((claim.as_str().into(), single(headers, &header.0)?)));
    Some(Identity { subject, claims: claims.collect() })
}

fn tenant(trusted: &Trusted, headers: &HeaderMap) -> Option<Arc<str>> {
    single(headers, &trusted.tenant.as_ref()?.0)
}

/// The value of a header that is there once. Of two values one may be a client's own, let through by a proxy that appends.
fn single(headers: &HeaderMap, name: &HeaderName) -> Option<Arc<str>> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok().filter(|text| !text.is_empty())?;
    values.next().is_none().then(|| value.into())
}

/// The shortest of what the headers ask for.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>> {
    let request = read(
        headers,
        &REQUEST_TIMEOUT,
        request_timeout,
        "`500ms`, `2s` or a number of milliseconds",
    )?;
    let grpc =
        read(headers, &GRPC_TIMEOUT, grpc_timeout, "at most eight digits and H, M, S, m, u or n")?;
    Ok(request.into_iter().chain(grpc).min())
}

fn read(
    headers: &HeaderMap,
    name: &HeaderName,
    parse: fn(&str) -> Option<Duration>,
    accepted: &str,
) -> Result<Option<Duration>> {
    let mut shortest = None;
    for value in headers.get_all(name) {
        let timeout = value.to_str().ok().and_then(|text| parse(text.trim()));
        let timeout = timeout.ok_or_else(|| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let message = format!("`{name}: {text}` is not a timeout; write {accepted}");
            Error::new(Code::BadRequest, message)
        })?;
        shortest = Some(shortest.map_or(timeout, |before: Duration| before.min(timeout)));
    }
    Ok(shortest)
}

fn request_timeout(text: &str) -> Option<Duration> {
    match text.parse() {
        Ok(millis) => Some(Duration::from_millis(millis)),
        Err(_) => text.parse().ok().map(|Span(timeout)| timeout),
    }
}

/// Source: `doc/PROTOCOL-HTTP2.md` of grpc/grpc.
fn grpc_timeout(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back().filter(char::is_ascii)?;
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit())
    {
        return None;
    }
    let amount = digits.parse().ok()?;
    match unit {
        'H' => Some(Duration::from_secs(amount * 3600)),
        'M' => Some(Duration::from_secs(amount * 60)),
        'S' => Some(Duration::from_secs(amount)),
        'm' => Some(Duration::from_millis(amount)),
        'u' => Some(Duration::from_micros(amount)),
        'n' => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Header;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn within(pairs: &[(&'static str, &str)]) -> Result<Duration> {
        let now = Instant::now();
        context(&Config::default(), &Mocking::Ignored, headers(pairs), now)
            .map(|context| context.deadline - now)
    }

    #[tokio::test]
    async fn a_request_that_says_nothing_has_the_default_time() {
        assert_eq!(within(&[]).unwrap(), Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_request_may_say_how_long_it_waits() {
        for (name, value, millis) in [
            ("x-request-timeout", "500ms", 500),
            ("x-request-timeout", "2s", 2000),
            ("x-request-timeout", "250", 250),
            ("x-request-timeout", "0", 0),
            ("grpc-timeout", "300m", 300),
            ("grpc-timeout", "5000u", 5),
            ("grpc-timeout", "3S", 3000),
        ] {
            let timeout = within(&[(name, value)]).unwrap();
            assert_eq!(timeout, Duration::from_millis(millis), "{name}: {value}");
        }
    }

    #[tokio::test]
    async fn of_two_timeouts_the_shorter_holds() {
        for both in [
            [("x-request-timeout", "500ms"), ("grpc-timeout", "200m")],
            [("x-request-timeout", "500ms"), ("x-request-timeout", "200ms")],
            [("x-request-timeout", "200ms"), ("x-request-timeout", "500ms")],
        ] {
            assert_eq!(within(&both).unwrap(), Duration::from_millis(200), "{both:?}");
        }
        let error = within(&[("grpc-timeout", "200m"), ("grpc-timeout", "soon")]).unwrap_err();
        assert_eq!(error.code(), Code::BadRequest);
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_the_cap() {
        assert_eq!(within(&[("x-request-timeout", "1h")]).unwrap(), Duration::from_secs(10));
        assert_eq!(within(&[("grpc-timeout", "99999999H")]).unwrap(), Duration::from_secs(10));
    }

    #[tokio::test]
    async fn what_is_not_a_timeout_is_refused_with_the_accepted_forms() {
        for (name, value) in [
            ("x-request-timeout", "soon"),
            ("x-request-timeout", "-1"),
            ("grpc-timeout", "5"),
            ("grpc-timeout", "123456789m"),
            ("grpc-timeout", "S"),
        ] {
            let error = within(&[(name, value)]).unwrap_err();
            assert_eq!(error.code(), Code::BadRequest);
            assert!(error.message().contains("; write "), "{}", error.message());
        }
    }

    fn trusting() -> Config {
        let header = |name| Header(HeaderName::from_static(name));
        let trusted = Trusted {
            subject: Some(header("x-user-id")),
            claims: [("role".to_owned(), header("x-user-role"))].into(),
            required: false,
            tenant: Some(header("x-org")),
        };
        Config { trusted, ..Config::default() }
    }

    fn caller(config: &Config, pairs: &[(&'static str, &str)]) -> Context {
        context(config, &Mocking::Ignored, headers(pairs), Instant::now()).unwrap()
    }

    #[tokio::test]
    async fn trusted_headers_say_who_calls() {
        let context = caller(
            &trusting(),
            &[("x-user-id", "ann"), ("x-user-role", "admin"), ("x-org", "acme")],
        );
        let identity = context.identity.unwrap();
        assert_eq!((&*identity.subject, identity.claim("role")), ("ann", Some("admin")));
        assert_eq!(context.tenant.as_deref(), Some("acme"));
    }

    #[tokio::test]
    async fn without_configuration_no_header_says_who_calls() {
        let pairs = [
            ("x-user-id", "ann"),
            ("x-identity-sub", "ann"),
            ("x-org", "acme"),
            ("x-tenant", "acme"),
        ];
        let context = caller(&Config::default(), &pairs);
        assert_eq!((context.identity, context.tenant), (None, None));
    }

    #[tokio::test]
    async fn who_has_to_be_known_and_is_not_is_refused() {
        let mut config = trusting();
        config.trusted.required = true;
        assert!(caller(&config, &[("x-user-id", "ann")]).identity.is_some());
        let unknown = headers(&[("x-user-role", "admin")]);
        let error = context(&config, &Mocking::Ignored, unknown, Instant::now()).unwrap_err();
        assert_eq!(error.code(), Code::Unauthenticated);
    }

    #[tokio::test]
    async fn a_trusted_header_that_comes_twice_says_nothing() {
        let pairs = [("x-user-id", "ann"), ("x-user-id", "bob"), ("x-org", "")];
        let mut doubled = HeaderMap::new();
        for (name, value) in pairs {
            doubled.append(name, value.parse().unwrap());
        }
        let context = context(&trusting(), &Mocking::Ignored, doubled, Instant::now()).unwrap();
        assert_eq!((context.identity, context.tenant), (None, None));
    }

    #[tokio::test]
    async fn names_that_services_trust_us_for_are_taken_from_clients() {
        let pairs = [
            ("x-identity-sub", "ann"),
            ("x-tenant", "acme"),
            ("x-mock", "empty"),
            ("accept", "*/*"),
        ];
        let context = caller(&trusting(), &pairs);
        assert_eq!(context.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }

    fn explaining(listen: &str, local: bool, headers: &[(&'static str, &str)]) -> Result<Explain> {
        let explain = serde_json::json!({ "secret": "correct-horse-battery", "local": local });
        let explain = serde_json::from_value(explain).unwrap();
        let config = Config { listen: listen.parse().unwrap(), explain, ..Config::default() };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let context = context(&config, &Mocking::Ignored, map, Instant::now())?;
        assert!(context.headers.is_empty(), "a secret goes no further: {:?}", context.headers);
        Ok(context.explain)
    }

    #[tokio::test]
    async fn who_knows_the_secret_may_ask_how_an_answer_came_about() {
        let secret = ("x-explain-secret", "correct-horse-battery");
        let all = Explain { plan: true, timing: true };
        let anywhere = "0.0.0.0:80";
        for (asked, told) in [
            ("plan, timing", all),
            ("timing", Explain { plan: false, ..all }),
            ("plan", Explain { timing: false, ..all }),
        ] {
            let explain = explaining(anywhere, false, &[("x-explain", asked), secret]);
            assert_eq!(explain.unwrap(), told, "{asked}");
        }
        for wrong in ["", "correct-horse-batter", "correct-horse-batterz", "correct-horse-battery-"]
        {
            let headers = [("x-explain", "plan, colours"), ("x-explain-secret", wrong)];
            assert_eq!(explaining(anywhere, false, &headers).unwrap(), Explain::default());
        }
        assert_eq!(explaining(anywhere, false, &[secret]).unwrap(), Explain::default());
        let refused =
            explaining(anywhere, false, &[("x-explain", "plan, colours"), secret]).unwrap_err();
        assert!(refused.message().contains("`colours`; write `plan`, `timing`"), "{refused}");
    }

    #[tokio::test]
    async fn on_a_developers_machine_everybody_may_but_not_where_others_can_ask() {
        let asked = [("x-explain", "plan")];
        assert!(explaining("127.0.0.1:4000", true, &asked).unwrap().plan);
        for (listen, local) in
            [("127.0.0.1:4000", false), ("0.0.0.0:4000", true), ("10.0.0.7:4000", true)]
        {
            assert!(!explaining(listen, local, &asked).unwrap().plan, "{listen} {local}");
        }
    }

    #[test]
    fn a_secret_is_long_and_not_shown() {
        let read = |text: &str| {
            serde_json::from_value::<crate::server::Explain>(serde_json::json!({ "secret": text }))
        };
        let known = read("correct-horse-battery").unwrap();
        assert!(!format!("{known:?}").contains("horse"));
        let refused = read("short but wrong").unwrap_err().to_string();
        assert_eq!(refused, "this is no secret; write 16 to 1024 ASCII characters without blanks");
    }

    fn mocked(pairs: &[(&'static str, &str)]) -> Result<Context> {
        let contract = Arc::new(crate::server::tests::graph::contract());
        let config = mock::Config { scenarios: true, ..mock::Config::default() };
        let mocking = Mocking::Allowed(Mock::new(contract, config).unwrap());
        context(&Config::default(), &mocking, headers(pairs), Instant::now())
    }

    #[tokio::test]
    async fn only_a_mock_sees_what_shapes_it() {
        let context = mocked(&[("x-mock", "empty")]).unwrap();
        assert_eq!(context.headers["x-mock"], "empty");
        assert_eq!(context.lane.as_deref(), Some("x-mock: empty"));
        assert_eq!(caller(&Config::default(), &[("x-mock", "empty")]).lane, None);
    }

    #[tokio::test]
    async fn a_bad_day_that_cannot_be_read_is_refused_by_a_mock_and_unseen_by_others() {
        for value in ["eror=echo", "slow=banana", "error=ekho"] {
            let error = mocked(&[("x-mock", value)]).unwrap_err();
            assert_eq!(error.code(), Code::BadRequest);
            assert!(error.message().contains("; write `slow=800ms`"), "{}", error.message());
            caller(&Config::default(), &[("x-mock", value)]);
        }
    }
}
