//! The example runs and answers.

#[path = "../../smoke.rs"]
mod smoke;

const PROGRAM: &str = env!("CARGO_BIN_EXE_schema_first");

#[test]
fn a_concert_is_the_same_wherever_and_whenever_it_is_asked_for() {
    let query = r#"{ concert(id: \"42\") { id title seatsLeft artists { name } } }"#;
    let answer = smoke::ask(PROGRAM, query);
    assert!(answer.starts_with(r#"{"data":{"concert":{"id":"42","title":""#), "{answer}");
    assert!(answer.contains(r#""seatsLeft":12"#), "{answer}");
    assert_eq!(smoke::ask(PROGRAM, query), answer);
}
