//! What is compiled, how often, and what is kept.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{Compiled, Compiler, Documents};
use crate::{
    error::Code,
    graphql::{
        config::Config,
        refusal::Refusal,
        schema::TypeSystem,
        tests::{SDL, types},
    },
    operation::{Operation, Value},
    units::ByteSize,
};

struct Bench {
    types: TypeSystem,
    config: Config,
    documents: Documents<Vec<String>>,
    compiled: AtomicUsize,
}

impl Bench {
    fn new(config: Config) -> Self {
        let documents = Documents::new(&config);
        Self { types: types(SDL), config, documents, compiled: AtomicUsize::new(0) }
    }

    fn compiled(&self) -> usize {
        self.compiled.load(Ordering::SeqCst)
    }

    /// What a request selects: the response keys of the operation's root fields.
    fn run(
        &self,
        text: &str,
        name: Option<&str>,
        variables: &[Option<Value>],
    ) -> Result<Arc<Compiled<Vec<String>>>, Refusal> {
        self.run_for(false, text, name, variables)
    }

    fn run_for(
        &self,
        incremental: bool,
        text: &str,
        name: Option<&str>,
        variables: &[Option<Value>],
    ) -> Result<Arc<Compiled<Vec<String>>>, Refusal> {
        let prepare = |operation: Operation| {
            self.compiled.fetch_add(1, Ordering::SeqCst);
            let deferred = operation.defers.len();
            let keys = operation.fields.into_iter().map(|field| field.response_key);
            let keys = keys.chain((0..deferred).map(|id| format!("deferred {id}")));
            Ok((keys.collect(), 0))
        };
        let compiler = Compiler { types: &self.types, config: &self.config, prepare: &prepare };
        let known = self.documents.get(text, name, &compiler).map_err(|it| (*it).clone())?;
        self.documents.decide(&known, variables, incremental, &compiler)
    }
}

#[test]
fn a_document_is_compiled_once() {
    let bench = Bench::new(Config::default());
    for _ in 0..3 {
        assert_eq!(bench.run("{ a: __typename }", None, &[]).unwrap().prepared, ["a"]);
    }
    assert_eq!(bench.compiled(), 1);
    bench.run("{ a: __typename  }", None, &[]).unwrap();
    assert_eq!(bench.compiled(), 2, "another text is another document");
}

#[test]
fn the_operation_name_is_part_of_the_key() {
    let bench = Bench::new(Config::default());
    let text = "query A { a: __typename } query B { b: __typename }";
    assert_eq!(bench.run(text, Some("A"), &[]).unwrap().prepared, ["a"]);
    assert_eq!(bench.run(text, Some("B"), &[]).unwrap().prepared, ["b"]);
    assert_eq!(bench.run(text, None, &[]).unwrap_err().code, Code::OperationNotFound);
    let refusal = bench.run(text, Some("C"), &[]).unwrap_err();
    assert_eq!(refusal.faults[0].message, "The document has no operation \"C\".");
}

#[test]
fn each_way_to_decide_conditions_is_compiled_once() {
    let bench = Bench::new(Config::default());
    let text = "query($a: Boolean!, $b: Boolean = false, $c: ID = 1) { a: __typename @skip(if: $a) \
                b: __typename @include(if: $b) book(id: $c) { id } }";
    let given = |a, b| [Some(Value::Boolean(a)), Some(Value::Boolean(b)), None];
    for _ in 0..2 {
        assert_eq!(bench.run(text, None, &given(true, false)).unwrap().prepared, ["book"]);
        assert_eq!(
            bench.run(text, None, &given(false, true)).unwrap().prepared,
            ["a", "b", "book"]
        );
        assert_eq!(bench.run(text, None, &given(false, false)).unwrap().prepared, ["a", "book"]);
    }
    assert_eq!(bench.compiled(), 3);
    let null = [Some(Value::Boolean(true)), Some(Value::Null), None];
    let refusal = bench.run(text, None, &null).unwrap_err();
    assert_eq!(
        refusal.faults[0].message,
        "Variable \"$b\" must not be null: it decides a @skip, an @include, a @defer or a @stream."
    );
}

#[test]
fn conditions_of_another_operation_do_not_count() {
    let bench = Bench::new(Config::default());
    let text = "query A($x: Boolean!) { ...F } fragment F on Query { a: __typename @skip(if: $x) } \
                query B($x: ID!) { book(id: $x) { id } }";
    let variables = [Some(Value::String("1".into()))];
    assert_eq!(bench.run(text, Some("B"), &variables).unwrap().prepared, ["book"]);
}

#[test]
fn those_who_ask_at_once_wait_for_one_compilation() {
    let bench = Bench::new(Config::default());
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                bench.run("{ book(id: 1) { id } }", None, &[]).unwrap();
            });
        }
    });
    assert_eq!(bench.compiled(), 1);
}

#[test]
fn faulty_documents_are_remembered_apart_and_push_nothing_out() {
    let bench = Bench::new(Config { refused_cache: ByteSize(20_000), ..Config::default() });
    bench.run("{ a: __typename }", None, &[]).unwrap();
    for at in 0..2_000 {
        let refusal = bench.run(&format!("{{ nope{at} }}"), None, &[]).unwrap_err();
        assert_eq!(refusal.code, Code::ValidationFailed);
    }
    bench.documents.refused.settle();
    assert!(bench.documents.refused.weight() <= ByteSize(20_000));
    assert!(bench.documents.refused.weight() > ByteSize(0));
    bench.run("{ a: __typename }", None, &[]).unwrap();
    assert_eq!(bench.compiled(), 1);
}

#[test]
fn the_cache_is_bounded_by_bytes() {
    let bench = Bench::new(Config { plan_cache: ByteSize(100_000), ..Config::default() });
    for at in 0..500 {
        bench.run(&format!("{{ a{at}: __typename }}"), None, &[]).unwrap();
        let text = format!("query($x: Boolean!) {{ a{at}: __typename @skip(if: $x) }}");
        bench.run(&text, None, &[Some(Value::Boolean(true))]).unwrap();
    }
    bench.documents.known.settle();
    bench.documents.variants.settle();
    assert!(bench.documents.known.weight() <= ByteSize(50_000));
    assert!(bench.documents.variants.weight() <= ByteSize(50_000));
}

#[test]
fn what_cannot_be_prepared_is_refused_and_remembered() {
    let bench = Bench::new(Config::default());
    let prepared = AtomicUsize::new(0);
    let prepare = |_: Operation| {
        prepared.fetch_add(1, Ordering::SeqCst);
        Err(Refusal::new(Code::Unimplemented, "not this one"))
    };
    let compiler = Compiler { types: &bench.types, config: &bench.config, prepare: &prepare };
    for _ in 0..2 {
        let refusal = bench.documents.get("{ __typename }", None, &compiler).unwrap_err();
        assert_eq!(refusal.code, Code::Unimplemented);
    }
    assert_eq!(prepared.load(Ordering::SeqCst), 1);
}

#[test]
fn a_document_that_defers_is_compiled_for_who_reads_parts_and_for_who_does_not() {
    let bench = Bench::new(Config::default());
    let text = "query($on: Boolean) { ... @defer(if: $on) { a: __typename } }";
    let given = |on: Option<bool>| [on.map(Value::Boolean)];
    let run = |parts, on| bench.run_for(parts, text, None, &given(on)).unwrap().prepared.clone();
    for _ in 0..2 {
        assert_eq!(run(true, None), ["a", "deferred 0"], "what is not said is yes");
        assert_eq!(run(true, Some(true)), ["a", "deferred 0"]);
        assert_eq!(run(true, Some(false)), ["a"]);
        assert_eq!(run(false, None), ["a"]);
    }
    assert_eq!(bench.compiled(), 3);
    let null = bench.run_for(true, text, None, &[Some(Value::Null)]).unwrap_err();
    assert_eq!(null.code, Code::BadUserInput);
}

#[test]
fn how_many_items_come_first_is_no_part_of_a_plan_and_is_not_negative() {
    let bench = Bench::new(Config::default());
    let text = "query($n: Int) { books @stream(initialCount: $n) { id } }";
    let run = |count| bench.run_for(true, text, None, &[count]);
    for count in [None, Some(Value::Int(0)), Some(Value::Int(7))] {
        assert_eq!(run(count).unwrap().prepared, ["books", "deferred 0"]);
    }
    assert_eq!(bench.compiled(), 1);
    let told = |count| run(Some(count)).unwrap_err().faults[0].message.clone();
    assert_eq!(
        told(Value::Int(-2)),
        "Variable \"$n\" must not be negative: it is the `initialCount` of a @stream, and is -2."
    );
    assert_eq!(
        told(Value::Null),
        "Variable \"$n\" must not be null: it is the `initialCount` of a @stream."
    );
    assert_eq!(bench.run(text, None, &[Some(Value::Int(-2))]).unwrap().prepared, ["books"]);
}
