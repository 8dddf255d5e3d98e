//! Scalars, requests, abstract types, and what a contract asks of its runtime.

use super::*;

const SCALARS: &str = r#"
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
service Things { rpc GetThing(GetThingRequest) returns (Thing); }
message GetThingRequest { string thing_id = 1; }
enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
message Box { string label = 1; }
message Thing {
  int32 i32 = 1; int64 i64 = 2; uint32 u32 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = 6;
  fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10; float fl = 11; double db = 12;
  bool ok = 13; string text = 14; bytes raw = 15; Color color = 16; repeated Color colors = 17;
  google.protobuf.Timestamp at = 18; google.protobuf.Duration span = 19; google.protobuf.Int64Value wide = 20;
  google.protobuf.StringValue maybe = 21; google.protobuf.Struct data = 22; google.protobuf.Value value = 23;
  google.protobuf.ListValue list = 24; google.protobuf.Any any = 25; google.protobuf.FieldMask mask = 26;
  google.protobuf.Empty empty = 27; map<string, int32> counts = 28; map<string, Box> boxes = 29;
  optional string note = 30; oneof place { string shelf = 31; Box box = 32; } repeated google.protobuf.Timestamp times = 33;
}
"#;

/// The mapping of scalars, row by row: a proto field, the type in the schema, and how it is read.
#[test]
fn every_scalar_is_shown_as_its_type_says() {
    for (field, graphql, expected) in [
        ("i32", "Int", "1 int32 as int"),
        ("i32", "ID", "1 int32 as decimal"),
        ("i64", "Int64", "2 int64 as decimal"),
        ("i64", "ID", "2 int64 as decimal"),
        ("i64", "String", "2 int64 as decimal"),
        ("i64", "Int", "2 int64 as int"),
        ("u32", "Int", "3 uint32 as int"),
        ("u64", "UInt64", "4 uint64 as decimal"),
        ("s32", "Int", "5 sint32 as int"),
        ("s64", "String", "6 sint64 as decimal"),
        ("f32", "Int", "7 fixed32 as int"),
        ("f64", "ID", "8 fixed64 as decimal"),
        ("sf32", "Int", "9 sfixed32 as int"),
        ("sf64", "Int64", "10 sfixed64 as decimal"),
        ("fl", "Float", "11 float as float"),
        ("db", "Float", "12 double as float"),
        ("ok", "Boolean", "13 bool as boolean"),
        ("text", "String", "14 string as string"),
        ("text", "Mine", "14 string as string"),
        ("i64", "Mine", "2 int64 as decimal"),
        ("raw", "Base64", "15 bytes as base64"),
        ("raw", "String", "15 bytes as base64"),
        ("color", "Color", "16 enum Color"),
        ("colors", "[Color!]!", "17 list of enum Color"),
        ("at", "DateTime", "18 maybe message as timestamp"),
        ("at", "String", "18 maybe message as timestamp"),
        ("span", "Duration", "19 maybe message as duration"),
        ("wide", "Int64", "20 maybe wrapped int64 as decimal"),
        ("maybe", "String", "21 maybe wrapped string as string"),
        ("data", "JSON", "22 maybe message as struct"),
        ("value", "JSON", "23 maybe message as value"),
        ("list", "JSON", "24 maybe message as list_value"),
        ("any", "Any", "25 maybe message as any"),
        ("mask", "FieldMask", "26 maybe message as field_mask"),
        ("empty", "Boolean", "27 maybe message as empty"),
        ("counts", "JSON", "28 map to int32 as int"),
        ("counts", "[Count!]!", "28 list of Count in CountsEntry"),
        ("boxes", "[BoxEntry!]!", "29 list of BoxEntry in BoxesEntry"),
        ("note", "String", "30 maybe string as string"),
        ("shelf", "String", "31 maybe string as string"),
        ("box", "Box", "32 maybe Box in Box"),
        ("times", "[DateTime!]!", "33 list of message as timestamp"),
    ] {
        let schema = format!(
            "type Query {{ thing(id: ID!): Thing }} type Thing {{ shown: {graphql} @from(path: \"{field}\") }}
             scalar Mine enum Color {{ UNSPECIFIED RED }} type Box {{ label: String }}
             type Count {{ key: String! value: Int! }} type BoxEntry {{ key: String! value: Box }}"
        );
        check(&bound(SCALARS, &schema), "Thing.shown", expected);
    }
}

#[test]
fn a_request_is_filled_from_everywhere() {
    let contract = bound(
        &with_service(REVIEWS),
        r#"type Query { hello: String }
           type Mutation { addReview(input: AddReviewInput!): AddReviewPayload
             @rpc(method: "shop.v1.Reviews/AddReview", with: {
               viewer: "$identity.sub", options: {loud: true, mode: MODE_FAST, numbers: [1, -1]}, labels: ["$$x", "y"]})
             @invalidates(tags: ["book-{review.book_id}", "new-{$args.input.stars}"]) }
           input AddReviewInput { bookId: ID! stars: Int! }
           type AddReviewPayload { review: Review } type Review { stars: Int! }"#,
    );
    check(
        &contract,
        "Mutation.addReview",
        "AddReview(3 ← $identity.sub, 4 ← [8, 1], 4 ← [16, 1], \
         4 ← [24, 1, 24, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],  ← [42, 2, 36, 120, 42, 1, 121], \
         1 ← $args.input.bookId, 2 ← $args.input.stars): whole AddReviewPayload in AddReviewResponse",
    );
    let join = join_of(&contract, "Mutation.addReview");
    assert_eq!(join.side_effects(), SideEffects::Any);
    let tags = &join.policy.as_ref().expect("a policy").invalidates;
    assert_eq!(
        tags.iter().map(show_template).collect::<Vec<_>>(),
        ["book-{1.2}", "new-{$args.input.stars}"]
    );
}

#[test]
fn parts_of_a_message_stand_beside_an_argument_that_gives_the_rest_of_it() {
    let contract = bound(
        "service Catalog { rpc ListBooks(ListBooksRequest) returns (Books); }
         message ListBooksRequest { string tenant = 1; Filter filter = 2; }
         message Filter { string tenant = 1; string author = 2; string viewer = 3; Filter not = 4; string title = 5; }
         message Books { repeated string titles = 1; }",
        r#"type Query { books(filter: Filter, title: String @from(path: "filter.title")): [String!]
             @rpc(method: "shop.v1.Catalog/ListBooks", with: {filter: {not: {tenant: "x"}, viewer: "$identity.sub"}}) }
           input Filter { author: String not: Not } input Not { author: String not: Filter }"#,
    );
    check(
        &contract,
        "Query.books",
        "ListBooks(2 ← $args.filter, 2.4 ← [10, 1, 120], 2.3 ← $identity.sub, 2.5 ← $args.title): 1 list of string as string",
    );
}

#[test]
fn a_oneof_in_an_input_object_that_is_the_request_is_spread_too() {
    let contract = bound(
        "service Catalog { rpc GetBook(GetBookRequest) returns (Book); }
         message GetBookRequest { oneof by { string sku = 1; string isbn = 2; } string lang = 3; }
         message Book { string id = 1; }",
        r#"type Query { book(input: In!): Book } type Book { id: ID }
           input In { by: By! lang: String } input By @oneOf { sku: String isbn: String }"#,
    );
    check(
        &contract,
        "Query.book",
        "GetBook(1 ← $args.input.by.sku, 2 ← $args.input.by.isbn, 3 ← $args.input.lang): whole Book in Book",
    );
}

#[test]
fn an_empty_object_is_a_message_that_is_there() {
    let contract = bound(
        "service Catalog { rpc ListBooks(ListBooksRequest) returns (Books); }
         message ListBooksRequest { oneof order { Page newest = 1; Page cheapest = 2; } Page page = 3; }
         message Page { int32 size = 1; }
         message Books { repeated string titles = 1; }",
        r#"type Query { books(size: Int @from(path: "page.size")): [String!]
             @rpc(method: "shop.v1.Catalog/ListBooks", with: {cheapest: {}, page: {}}) }"#,
    );
    check(
        &contract,
        "Query.books",
        "ListBooks( ← [18, 0],  ← [26, 0], 3.1 ← $args.size): 1 list of string as string",
    );
}

#[test]
fn texts_in_json_begin_with_a_dollar_where_they_have_two() {
    let contract = bound(
        "import \"google/protobuf/struct.proto\";
         service Catalog { rpc ListBooks(ListBooksRequest) returns (Books); }
         message ListBooksRequest { google.protobuf.ListValue it = 1; }
         message Books { repeated string titles = 1; }",
        r#"type Query { books: [String!] @rpc(method: "shop.v1.Catalog/ListBooks", with: {it: ["$$x"]}) }"#,
    );
    let join = join_of(&contract, "Query.books");
    let constant = fill::Source::Constant(vec![10, 6, 10, 4, 26, 2, b'$', b'x']);
    assert_eq!(join.fills[0].source, Some(constant));
}

#[test]
fn input_objects_follow_the_messages_that_they_fill() {
    let contract = bound(
        "service Shelf { rpc PutThing(PutThingRequest) returns (Thing); }
         message PutThingRequest { Thing thing = 1; }
         message Thing { string id = 1; map<string, int32> counts = 2; oneof place { string shelf = 3; Box box = 4; } repeated Thing parts = 5; }
         message Box { string label = 1; string tag = 2; }",
        r#"type Query { hello: String } type Mutation { putThing(thing: ThingInput!): Thing } type Thing { id: ID! }
           input ThingInput { id: ID! counts: [CountInput!] place: PlaceInput parts: [ThingInput!] tag: String @from(path: "box.tag") }
           input CountInput { key: String! value: Int! } input PlaceInput @oneOf { shelf: String box: BoxInput } input BoxInput { label: String! }"#,
    );
    let shown = |name: &str| {
        show_input(
            &contract,
            contract.inputs.iter().find(|input| input.r#type == name).expect("bound"),
        )
    };
    assert_eq!(
        shown("ThingInput"),
        [
            "id → 1 string as string",
            "counts → 2 list of CountInput",
            "place →  PlaceInput",
            "parts → 5 list of ThingInput",
            "tag → 4.2 string as string",
        ]
    );
    assert_eq!(shown("PlaceInput"), ["shelf → 3 string as string", "box → 4 BoxInput"]);
    assert_eq!(shown("CountInput"), ["key → 1 string as string", "value → 2 int32 as int"]);
}

#[test]
fn another_rpc_is_asked_for_the_same_parents() {
    let contract = bound(
        &with_service(
            "service Prices { rpc BatchGetPrices(BatchGetPricesRequest) returns (BatchGetPricesResponse); }
             message BatchGetPricesRequest { repeated string book_ids = 1; string currency = 2; }
             message BatchGetPricesResponse { repeated Price prices = 1; }
             message Price { string book_id = 1; string amount = 2; }
             service Archive { rpc BatchGetOldPrices(BatchGetOldPricesRequest) returns (BatchGetOldPricesResponse); }
             message BatchGetOldPricesRequest { string currency = 1; repeated string book_ids = 4; }
             message BatchGetOldPricesResponse { repeated Price old = 1; }",
        ),
        r#"type Query { book(id: ID!): Book } type Money { amount: String! }
           type Book { id: ID! price(currency: String): Money
             @rpc(method: "shop.v1.Prices/BatchGetPrices")
             @batch(keys: "book_ids", key: "$parent.id", items: "prices", match: "book_id")
             @fallback(rpc: "shop.v1.Archive/BatchGetOldPrices", value: {amount: "0"}) }"#,
    );
    let rpc = fallback_of(&contract, "Book.price").rpc.as_ref().expect("an rpc");
    assert_eq!(
        show_join(&contract, rpc),
        "BatchGetOldPrices(1 ← $args.currency) by 1→ in 4, items 1 matched 1: whole Money in Price"
    );
    assert_eq!(last(&contract, "Book.price"), [0x12, 1, b'0']);
}

#[test]
fn elements_that_come_by_key_can_only_be_left_out() {
    let contract = bound(
        BOOKS,
        r#"type Query { book(id: ID!): Book } type Author { id: ID! }
           type Book { id: ID! editors: [Author!]! @rpc(method: "shop.v1.Catalog/BatchGetAuthors") @fallback(value: []) }"#,
    );
    let fallback = fallback_of(&contract, "Book.editors");
    assert!(fallback.leave_out);
    assert_eq!(fallback.last, Some(fallback::Last::Null(true)));
}

#[test]
fn interfaces_and_unions_show_what_the_message_holds() {
    let contract = bound(
        "service Search { rpc Search(SearchRequest) returns (SearchResponse); rpc GetBook(SearchRequest) returns (Book); }
         message SearchRequest { string id = 1; } message SearchResponse { repeated Hit hits = 1; }
         message Hit { double score = 3; oneof result { Book book = 1; Person author = 2; } }
         message Book { string id = 1; } message Person { string id = 1; }",
        r#"type Query { search: [Hit!]! @fallback(value: [{__typename: "Author", id: "x"}]) node(id: ID!): Node @rpc(method: "shop.v1.Search/GetBook") }
           union Hit = Book | Author interface Node { id: ID! }
           type Book implements Node { id: ID! } type Author implements Node { id: ID! }"#,
    );
    check(&contract, "Query.search", "Search(): 1 list of Hit in Hit");
    check(&contract, "Query.node", "GetBook(1 ← $args.id) says 1 in 1: whole Node in Book");
    let members = |name: &str| {
        let binding =
            contract.bindings.iter().find(|binding| binding.r#type == name).expect("bound");
        let of = |id: u32| contract.bindings[id as usize].r#type.clone();
        binding.members.iter().map(|member| (member.number, of(member.binding))).collect::<Vec<_>>()
    };
    assert_eq!(members("Hit"), [(1, "Book".to_owned()), (2, "Author".to_owned())]);
    assert_eq!(members("Node"), [(0, "Book".to_owned())]);
    assert_eq!(last(&contract, "Query.search"), [0x0a, 5, 0x12, 3, 0x0a, 1, b'x']);
}

#[test]
fn a_oneof_can_be_selected_as_a_union_or_an_interface() {
    let contract = bound(
        "service Search {
           rpc Find(FindRequest) returns (FindResponse);
           rpc BatchFind(BatchFindRequest) returns (BatchFindResponse);
           rpc Watch(FindRequest) returns (stream FindResponse);
         }
         message FindRequest { string id = 1; }
         message FindResponse { string note = 1; Hit top = 2; oneof best { Book book = 3; Person author = 4; } oneof other { Book old = 5; Person gone = 6; } }
         message Hit { oneof result { Book book = 1; Person author = 2; } }
         message BatchFindRequest { repeated string ids = 1; }
         message BatchFindResponse { repeated Item items = 1; } message Item { string id = 1; Hit hit = 2; }
         message Book { string id = 1; } message Person { string id = 1; FindResponse found = 2; }",
        r#"type Query {
             top(id: ID!): Hit @rpc(method: "shop.v1.Search/Find", select: "top.result")
             best(id: ID!): Node @rpc(method: "shop.v1.Search/Find", select: "best")
             all(id: ID!): [Hit!]! @rpc(method: "shop.v1.Search/Watch", select: "top.result")
             author(id: ID!): Author @rpc(method: "shop.v1.Search/Find", select: "author")
           }
           union Hit = Book | Author interface Node { id: ID! }
           type Book implements Node { id: ID!
             hit: Hit @rpc(method: "shop.v1.Search/BatchFind") @batch(keys: "ids", key: "$parent.id", match: "id", select: "hit.result") }
           type Author implements Node @message(name: "shop.v1.Person") { id: ID! mine: Hit @from(path: "found.best") }"#,
    );
    check(&contract, "Query.top", "Find(1 ← $args.id): 2.0 Hit in Hit");
    check(&contract, "Query.best", "Find(1 ← $args.id): whole Node in FindResponse");
    check(&contract, "Author.mine", "2.0 Hit in FindResponse");
    check(
        &contract,
        "Query.all",
        "Watch(1 ← $args.id) gathered maybe message at [2]: 1 list of Hit in Hit",
    );
    let members: Vec<(&str, Vec<u32>)> = contract
        .bindings
        .iter()
        .filter(|binding| ["Node", "Hit"].contains(&binding.r#type.as_str()))
        .map(|it| (it.r#type.as_str(), it.members.iter().map(|member| member.number).collect()))
        .collect();
    assert_eq!(members, [("Hit", vec![1, 2]), ("Node", vec![3, 4]), ("Hit", vec![3, 4])]);
    check(&contract, "Book.hit", "BatchFind() by 1→ in 1, items 1 matched 1: 2.0 Hit in Hit");
}

#[test]
fn responses_that_are_well_known_messages_are_the_value() {
    let contract = bound(
        r#"import "google/protobuf/empty.proto"; import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto";
           service Clock { rpc GetNow(google.protobuf.Empty) returns (google.protobuf.Timestamp);
             rpc GetName(google.protobuf.Empty) returns (google.protobuf.StringValue);
             rpc Stop(google.protobuf.Empty) returns (google.protobuf.Empty);
             rpc New(google.protobuf.Empty) returns (google.protobuf.Int64Value); }"#,
        r#"type Query { now: DateTime! @rpc(method: "shop.v1.Clock/GetNow") name: String new: Int64 @rpc(method: "shop.v1.Clock/New") }
           type Mutation { stop: Boolean }"#,
    );
    check(&contract, "Query.now", "GetNow(): whole message as timestamp");
    check(&contract, "Query.name", "GetName(): 1 string as string");
    check(&contract, "Query.new", "New(): 1 int64 as decimal");
    check(&contract, "Mutation.stop", "Stop(): whole message as empty");
}

#[test]
fn what_goes_upstream_is_said_in_the_proto() {
    let contract = bound(
        r#"import "anabranch/v1/options.proto";
           service Me { rpc GetMe(GetMeRequest) returns (User) {
             option idempotency_level = NO_SIDE_EFFECTS;
             option (anabranch.v1.forward) = { identity: true headers: "X-Locale" };
             option (anabranch.v1.shareable) = true; } }
           message GetMeRequest { string id = 1; string locale = 2; string shop = 3; string flag = 4; } message User { string id = 1; }"#,
        r#"type Query { me: User @rpc(method: "shop.v1.Me/GetMe", with: {id: "$identity.sub", locale: "$header.X-Locale", shop: "$tenant", flag: "$context.flag"})
             @cache(maxAge: "1m", scope: USER) }
           type User { id: ID! }"#,
    );
    let method = &contract.methods[0];
    assert!(method.forward_identity && method.shareable && !method.forward_tenant);
    assert_eq!(method.forward_headers, ["x-locale"]);
    check(
        &contract,
        "Query.me",
        "GetMe(1 ← $identity.sub, 2 ← $header.x-locale, 3 ← $tenant, 4 ← $context.flag): whole User in User",
    );
    assert_eq!(join_of(&contract, "Query.me").side_effects(), SideEffects::NoSideEffects);
}

#[test]
fn what_of_the_caller_is_required_is_said_with_the_messages_around_it() {
    let proto = r#"syntax = "proto2"; package shop.v1;
        service Shop { rpc Get(GetRequest) returns (Thing); rpc Batch(BatchRequest) returns (BatchResponse); }
        message GetRequest { required string viewer = 1; optional string page = 2; optional Ref loose = 3; required Ref ref = 4; }
        message Ref { required string shop = 1; optional string note = 2; optional string id = 3; optional Ref inner = 4; }
        message BatchRequest { optional Keys keys = 1; } message Keys { repeated string ids = 1; required string shop = 2; }
        message BatchResponse { repeated Thing things = 1; } message Thing { required string id = 1; }"#;
    let schema = r#"type Query { get: Thing @rpc(method: "shop.v1.Shop/Get", with: {viewer: "$identity.sub", page: "$header.page",
          loose: {shop: "$tenant"}, ref: {shop: "$context.shop", inner: {shop: "$tenant", note: "$tenant"}}}) }
        type Thing { id: ID!
          other: Thing @rpc(method: "shop.v1.Shop/Batch", with: {keys: {shop: "$tenant"}}) @batch(keys: "keys.ids", key: "$parent.id")
          one: Thing @rpc(method: "shop.v1.Shop/Get", with: {viewer: "a", ref: {shop: "b"}, loose: {shop: "$tenant", id: "$parent.id"}}) }"#;
    let contract =
        contract(&Sources::new().proto_text("a.proto", proto).schema_text("a.graphql", schema));
    let required = |coordinate: &str| -> Vec<(Vec<u32>, u32)> {
        let fills = &join_of(&contract, coordinate).fills;
        fills.iter().map(|fill| (fill.path.clone(), fill.required)).collect()
    };
    assert_eq!(
        required("Query.get"),
        [
            (vec![1], 1),
            (vec![2], 0),
            (vec![3, 1], 1),
            (vec![4, 1], 2),
            (vec![4, 4, 1], 1),
            (vec![4, 4, 2], 0),
        ]
    );
    assert_eq!(required("Thing.other"), [(vec![1, 2], 2)], "the keys stand beside it");
    assert_eq!(required("Thing.one").last(), Some(&(vec![3, 1], 2)), "and one key");
}

#[test]
fn a_join_without_batch_takes_its_key_where_names_say_so() {
    let contract = bound(
        &with_service(
            "service Prices { rpc GetPrice(GetPriceRequest) returns (Price); }
             message GetPriceRequest { string book_id = 1; string currency = 2; } message Price { string amount = 1; }",
        ),
        r#"type Query { book(id: ID!): Book } type Money { amount: String! }
           type Book { id: ID! price(currency: String): Money @rpc(method: "shop.v1.Prices/GetPrice")
             sku: Money @rpc(method: "shop.v1.Prices/GetPrice", with: {book_id: "$parent.sku"}) }"#,
    );
    check(&contract, "Book.price", "GetPrice(2 ← $args.currency) by 1→1: whole Money in Price");
    check(&contract, "Book.sku", "GetPrice() by 2→1: whole Money in Price");
}

#[test]
fn a_subscription_is_a_stream_and_a_feature() {
    let contract = bound(
        "service Books { rpc WatchBooks(WatchBooksRequest) returns (stream Book); }
         message WatchBooksRequest { string shelf = 1; } message Book { string id = 1; }",
        "type Query { hello: String } type Subscription { books(shelf: String): Book } type Book { id: ID! }",
    );
    check(&contract, "Subscription.books", "WatchBooks(1 ← $args.shelf): whole Book in Book");
    assert!(contract.methods.iter().any(|method| method.server_streaming));
    assert_eq!(contract.required_features, ["promised", "subscriptions"]);
}

#[test]
fn a_rust_function_gets_what_it_requires_and_its_fingerprint_follows_its_types() {
    let resolved = |argument: &str| {
        bound(
            BOOKS,
            &format!(
                r#"type Query {{ book(id: ID!): Book }} type Slot {{ row: Int! side: Side inner: [Slot!] }} enum Side {{ LEFT RIGHT }}
                   type Book {{ id: ID! slot(near: {argument}): [Slot!] @resolve(requires: "sku links.next_id shelf") }}"#
            ),
        )
    };
    let contract = resolved("String");
    check(
        &contract,
        "Book.slot",
        "resolver slot(1 ← $args.near) by 2→1 + 6.2→2 + 7→3: 1 list of Slot in Slot",
    );
    check(&contract, "Slot.inner", "3 list of Slot in Slot");
    assert_eq!(contract.required_features, ["resolve"]);
    let fingerprint = |contract: &Contract| contract.resolvers[0].fingerprint.clone();
    assert_eq!(fingerprint(&contract), fingerprint(&resolved("String")));
    assert_ne!(fingerprint(&contract), fingerprint(&resolved("Int")));
}

#[test]
fn what_a_gateway_must_enforce_is_a_required_feature() {
    let schema = "type Query { a: Int @authenticated b: Int @requiresScopes(scopes: [[\"x\"]]) @tag(name: \"t\") c: Int @cost(weight: 2) }";
    let contract = contract(&Sources::new().schema_text("a.graphql", schema));
    assert_eq!(contract.required_features, ["authenticated", "cost", "promised", "requiresScopes"]);
}
