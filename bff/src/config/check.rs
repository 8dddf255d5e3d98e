//! Rules over several settings.

use super::{Config, fault::Fault};
use crate::{
    server::{Header, Origin},
    units::Span,
};

/// What does not go together.
pub(super) fn check(config: &Config) -> Vec<Fault> {
    let rules = [
        timeouts,
        keepalive,
        no_time,
        no_room,
        credentials,
        callers,
        init_headers,
        service_names,
        stream_times,
        shares,
        max_keys,
    ];
    rules.into_iter().flat_map(|rule| rule(config)).collect()
}

fn fault(path: &[&str], message: String) -> Fault {
    Fault { place: None, path: path.iter().map(|&key| key.to_owned()).collect(), message }
}

fn timeouts(config: &Config) -> Vec<Fault> {
    let (default, most) = (config.server.default_timeout, config.server.max_timeout);
    let mut faults = Vec::new();
    if default > most {
        let message =
            format!("`{default}` is more than `server.max_timeout`, {most}; write at most that");
        faults.push(fault(&["server", "default_timeout"], message));
    }
    if default.0.is_zero() {
        let message =
            "with `0s` no request has time for an answer; write `1s`, for example".to_owned();
        faults.push(fault(&["server", "default_timeout"], message));
    }
    faults
}

fn keepalive(config: &Config) -> Vec<Fault> {
    if config.server.streams.keepalive.0.is_zero() {
        let message =
            "with `0s` nothing but pings would be sent; write `12s`, for example".to_owned();
        return vec![fault(&["server", "streams", "keepalive"], message)];
    }
    Vec::new()
}

fn no_time(config: &Config) -> Vec<Fault> {
    let streams = &config.server.streams;
    let subscriptions = &config.executor.subscriptions;
    let spans = [
        (&["server", "header_timeout"][..], config.server.header_timeout, "no request could come"),
        (&["server", "send_timeout"], config.server.send_timeout, "no answer could be sent"),
        (&["server", "idle_timeout"], config.server.idle_timeout, "no HTTP/2 could be spoken"),
        (
            &["server", "streams", "send_timeout"],
            streams.send_timeout,
            "no client could be sent anything",
        ),
        (
            &["server", "streams", "init_timeout"],
            streams.init_timeout,
            "no WebSocket could be initialised",
        ),
        (
            &["server", "streams", "reservation_timeout"],
            streams.reservation_timeout,
            "no reserved stream could be opened",
        ),
        (
            &["executor", "subscriptions", "event_timeout"],
            subscriptions.event_timeout,
            "no event could be answered",
        ),
    ];
    let wrong = spans.into_iter().filter(|(_, span, _)| span.0.is_zero());
    wrong.map(|(path, _, then)| fault(path, zero_time(then))).collect()
}

fn stream_times(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, service) in &config.services.services {
        let spans = [
            ("stream_idle_timeout", service.stream_idle_timeout),
            ("stream_max_age", service.stream_max_age),
        ];
        for (key, span) in spans {
            if span.is_some_and(|span: Span| span.0.is_zero()) {
                let then = "every stream would end at once";
                faults.push(fault(&["services", name, key], zero_time(then)));
            }
        }
    }
    faults
}

fn zero_time(then: &str) -> String {
    format!("with `0s` {then}; write `10s`, for example")
}

fn no_room(config: &Config) -> Vec<Fault> {
    let server = &config.server;
    let mut faults = Vec::new();
    if server.max_body_size.0 == 0 {
        let message = "with `0` every request would be too large; write `1MiB`, for example";
        faults.push(fault(&["server", "max_body_size"], message.to_owned()));
    }
    if server.max_connections == 0 {
        let message = "with `0` nobody could connect; write `10000`, for example";
        faults.push(fault(&["server", "max_connections"], message.to_owned()));
    }
    if server.streams.max_operations == 0 {
        let message = "with `0` no operation could begin; write `100`, for example";
        faults.push(fault(&["server", "streams", "max_operations"], message.to_owned()));
    }
    if config.executor.max_answer_size.0 == 0 {
        let message = "with `0` every answer would be too large; write `32MiB`, for example";
        faults.push(fault(&["executor", "max_answer_size"], message.to_owned()));
    }
    faults
}

fn credentials(config: &Config) -> Vec<Fault> {
    let cors = &config.server.cors;
    if cors.credentials && cors.origins.contains(&Origin::Any) {
        let message =
            "browsers send no credentials where `origins` has `*`; name the origins".to_owned();
        return vec![fault(&["server", "cors", "credentials"], message)];
    }
    Vec::new()
}

fn init_headers(config: &Config) -> Vec<Fault> {
    let trusted = &config.server.trusted;
    let claims = trusted.claims.values();
    let trusted: Vec<&Header> =
        trusted.subject.iter().chain(&trusted.tenant).chain(claims).collect();
    let message = |header: &Header| {
        let why = if trusted.contains(&header) {
            "is one of `server.trusted`, and here clients would set it"
        } else if header.is_ours() {
            "means something to the gateway alone, and comes from no payload"
        } else {
            return None;
        };
        Some(format!("`{}` {why}; leave it out", header.0))
    };
    let path = ["server", "streams", "init_headers"];
    let headers = config.server.streams.init_headers.iter();
    headers.filter_map(message).map(|message| fault(&path, message)).collect()
}

/// What needs a caller who is known.
fn callers(config: &Config) -> Vec<Fault> {
    let trusted = &config.server.trusted;
    let mut faults = Vec::new();
    if trusted.subject.is_none() && !trusted.claims.is_empty() {
        let message =
            "claims belong to a caller; name the header of the caller in `subject`".to_owned();
        faults.push(fault(&["server", "trusted", "claims"], message));
    }
    if trusted.subject.is_none() && trusted.required {
        let message =
            "nobody would be answered; name the header of the caller in `subject`".to_owned();
        faults.push(fault(&["server", "trusted", "required"], message));
    }
    faults
}

fn service_names(config: &Config) -> Vec<Fault> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let is_name =
        |name: &str| name == "*" || name.strip_suffix(".*").unwrap_or(name).split('.').all(is_word);
    let wrong = config.services.services.keys().filter(|name| !is_name(name));
    let message = "this is no service; write its full name like `shop.v1.Prices`, `shop.*` for all of a package, or `*`";
    wrong.map(|name| fault(&["services", name], message.to_owned())).collect()
}

fn shares(config: &Config) -> Vec<Fault> {
    let executor = &config.executor;
    let shares = [
        (["executor", "entity_cache", "jitter"], executor.entity_cache.jitter),
        (["executor", "batching", "wait"], executor.batching.wait),
    ];
    let wrong = shares.iter().filter(|(_, share)| !(0.0..=1.0).contains(share));
    let told = |share| format!("`{share}` is not a share; write a number from 0 to 1");
    wrong.map(|(path, share)| fault(path, told(share))).collect()
}

fn max_keys(config: &Config) -> Vec<Fault> {
    if config.executor.batching.max_keys > 0 {
        return Vec::new();
    }
    let message =
        "with `0` no call could have a key; write `wait = 0` where none shall wait for others";
    vec![fault(&["executor", "batching", "max_keys"], message.to_owned())]
}
