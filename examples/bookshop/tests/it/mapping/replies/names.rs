//! Names that mean something elsewhere.

use crate::mapping::kit::{Around, PROTO3, Reads, reads, replies};

const KEYWORDS_ARE_NAMES: &[Reads] = &[reads(
    "Words it = 1;",
    "Words { type self fn query null true fragment on message returns }",
    &[(
        "0a 14 08 01 10 02 18 03 20 04 28 05 30 06 38 07 40 08 48 09 50 0a",
        r#"{"type":1,"self":2,"fn":3,"query":4,"null":5,"true":6,"fragment":7,"on":8,"message":9,"returns":10}"#,
    )],
)];

#[tokio::test]
async fn keywords_are_names() {
    let around = Around {
        proto: "message Words { int32 type = 1; int32 self = 2; int32 fn = 3; int32 query = 4; int32 null = 5; int32 true = 6; int32 fragment = 7; int32 on = 8; int32 message = 9; int32 returns = 10; }",
        schema: "type Words { type: Int self: Int fn: Int query: Int null: Int true: Int fragment: Int on: Int message: Int returns: Int }",
        ..PROTO3
    };
    replies(around, KEYWORDS_ARE_NAMES).await;
}
