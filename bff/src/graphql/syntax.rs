//! What the pinned parser (apollo-parser 0.9.0-beta.2) reads though the grammar does not have it.

use apollo_parser::{Parser, SyntaxKind, SyntaxNode, cst::CstNode};

/// The arguments and input fields without a value, as in `{ books(filter: {genre}) { id } }`: the name of each, and at which
/// byte it stands. The parser lets them have none, and then they are nowhere in its document: the client would be answered
/// as if it had not asked for them.
pub(super) fn without_value(text: &str, nesting: usize, tokens: usize) -> Vec<(String, usize)> {
    let tree = Parser::new(text).recursion_limit(nesting).token_limit(tokens).parse();
    tree.document().syntax().descendants().filter_map(|node| bare(&node)).collect()
}

fn bare(node: &SyntaxNode) -> Option<(String, usize)> {
    let mut parts = node.children_with_tokens();
    let is_bare = matches!(node.kind(), SyntaxKind::ARGUMENT | SyntaxKind::OBJECT_FIELD)
        && parts.all(|part| part.kind() != SyntaxKind::COLON);
    let name = node.first_token().filter(|_| is_bare)?;
    Some((name.text().to_owned(), name.text_range().start().into()))
}
