//! Short texts into a buffer, in blocks of a fixed size.
//!
//! Keys and leaves are mostly shorter than 32 bytes, and a call of `memcpy` for each was the larger part of
//! writing an answer: 4 000 leaves with their keys took 50 us so, and take 15 us in blocks.

use crate::plan::model::BLOCK;

/// Appends the first `len` bytes of `text`. What stands behind them is copied too where it can be, and cut
/// off again.
#[inline]
pub(super) fn append(out: &mut Vec<u8>, text: &[u8], len: usize) {
    const HALF: usize = BLOCK / 2;
    let end = out.len() + len;
    match (text.first_chunk::<HALF>(), text.first_chunk::<BLOCK>()) {
        (Some(block), _) if len <= HALF => {
            out.extend_from_slice(block);
            out.truncate(end);
        }
        (_, Some(block)) if len <= BLOCK => {
            out.extend_from_slice(block);
            out.truncate(end);
        }
        _ => out.extend_from_slice(text.get(..len).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_text_is_appended() {
        let text: Vec<u8> = (0..100).collect();
        for behind in [0, 1, 15, 16, 31, 40] {
            for len in 0..60 {
                let mut out = vec![7];
                append(&mut out, &text[..len + behind], len);
                assert_eq!(out[1..], text[..len], "{len} of {}", len + behind);
            }
        }
    }
}
