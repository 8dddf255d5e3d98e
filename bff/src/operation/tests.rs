//! Values of arguments.

use super::{NeverNull, Value};

fn variable(index: usize, never_null: bool) -> Value {
    Value::Variable { index, default: None, never_null }
}

#[test]
fn a_null_is_refused_where_it_stands_and_only_where_it_must_not() {
    let object = Value::Object(vec![
        ("free".into(), variable(0, false)),
        ("strict".into(), variable(1, true)),
        ("list".into(), Value::List(vec![Value::Int(1), variable(2, true)])),
    ]);
    let places = NeverNull::of(&[("in".to_owned(), object), ("it".to_owned(), variable(3, true))]);
    let told = |null: &[usize]| {
        let given = |at| if null.contains(&at) { Value::Null } else { Value::Int(7) };
        let variables: Vec<_> = (0..4).map(|at| Some(given(at))).collect();
        NeverNull::check(&places, &variables).map_err(|error| error.message().to_owned())
    };
    let refused = |place: &str| Err(format!("argument {place}, which is not allowed there"));
    assert_eq!(told(&[]), Ok(()));
    assert_eq!(told(&[0]), Ok(()));
    assert_eq!(told(&[0, 1, 2]), refused("\"in\" has the value null at \"in.strict\""));
    assert_eq!(told(&[2]), refused("\"in\" has the value null at \"in.list[1]\""));
    assert_eq!(told(&[3]), refused("\"it\" has the value null"));
    assert_eq!(NeverNull::check(&places, &[None, None, None, None]).ok(), Some(()), "not given");
}
