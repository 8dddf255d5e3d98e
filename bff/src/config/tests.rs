//! What is read from files and variables, and how faults are told.

use std::{collections::BTreeSet, time::Duration};

use super::*;
use crate::{mesh::Settings, units::Span};

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config> {
    Config::parse("a.toml", text, variables(environment))
}

/// The faults of a file and an environment, one a line.
fn check(text: &str, environment: &[(&str, &str)], faults: &[&str]) {
    let error = parse(text, environment).unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    let found: Vec<_> = error.message().lines().skip(1).map(str::trim_start).collect();
    assert_eq!(found, faults);
}

#[test]
fn nothing_said_is_all_defaults() {
    assert_eq!(parse("", &[]).unwrap(), Config::default());
}

#[test]
fn a_file_says_what_differs() {
    let text = r#"
        [server]
        listen = "0.0.0.0:80"
        max_timeout = "5s"
        max_body_size = 2048
        trusted = { subject = "X-User-Id", claims = { role = "x-role" } }
        cors.origins = ["https://shop.example", "*"]
        [services."a.b.C"]
        endpoints = ["http://127.0.0.1:1"]
    "#;
    let config = parse(text, &[]).unwrap();
    assert_eq!(config.server.listen.port(), 80);
    assert_eq!(config.server.max_timeout, Span(Duration::from_secs(5)));
    assert_eq!(config.server.max_body_size.0, 2048);
    assert_eq!(config.server.trusted.subject.unwrap().0, "x-user-id");
    assert_eq!(config.server.cors.origins.len(), 2);
    assert_eq!(config.services.services["a.b.C"].endpoints.as_ref().unwrap().len(), 1);
}

#[test]
fn the_environment_goes_before_the_file() {
    let text = "[server]\nmax_timeout = \"5s\"\n[services.\"a.b.C\"]\n[services.\"*\"]";
    let config = parse(
        text,
        &[
            ("ANABRANCH_SERVER__MAX_TIMEOUT", "7s"),
            ("ANABRANCH_SERVER__GRAPHIQL", "false"),
            ("ANABRANCH_SERVER__MAX_BODY_SIZE", "9"),
            ("ANABRANCH_SERVER__TRUSTED__TENANT", "x-org"),
            ("ANABRANCH_SERVER__CORS__ORIGINS", "https://a.example, https://b.example"),
            ("ANABRANCH_SERVICES__A_B_C__ENDPOINTS", "http://a:1"),
            ("ANABRANCH_SERVICES__ALL__ENDPOINTS", "[\"http://b:1\", \"http://c:1\"]"),
            ("ANABRANCH_LOG", "debug"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.server.max_timeout, Span(Duration::from_secs(7)));
    assert!(!config.server.graphiql);
    assert_eq!(config.server.max_body_size.0, 9);
    assert_eq!(config.server.trusted.tenant.unwrap().0, "x-org");
    assert_eq!(config.server.cors.origins.len(), 2);
    assert_eq!(config.services.services["a.b.C"].endpoints.as_ref().unwrap().len(), 1);
    assert_eq!(config.services.services["*"].endpoints.as_ref().unwrap().len(), 2);
}

#[test]
fn all_faults_are_told_at_once_with_place_key_value_and_what_is_accepted() {
    check(
        r#"sever = 1
[server]
lissten = "127.0.0.1:1"
listen = "here"
default_timeout = 80
max_timeout = "soon"
graphiql = "yes"
max_body_size = true
cors = 7
trusted.claims = { role = "no header" }
[services."a.b.C"]
endpoints = ["http://a:1", "b:2"]
colour = "red"
[services."a..C"]
"#,
        &[("ANABRANCH_SERVER__DRAIN_DELAY", "a while"), ("ANABRANCH_SERVER__PORT", "1")],
        &[
            "a.toml:1: sever: there is no such key; did you mean `server`?",
            "a.toml:3: server.lissten: there is no such key; did you mean `listen`?",
            "a.toml:4: server.listen: `here` is no address to listen at; write an IP address and a port, like \
             `127.0.0.1:4000` or `[::]:4000`",
            "a.toml:5: server.default_timeout: `80` does not fit; write a span of time: a whole number with us, ms, s, m, \
             h or d, like `80ms`",
            "a.toml:6: server.max_timeout: `soon` is not a span of time; write a whole number with us, ms, s, m, h or d, \
             like `80ms`",
            "a.toml:7: server.graphiql: `\"yes\"` does not fit; write `true` or `false`",
            "a.toml:8: server.max_body_size: `true` does not fit; write a number of bytes: a whole number with B, KiB, \
             MiB or GiB, like `2MiB`",
            "a.toml:9: server.cors: `7` does not fit; write a table",
            "a.toml:10: server.trusted.claims.role: `no header` is no name of a header; write the name of a header, like \
             `x-user-id`",
            "a.toml:12: services.\"a.b.C\".endpoints: `b:2` has no scheme; write `http://HOST:PORT`",
            "a.toml:13: services.\"a.b.C\".colour: there is no such key; those here are `endpoints`, `max_request_size`, \
             `max_response_size`, `connect_timeout`, `connect_wait`, `keepalive_interval`, `keepalive_timeout`, \
             `stream_idle_timeout`, `stream_max_age`, `max_stream_connections`, `withhold_metadata`",
            "ANABRANCH_SERVER__DRAIN_DELAY: server.drain_delay: `a while` is not a span of time; write a whole number \
             with us, ms, s, m, h or d, like `80ms`",
            "ANABRANCH_SERVER__PORT: server.port: there is no such key; those here are `listen`, `threads`, `default_timeout`, \
             `max_timeout`, `max_body_size`, `header_timeout`, `send_timeout`, `idle_timeout`, `max_connections`, `drain_delay`, \
             `drain_timeout`, `graphiql`, `streams`, `cors`, `trusted`, `explain`",
            "a.toml:14: services.\"a..C\": this is no service; write its full name like `shop.v1.Prices`, `shop.*` for \
             all of a package, or `*`",
        ],
    );
}

#[test]
fn what_is_no_toml_hides_no_other_fault() {
    check(
        "[server]\nlisten = \n\nmax_timeout = 5s\nlissten = 1\ndefault_timeout = \"30s\"\n[mock\nseed = 1\n[mock]\nseed = -1\n\
         [executor]\nmax_answer_size = 99999999999999999999\n[services.\"a..C\"]\n",
        &[("ANABRANCH_SERVER__PORT", "1"), ("ANABRANCH_SERVER__DRAIN_DELAY", "a while")],
        &[
            "a.toml:2: server.listen: string values must be quoted, expected literal string",
            "a.toml:4: server.max_timeout: string values must be quoted, expected literal string",
            "a.toml:7: unclosed table, expected `]`",
            "a.toml:12: executor.max_answer_size: does not fit; write a whole number of at most 64 bits",
            "a.toml:5: server.lissten: there is no such key; did you mean `listen`?",
            "a.toml:10: mock.seed: `-1` does not fit; write a whole number, not negative",
            "ANABRANCH_SERVER__DRAIN_DELAY: server.drain_delay: `a while` is not a span of time; write a whole number \
             with us, ms, s, m, h or d, like `80ms`",
            "ANABRANCH_SERVER__PORT: server.port: there is no such key; those here are `listen`, `threads`, `default_timeout`, \
             `max_timeout`, `max_body_size`, `header_timeout`, `send_timeout`, `idle_timeout`, `max_connections`, `drain_delay`, \
             `drain_timeout`, `graphiql`, `streams`, `cors`, `trusted`, `explain`",
            "a.toml:13: services.\"a..C\": this is no service; write its full name like `shop.v1.Prices`, `shop.*` for \
             all of a package, or `*`",
        ],
    );
}

#[test]
fn a_line_that_is_no_toml_is_one_fault() {
    check(
        "[services.\"a.b.C\"]\nendpoints = [\"http://a:1\"\ncolour = red\n",
        &[],
        &[
            "a.toml:3: services.\"a.b.C\".endpoints: missing comma between array elements, expected `,`",
        ],
    );
    check(
        "[services]\na..b = 1\n[server]\ncors = { origins = , credentials }\n",
        &[],
        &[
            "a.toml:2: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`",
            "a.toml:4: server.cors.origins: extra comma in inline table, expected value",
        ],
    );
}

#[test]
fn each_faulty_element_of_a_list_is_told() {
    check(
        "[server.cors]\norigins = [\"nope\", \"https://a.b\", 3]\n[services.\"a.B\"]\nendpoints = [\"ftp://x\", \"http://a:1\", \"http://\"]",
        &[],
        &[
            "a.toml:2: server.cors.origins: `nope` is not an origin; write `https://HOST`, `http://HOST:PORT` or `*`",
            "a.toml:2: server.cors.origins: `3` does not fit; write a text in quotes",
            "a.toml:4: services.\"a.B\".endpoints: `ftp://x` has no scheme; write `http://HOST:PORT`",
            "a.toml:4: services.\"a.B\".endpoints: `http://` is not the address of an endpoint; write `http://HOST:PORT`",
        ],
    );
}

#[test]
fn settings_that_do_not_go_together_are_faults() {
    check(
        "[server]\ndefault_timeout = \"1m\"\nstreams.keepalive = \"0s\"\ncors = { origins = [\"*\"], credentials = true }\ntrusted.claims = { a = \"b\" }\ntrusted.required = true\ntrusted.tenant = \"x-org\"\nstreams.init_headers = [\"authorization\", \"x-org\"]",
        &[],
        &[
            "a.toml:2: server.default_timeout: `1m` is more than `server.max_timeout`, 10s; write at most that",
            "a.toml:3: server.streams.keepalive: with `0s` nothing but pings would be sent; write `12s`, for example",
            "a.toml:4: server.cors.credentials: browsers send no credentials where `origins` has `*`; name the origins",
            "a.toml:5: server.trusted.claims: claims belong to a caller; name the header of the caller in `subject`",
            "a.toml:6: server.trusted.required: nobody would be answered; name the header of the caller in `subject`",
            "a.toml:8: server.streams.init_headers: `x-org` is one of `server.trusted`, and here clients would set it; leave it out",
        ],
    );
}

#[test]
fn settings_with_which_nothing_would_work_are_faults() {
    check(
        "[server]
header_timeout = \"0s\"
max_body_size = 0
[server.streams]
send_timeout = \"0s\"
init_timeout = \"0s\"
reservation_timeout = \"0s\"
max_operations = 0
init_headers = [\"x-tenant\", \"X-Explain-Secret\", \"x-mine\"]
[executor]
max_answer_size = 0
subscriptions.event_timeout = \"0s\"
[services.\"a.B\"]
stream_idle_timeout = \"0s\"
stream_max_age = \"0s\"
",
        &[],
        &[
            "a.toml:2: server.header_timeout: with `0s` no request could come; write `10s`, for example",
            "a.toml:5: server.streams.send_timeout: with `0s` no client could be sent anything; write `10s`, for example",
            "a.toml:6: server.streams.init_timeout: with `0s` no WebSocket could be initialised; write `10s`, for example",
            "a.toml:7: server.streams.reservation_timeout: with `0s` no reserved stream could be opened; write `10s`, for example",
            "a.toml:12: executor.subscriptions.event_timeout: with `0s` no event could be answered; write `10s`, for example",
            "a.toml:3: server.max_body_size: with `0` every request would be too large; write `1MiB`, for example",
            "a.toml:8: server.streams.max_operations: with `0` no operation could begin; write `100`, for example",
            "a.toml:11: executor.max_answer_size: with `0` every answer would be too large; write `32MiB`, for example",
            "a.toml:9: server.streams.init_headers: `x-tenant` means something to the gateway alone, and comes from no payload; leave it out",
            "a.toml:9: server.streams.init_headers: `x-explain-secret` means something to the gateway alone, and comes from no payload; leave it out",
            "a.toml:14: services.\"a.B\".stream_idle_timeout: with `0s` every stream would end at once; write `10s`, for example",
            "a.toml:15: services.\"a.B\".stream_max_age: with `0s` every stream would end at once; write `10s`, for example",
        ],
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = Config::load(Some(Path::new("/no/such/file.toml")), []).unwrap_err();
    assert!(error.message().contains("/no/such/file.toml"), "{}", error.message());
}

/// The reference with its examples switched on.
fn reference_with_examples() -> String {
    let switched_on = REFERENCE.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => setting,
        _ => line,
    });
    switched_on.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_reference_says_the_defaults() {
    let mut config = parse(REFERENCE, &[]).unwrap();
    let all = config.services.settings("*");
    assert_eq!(all, Settings::default());
    config.services.services.clear();
    assert_eq!(config, Config::default());
}

#[test]
fn the_examples_of_the_reference_can_be_used() {
    let config = parse(&reference_with_examples(), &[]).unwrap();
    assert!(config.server.trusted.tenant.is_some());
    assert_eq!(config.services.services.len(), 2);
}

/// What may stand in a table: what serde says when something else stands there.
fn known_keys(table: &str) -> BTreeSet<String> {
    let text = format!("[{table}]\n\"?\" = 1");
    let error = read::first_fault::<Config>(&text.parse().unwrap()).unwrap_err();
    error.message.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_reference_has_every_key() {
    let reference: toml::Table = reference_with_examples().parse().unwrap();
    let tables = [
        "server",
        "server.streams",
        "server.cors",
        "server.trusted",
        "services.\"*\"",
        "graphql",
        "graphql.limits",
        "executor",
        "executor.subscriptions",
        "executor.entity_cache",
        "mock",
    ];
    for path in tables {
        let table = path
            .split('.')
            .fold(&reference, |table, key| table[key.trim_matches('"')].as_table().unwrap());
        let present: BTreeSet<_> = table.keys().cloned().collect();
        assert_eq!(present, known_keys(path), "{path}");
    }
}
