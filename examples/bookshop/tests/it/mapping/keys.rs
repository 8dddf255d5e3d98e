//! Keys that the parent has in repeated messages.

use super::kit::{Given, unhex};

const PROTO: &str = r#"
    syntax = "proto3";
    package rows.v1;
    message Nothing {}
    message Line { string sku = 1; }
    message Order { repeated Line lines = 1; }
    message Keys { repeated string skus = 1; }
    message Item { string sku = 1; string name = 2; }
    message Items { repeated Item items = 1; }
    service Rows { rpc GetOrder(Nothing) returns (Order); rpc BatchItems(Keys) returns (Items); }
"#;

const SCHEMA: &str = r#"
    type Item { name: String }
    type Order {
      items: [Item] @rpc(method: "rows.v1.Rows/BatchItems")
        @batch(keys: "skus", key: "$parent.lines.sku", items: "items", match: "sku")
    }
    type Query { order: Order @rpc(method: "rows.v1.Rows/GetOrder") }
"#;

#[tokio::test]
async fn each_line_of_an_order_names_its_item() {
    let given = Given::start(PROTO, SCHEMA).await;
    // Both methods are answered with this: lines b, none, a and b are items with the names B, C, A and B.
    given.answer(unhex("0a06 0a0162 120142 0a03 120143 0a06 0a0161 120141 0a06 0a0162 120142"));
    let (answer, asked) = given.answered("{ order { items { name } } }", "{}").await;
    let items = r#"{"data":{"order":{"items":[{"name":"B"},null,{"name":"A"},{"name":"B"}]}}}"#;
    assert_eq!(answer.text, items);
    assert_eq!(asked, Some(unhex("0a0162 0a0161")), "each key once");
}
