//! Bytes, `google.protobuf.FieldMask` and `google.protobuf.Any`.

use super::{Fault, string};

/// Appends bytes as base64 with padding, in quotes.
pub(in crate::transcoder) fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    base64_simd::STANDARD.encode_append(bytes, out);
    out.push(b'"');
}

/// The bytes of a base64 text, standard or URL-safe, with padding or without.
pub(in crate::transcoder) fn parse_base64(text: &str) -> Option<Vec<u8>> {
    let unpadded = text.trim_end_matches('=');
    if unpadded.len() < text.len()
        && (!text.len().is_multiple_of(4) || text.len() - unpadded.len() > 2)
    {
        return None;
    }
    let url_safe = unpadded.contains(['-', '_']);
    let alphabet =
        if url_safe { base64_simd::URL_SAFE_NO_PAD } else { base64_simd::STANDARD_NO_PAD };
    alphabet.decode_to_vec(unpadded).ok()
}

/// Appends an Any as what it is, undecoded.
pub(in crate::transcoder) fn any(
    out: &mut Vec<u8>,
    type_url: &[u8],
    value: &[u8],
) -> Result<(), Fault> {
    out.extend_from_slice(b"{\"@type\":");
    string(out, type_url)?;
    out.extend_from_slice(b",\"value\":");
    base64(out, value);
    out.push(b'}');
    Ok(())
}

/// Appends the paths of a mask as one text: `"title,price.amountMinor"`.
pub(in crate::transcoder) fn field_mask<'a>(
    out: &mut Vec<u8>,
    paths: impl Iterator<Item = &'a [u8]>,
) -> Result<(), Fault> {
    let mut text = String::new();
    for (index, path) in paths.enumerate() {
        if index > 0 {
            text.push(',');
        }
        let path = simdutf8::basic::from_utf8(path).map_err(|_| Fault::NotUtf8)?;
        lower_camel(&mut text, path)?;
    }
    string(out, text.as_bytes())
}

/// Only what is read back as it was: `a_b` becomes `aB`, but `aB` and `a_1` would come back as other paths.
fn lower_camel(out: &mut String, path: &str) -> Result<(), Fault> {
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '_' => {
                letters.next().filter(char::is_ascii_lowercase).map(|it| it.to_ascii_uppercase())
            }
            _ => Some(letter).filter(|letter| !letter.is_ascii_uppercase()),
        };
        out.push(letter.ok_or(Fault::Mask)?);
    }
    Ok(())
}

/// The paths of a mask's text, in the names of protos.
pub(in crate::transcoder) fn parse_field_mask(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(str::trim).filter(|path| !path.is_empty()).map(|path| {
        let mut snake = String::new();
        for letter in path.chars() {
            if letter.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        snake
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_in_both_alphabets_with_and_without_padding() {
        for text in ["-_8=", "+/8=", "-_8", "+/8"] {
            assert_eq!(parse_base64(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        assert_eq!(parse_base64(""), Some(Vec::new()));
        for wrong in ["=", "a", "+_8=", "a b=", "AA===", "====="] {
            assert_eq!(parse_base64(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn masks_speak_lower_camel_case_outside_and_snake_case_inside() {
        let mut out = Vec::new();
        let paths = [&b"title"[..], b"list_price.amount_minor"];
        field_mask(&mut out, paths.into_iter()).unwrap();
        assert_eq!(out, br#""title,listPrice.amountMinor""#);
        let read: Vec<_> = parse_field_mask("title, listPrice.amountMinor").collect();
        assert_eq!(read, ["title", "list_price.amount_minor"]);
        assert_eq!(parse_field_mask("").count(), 0);
    }

    #[test]
    fn a_path_that_would_come_back_as_another_one_is_not_written() {
        for path in [&b"fooBar"[..], b"foo_3_bar", b"foo__bar", b"foo_", b"_Foo"] {
            assert_eq!(field_mask(&mut Vec::new(), [path].into_iter()), Err(Fault::Mask));
        }
    }
}
