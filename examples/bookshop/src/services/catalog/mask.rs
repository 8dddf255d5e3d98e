//! What is left of a book when a caller reads only some of its fields (AIP-157).

use prost_types::FieldMask;
use tonic::Status;

use crate::proto::catalog::v1::{Book, Cover};

/// The fields that a mask names: all of them where there is none, it is empty, or it says `*`.
///
/// # Errors
/// INVALID_ARGUMENT with a path that no book has.
pub(super) fn read(book: &Book, mask: Option<&FieldMask>) -> Result<Book, Status> {
    let paths = mask.map_or(&[][..], |mask| &mask.paths);
    if paths.is_empty() || paths.iter().any(|path| path == "*") {
        return Ok(book.clone());
    }
    let mut read = Book::default();
    for path in paths {
        match path.split_once('.') {
            None => field(&mut read, book, path),
            Some(("cover", inner)) => book.cover.as_ref().map_or(Some(()), |cover| {
                cover_field(read.cover.get_or_insert_default(), cover, inner)
            }),
            Some(_) => None,
        }
        .ok_or_else(|| Status::invalid_argument(format!("a book has no `{path}`")))?;
    }
    Ok(read)
}

fn field(read: &mut Book, book: &Book, name: &str) -> Option<()> {
    match name {
        "id" => read.id.clone_from(&book.id),
        "title" => read.title.clone_from(&book.title),
        "subtitle" => read.subtitle.clone_from(&book.subtitle),
        "blurb" => read.blurb.clone_from(&book.blurb),
        "first_sentence" => read.first_sentence.clone_from(&book.first_sentence),
        "cover" => read.cover.clone_from(&book.cover),
        "page_count" => read.page_count = book.page_count,
        "author_ids" => read.author_ids.clone_from(&book.author_ids),
        "editions" => read.editions.clone_from(&book.editions),
        "first_published_year" => read.first_published_year = book.first_published_year,
        "original_language" => read.original_language.clone_from(&book.original_language),
        "genre" => read.genre = book.genre,
        "subjects" => read.subjects.clone_from(&book.subjects),
        "identifiers" => read.identifiers.clone_from(&book.identifiers),
        "create_time" => read.create_time = book.create_time,
        _ => return None,
    }
    Some(())
}

fn cover_field(read: &mut Cover, cover: &Cover, name: &str) -> Option<()> {
    match name {
        "lines" => read.lines.clone_from(&cover.lines),
        "byline" => read.byline.clone_from(&cover.byline),
        "color" => read.color.clone_from(&cover.color),
        "pattern" => read.pattern = cover.pattern,
        _ => return None,
    }
    Some(())
}
