//! Later imports: protos grow, people edit and move files, and nothing that was there is lost.

use anabranch_codegen::{Color, Severity, Sources, compile, import};

use crate::imports::Files;

/// Imports into `schema`, and holds the result against what every import promises.
fn grown(protos: &Sources, existing: &Files, of: &str) -> Files {
    let imported = import(protos, "schema", existing);
    assert_eq!(imported.diagnostics.errors(), 0, "{of}: {}", imported.diagnostics);
    let mut schema = existing.clone();
    for file in &imported.files {
        let (path, text) = (file.path.to_string_lossy().into_owned(), file.text());
        match schema.iter_mut().find(|(known, _)| *known == path) {
            Some((_, old)) => {
                assert!(contains(&text, old), "{of}: {path} has lost something\n{old}\n--\n{text}");
                *old = text;
            }
            None => schema.push((path, text)),
        }
    }
    let sources =
        schema.iter().fold(protos.clone(), |all, (path, text)| all.schema_text(path, text));
    let compiled = compile(&sources);
    let is_error = compiled.diagnostics.iter().any(|found| found.severity() == Severity::Error);
    assert!(!is_error, "{of}: {}\n{schema:#?}", compiled.diagnostics.render(Color::Never));
    let again = import(protos, "schema", &schema).files;
    assert!(again.is_empty(), "{of}: a second import changes {again:#?}");
    schema
}

/// Whether all lines of the old text are there in their order, each with all of its words in their order: a new line may
/// come into the middle of an old one, in front of its brace.
fn contains(new: &str, old: &str) -> bool {
    let mut rest = new;
    old.lines().flat_map(str::split_whitespace).all(|word| {
        let Some(at) = rest.find(word) else { return false };
        rest = &rest[at + word.len()..];
        true
    }) && old.bytes().all({
        let mut rest = new.bytes();
        move |byte| rest.any(|other| other == byte)
    })
}

fn all(schema: &Files) -> String {
    schema.iter().map(|(path, text)| format!("### {path}\n{text}\n")).collect()
}

const HITS: &str = r#"
    syntax = "proto3";
    package a.v1;
    service S { rpc Search(Ask) returns (Found); }
    message Ask { string text = 1; }
    message Found { oneof hit { X x = 1; Y y = 2; } }
    message X { string id = 1; }
    message Y { string id = 1; }
"#;

fn hits() -> Sources {
    Sources::new().proto_text("a.proto", HITS)
}

/// With a member more.
fn more_hits() -> Sources {
    let text = HITS.replace("Y y = 2;", "Y y = 2; Z z = 3;");
    Sources::new().proto_text("a.proto", text + "message Z { string id = 1; }")
}

/// The only file after an import beside a schema of one file.
fn beside(protos: &Sources, text: &str) -> String {
    let schema = grown(protos, &vec![("schema/a.v1.graphql".to_owned(), text.to_owned())], text);
    let file = schema.into_iter().find(|(path, _)| path == "schema/a.v1.graphql");
    file.expect("it is there").1
}

#[test]
fn a_new_message_goes_into_the_file_of_its_package_and_leaves_it_as_it_was() {
    let first = grown(&hits(), &Files::new(), "first");
    let edited: Files = first
        .iter()
        .map(|(path, text)| {
            (path.clone(), format!("# Ours: {{ }}\n{text}\n# The end, without a newline."))
        })
        .collect();
    let other = "syntax = \"proto3\"; package a.v1; message AskB { string id = 1; } service T { rpc GetB(AskB) returns (B); } \
                 message B { string id = 1; }";
    // A message that exists gets a field of the new one: both go into one file.
    let text = HITS
        .replace("message X { string id = 1;", "message X { string id = 1; B b = 2;")
        .replace("package a.v1;", "package a.v1; import \"b.proto\";");
    let protos = Sources::new().proto_text("a.proto", text);
    let second = grown(&protos.proto_text("b.proto", other), &edited, "second");
    assert_eq!(second.len(), first.len(), "{second:#?}");
    let types = &second.iter().find(|(path, _)| path == "schema/a.v1.graphql").expect("there").1;
    let (before, _) = edited[0].1.split_once("  id: ID!\n}").expect("a type");
    assert!(types.starts_with(before), "{types}");
    assert!(
        types.ends_with(
            "# The end, without a newline.\n\ntype B @message(name: \"a.v1.B\") {\n  id: ID!\n}\n"
        ),
        "{types}"
    );
    assert!(types.contains("  id: ID!\n  b: B\n}"), "{types}");
}

#[test]
fn a_file_that_was_moved_stays_as_it_is_and_what_is_new_goes_beside_it() {
    let mut schema = grown(&hits(), &Files::new(), "first");
    for (path, _) in &mut schema {
        *path = path.replace("schema/", "schema/of/ours/");
    }
    let second = grown(&more_hits(), &schema, "second");
    assert!(
        second.iter().any(|(path, text)| path == "schema/a.v1.graphql" && text.contains("type Z "))
    );
    assert!(all(&second).contains("union FoundHit @message(name: \"a.v1.Found\") = X | Y | Z\n"));
}

#[test]
fn packages_that_differ_in_case_alone_share_a_file() {
    let upper = HITS.replace("package a.v1", "package A.v1").replace("Search", "Find");
    let schema = grown(&hits().proto_text("b.proto", upper), &Files::new(), "both");
    let files: Vec<_> = schema.iter().map(|(path, _)| path.to_lowercase()).collect();
    assert_eq!(files.iter().filter(|path| **path == "schema/a.v1.graphql").count(), 1, "{files:?}");
}

#[test]
fn a_union_gets_the_members_that_its_oneof_has() {
    let types = "type Query { search(text: String): Found }\ntype Found { hit: Hit }\n\
                 type X { id: ID! }\ntype Y { id: ID! }\n";
    for (union, expected) in [
        ("union Hit = X | Y # Both.", "union Hit = X | Y | Z # Both."),
        (
            "union Hit =\n  | X # The first.\n  | Y # The last.\n",
            "union Hit =\n  | X # The first.\n  | Y # The last.\n  | Z\n",
        ),
        (
            "union Hit = X\nextend union Hit =\n    | Y",
            "union Hit = X | Z\nextend union Hit =\n    | Y",
        ),
        ("union Hit\nextend union Hit = X |\n Y", "union Hit\nextend union Hit = X |\n Y | Z"),
    ] {
        let now = beside(&more_hits(), &format!("{types}{union}"));
        assert!(now.contains(expected) && now.contains("type Z @message"), "{now}");
    }
}

#[test]
fn a_scalar_that_joins_a_oneof_is_a_field_beside_its_union() {
    let first = grown(&hits(), &Files::new(), "first");
    let text = HITS.replace("Y y = 2;", "Y y = 2; Z z = 3; string text = 4; Void none = 5;");
    let protos =
        Sources::new().proto_text("a.proto", text + "message Z { string id = 1; } message Void {}");
    let schema = grown(&protos, &first, "second");
    let found = "type Found @message(name: \"a.v1.Found\") {\n  hit: FoundHit\n  text: String\n  none: Boolean\n}";
    assert!(all(&schema).contains(found), "{}", all(&schema));
    assert!(all(&schema).contains(" = X | Y | Z\n"), "{}", all(&schema));
    let sources = schema.iter().fold(protos, |all, (path, text)| all.schema_text(path, text));
    assert_eq!(compile(&sources).diagnostics.warnings(), 0);
}

#[test]
fn a_member_that_a_comment_names_is_left_out() {
    let types = "type Query { search(text: String): Found }\ntype Found { hit: Hit }\n\
                 type X { id: ID! }\ntype Y { id: ID! }\n";
    for union in [
        "union Hit =\n  | X\n  # | Z: nobody may see it\n  | Y\n",
        "union Hit =\n  | X\n  | Y\n  # z is for others\n",
        "union Hit = X | Y\n# | Z\n",
    ] {
        let text = format!("{types}{union}");
        assert_eq!(beside(&more_hits(), &text), text);
    }
    // What stands above the next definition is about that one.
    let now =
        beside(&more_hits(), &format!("{types}union Hit = X | Y\n# Z: see below.\nscalar Q\n"));
    assert!(now.contains("union Hit = X | Y | Z\n# Z: see below."), "{now}");
}

#[test]
fn a_union_that_shows_a_whole_message_or_several_gets_only_what_all_of_them_have() {
    let whole = more_hits().proto_text(
        "b.proto",
        "syntax = \"proto3\"; package a.v1; import \"a.proto\"; service T { rpc List(Ask) returns (Page); } \
         message Page { repeated Found hits = 1; }",
    );
    let types = "type X { id: ID! }\ntype Y { id: ID! }\ntype Page { hits: [Found] }\n";
    let query = "type Query { search(text: String): Found, all(text: String): [Found] \
                 @rpc(method: \"a.v1.T/List\", select: \"hits\") }\n";
    for union in ["union Found = X | Y\n", "union Found @message(name: \"a.v1.Found\") = X | Y\n"] {
        let now = beside(&whole, &format!("{query}{types}{union}"));
        assert!(now.contains(&union.replace("X | Y", "X | Y | Z")), "{now}");
    }
    let two = more_hits().proto_text(
        "b.proto",
        "syntax = \"proto3\"; package a.v1; import \"a.proto\"; service T { rpc Other(Ask) returns (Others); } \
         message Others { oneof hit { X x = 1; Y y = 2; } }",
    );
    let text = "type Query { search(text: String): Found, other(text: String): Others }\n\
                type Found { hit: Hit } type Others { hit: Hit }\n\
                type X { id: ID! }\ntype Y { id: ID! }\nunion Hit = X | Y\n";
    assert!(beside(&two, text).contains("union Hit = X | Y\n"));
}

/// Numbers that a seed repeats (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end as u64)).expect("it is below the end")
    }
}

/// A package that only grows.
struct Package {
    name: String,
    messages: Vec<Vec<String>>,
    members: Vec<usize>,
    /// Members of the oneof that no union shows.
    texts: usize,
    values: usize,
}

impl Package {
    fn new(number: usize) -> Self {
        Self {
            name: format!("p{number}.v1"),
            messages: vec![Vec::new()],
            members: Vec::new(),
            texts: 0,
            values: 1,
        }
    }

    fn grow(&mut self, random: &mut Random) {
        let count = self.messages.len();
        match random.below(12) {
            0..4 => self.messages.push(Vec::new()),
            4..6 => self.values += 1,
            6 => self.texts += 1,
            7..9 if self.members.len() < count => self.members.push(self.members.len()),
            _ => {
                let types =
                    ["string", "int64", "repeated int32", "google.protobuf.Timestamp", "Kind"];
                let ty = match random.below(types.len() + 3) {
                    index if index < types.len() => types[index].to_owned(),
                    _ => format!("M{}", random.below(count)),
                };
                self.messages[random.below(count)].push(ty);
            }
        }
    }

    fn proto(&self) -> String {
        let mut text = format!(
            "syntax = \"proto3\"; package {}; import \"google/protobuf/timestamp.proto\";\n\
             message Ask {{ string id = 1; }}\n",
            self.name
        );
        let values = (0..self.values).map(|value| format!("KIND_V{value} = {value}; "));
        text.push_str(&format!("enum Kind {{ {} }}\n", values.collect::<String>()));
        let members =
            self.members.iter().map(|member| format!("M{member} m{member} = {}; ", member + 1));
        let texts = (0..self.texts).map(|text| format!("string t{text} = {}; ", text + 1000));
        let members: String = members.chain(texts).collect();
        let mut methods = String::new();
        if !members.is_empty() {
            text.push_str(&format!("message Found {{ oneof hit {{ {members} }} }}\n"));
            methods.push_str("rpc Search(Ask) returns (Found); ");
        }
        for (number, fields) in self.messages.iter().enumerate() {
            let fields = fields.iter().enumerate();
            let fields = fields.map(|(index, ty)| format!("{ty} f{index} = {}; ", index + 2));
            let fields: String = fields.collect();
            text.push_str(&format!("message M{number} {{ string id = 1; {fields} }}\n"));
            methods.push_str(&format!("rpc GetM{number}(Ask) returns (M{number}); "));
        }
        text + &format!("service S {{ {methods} }}\n")
    }
}

/// The definition of that message, from its name to the next one.
fn definition<'a>(text: &'a str, keyword: &str, message: &str) -> &'a str {
    let is_of = |text: &&str| text.contains(&format!("@message(name: \"{message}\""));
    let opening = format!("\n{keyword} ");
    let mut found = text.split(&opening).skip(1).map(|text| {
        let end = ["\ntype ", "\nunion ", "\nenum ", "\n###"]
            .iter()
            .filter_map(|next| text.find(next))
            .min();
        &text[..end.unwrap_or(text.len())]
    });
    found.find(|text| is_of(text)).unwrap_or_default()
}

/// What people do to a schema between two imports.
fn edit(schema: &mut Files, random: &mut Random) {
    for (path, text) in schema {
        match random.below(6) {
            0 => {
                let lines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
                text.insert_str(lines[random.below(lines.len())], "# { \" }: ours\n\n");
            }
            1 => text.truncate(text.trim_end().len()),
            2 => {
                *path =
                    path.replacen("schema/", &format!("schema/f{}/", random.below(1_000_000)), 1);
            }
            3 => *text = text.replace("\n}", " }"),
            4 => *text = text.replace(" | ", "\n  | "),
            _ => {}
        }
    }
}

/// `ANABRANCH_SEED` repeats one.
#[test]
fn nothing_is_lost_however_protos_grow() {
    let repeated = std::env::var("ANABRANCH_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = repeated.map_or(1..25, |seed: u64| seed..seed + 1);
    for seed in seeds {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (mut packages, mut schema) = (vec![Package::new(0)], Files::new());
        for step in 0..6 {
            let protos = packages.iter().fold(Sources::new(), |all, package| {
                all.proto_text(format!("{}.proto", package.name), package.proto())
            });
            schema = grown(&protos, &schema, &format!("seed {seed}, step {step}"));
            let text = all(&schema);
            for package in &packages {
                for number in 0..package.messages.len() {
                    let name = format!("(name: \"{}.M{number}\")", package.name);
                    let count = text.matches(&name).count();
                    assert_eq!(count, 1, "seed {seed}, step {step}: {name}\n{text}");
                }
                for number in 0..package.texts {
                    let fields = definition(&text, "type", &format!("{}.Found", package.name));
                    let is_shown = fields.contains(&format!("  t{number}: String"));
                    assert!(is_shown, "seed {seed}, step {step}: t{number} of {fields}");
                }
                for member in &package.members {
                    // In the union, or in a field where the oneof had one member when it was imported.
                    let found = definition(&text, "union", &format!("{}.Found", package.name));
                    let type_name =
                        definition(&text, "type", &format!("{}.M{member}", package.name));
                    let type_name = type_name.split(' ').next().expect("a name");
                    let fields = definition(&text, "type", &format!("{}.Found", package.name));
                    let is_shown = found.split(['|', '=', ' ', '\n']).any(|word| word == type_name)
                        || fields.contains(&format!("  m{member}: {type_name}\n"))
                        || fields.contains(&format!("  m{member}: {type_name} }}"));
                    assert!(is_shown, "seed {seed}, step {step}: {type_name} of {found} {fields}");
                }
            }
            edit(&mut schema, &mut random);
            if random.below(4) == 0 {
                packages.push(Package::new(packages.len()));
            }
            for package in &mut packages {
                (0..3).for_each(|_| package.grow(&mut random));
            }
        }
    }
}
