//! Where the pinned parser (apollo-parser 0.9.0-beta.2) and the grammar differ.

use apollo_parser::{Lexer, Parser, SyntaxKind, SyntaxNode, TokenKind, cst::CstNode};

/// What the parser reads though the grammar does not have it, and at which byte each stands:
///
/// - arguments and input fields without a value, as in `{ books(filter: {genre}) { id } }`, which are then nowhere in its
///   document: the client would be answered as if it had not asked for them,
/// - selection sets that select nothing.
pub(super) fn faults(text: &str, nesting: usize) -> Vec<(String, usize)> {
    let tree = Parser::new(text).recursion_limit(nesting).token_limit(usize::MAX).parse();
    tree.document().syntax().descendants().filter_map(|node| fault(&node)).collect()
}

fn fault(node: &SyntaxNode) -> Option<(String, usize)> {
    match node.kind() {
        SyntaxKind::ARGUMENT | SyntaxKind::OBJECT_FIELD => {
            let mut parts = node.children_with_tokens();
            let name = node.first_token()?;
            let message = format!("expected `:` and a value behind the name \"{}\"", name.text());
            let is_bare = parts.all(|part| part.kind() != SyntaxKind::COLON);
            is_bare.then(|| (message, name.text_range().start().into()))
        }
        SyntaxKind::SELECTION_SET if node.children().next().is_none() => {
            let message = "expected a field or a fragment, got `}`".to_owned();
            Some((message, node.last_token()?.text_range().start().into()))
        }
        _ => None,
    }
}

/// Whether there are more lexical tokens: what the grammar ignores is none. It stops there.
pub(super) fn has_more_tokens_than(limit: usize, text: &str) -> bool {
    use TokenKind::{Comma, Comment, Eof, Whitespace};
    let is_ignored = |kind| matches!(kind, Whitespace | Comment | Comma | Eof);
    let tokens =
        Lexer::new(text).filter(|token| !token.as_ref().is_ok_and(|it| is_ignored(it.kind())));
    tokens.take(limit.saturating_add(1)).count() > limit
}

/// The text with a space in the place of each comma, which mean the same to the grammar: the parser refuses a comma behind
/// `...` and behind an alias. `None` where there is none.
pub(super) fn without_commas(text: &str) -> Option<String> {
    let commas = Lexer::new(text).filter_map(Result::ok);
    let mut spaced = text.to_owned();
    for comma in commas.filter(|token| token.kind() == TokenKind::Comma) {
        spaced.replace_range(comma.index()..=comma.index(), " ");
    }
    (spaced != text).then_some(spaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_grammar_ignores_is_no_token() {
        let text = "{ a,,, # a comment\n\n\u{feff}  ...F }";
        assert!(!has_more_tokens_than(5, text));
        assert!(has_more_tokens_than(4, text));
    }

    #[test]
    fn what_is_no_token_of_the_grammar_counts() {
        assert!(has_more_tokens_than(1, "??"));
    }
}
