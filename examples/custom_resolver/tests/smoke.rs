//! The example runs and answers.

#[path = "../../smoke.rs"]
mod smoke;

const PROGRAM: &str = env!("CARGO_BIN_EXE_custom_resolver");

#[test]
fn functions_answer_fields_that_no_service_has() {
    let answer = smoke::ask(
        PROGRAM,
        "{ books { title readingTime } longest { title readingTime(pagesPerMinute: 2) } }",
    );
    assert_eq!(
        answer,
        concat!(
            r#"{"data":{"books":[{"title":"Emma","readingTime":948},{"title":"Middlemarch","readingTime":1760},"#,
            r#"{"title":"The Time Machine","readingTime":236}],"longest":{"title":"Middlemarch","readingTime":440}}}"#
        )
    );
}

#[test]
fn objects_of_async_graphql_answer_beside_them() {
    let answer =
        smoke::ask(PROGRAM, "{ longest { title } pages hours: openingHours { day from } }");
    assert_eq!(
        answer,
        concat!(
            r#"{"data":{"longest":{"title":"Middlemarch"},"pages":1472,"#,
            r#""hours":[{"day":"Tuesday","from":"10:00"},{"day":"Thursday","from":"10:00"}]}}"#
        )
    );
    let answer = smoke::ask(PROGRAM, "mutation { ring(times: 2) }");
    assert_eq!(answer, r#"{"data":{"ring":"ding ding"}}"#);
}

#[test]
fn an_error_of_a_function_is_an_error_of_its_field() {
    let answer = smoke::ask(PROGRAM, "{ longest { title readingTime(pagesPerMinute: 0) } }");
    assert!(answer.starts_with(r#"{"data":{"longest":null},"errors":[{"#), "{answer}");
    assert!(answer.contains("nobody reads at this pace"), "{answer}");
    let more = r#""extensions":{"code":"INVALID_ARGUMENT","pagesPerMinute":0.0}"#;
    assert!(answer.contains(more), "{answer}");
}
