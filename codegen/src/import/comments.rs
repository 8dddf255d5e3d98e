//! The comments of protos, as descriptions.

use std::collections::HashMap;

use prost_reflect::DescriptorPool;

/// What stands above, or else behind, each thing that has a name.
pub(super) struct Comments(HashMap<(String, Vec<i32>), String>);

impl Comments {
    pub(super) fn read(pool: &DescriptorPool) -> Comments {
        let mut comments = HashMap::new();
        for file in pool.files() {
            let info = file.file_descriptor_proto().source_code_info.as_ref();
            for location in info.iter().flat_map(|info| &info.location) {
                let leading = location.leading_comments.as_deref().map(cleaned);
                let trailing = location.trailing_comments.as_deref().map(cleaned);
                let text = leading.filter(|text| !text.is_empty()).or(trailing);
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    comments.insert((file.name().to_owned(), location.path.clone()), text);
                }
            }
        }
        Comments(comments)
    }

    pub(super) fn of(&self, file: &str, path: &[i32]) -> Option<String> {
        self.0.get(&(file.to_owned(), path.to_vec())).cloned()
    }
}

/// Without the blank that follows `//`, without what GraphQL cannot hold, and without `(-- … --)`, which AIP-192 keeps
/// from readers.
pub(super) fn cleaned(comment: &str) -> String {
    let mut comment = comment.to_owned();
    while let Some(start) = comment.find("(--") {
        let end = comment[start..].find("--)").map_or(comment.len(), |end| start + end + 3);
        comment.replace_range(start..end, "");
    }
    let line = |line: &str| {
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        line.chars().filter(|letter| !letter.is_control() || *letter == '\t').collect::<String>()
    };
    let lines: Vec<String> = comment.lines().map(line).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.join("\n").trim().to_owned()
}
