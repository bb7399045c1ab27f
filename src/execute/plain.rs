//! The search through the inside of a string: for a quote, a backslash or a control character.
//!
//! Strings are most of a reply's bytes. On x86-64 sixteen bytes are compared at once, with instructions
//! that every such processor has; elsewhere eight in an ordinary register (SWAR). Both beat `memchr` on
//! the short strings that replies are made of, and find control characters in the same step.
//!
//! One of the crate's places with `unsafe`: a call. All that it calls is safe code, and the tests hold both
//! ways to the plain loop, for every byte at every place of a block.

#![allow(unsafe_code)]

/// The first position from `at` on that holds a quote, a backslash or a control character, or the end.
#[inline]
pub(super) fn plain(bytes: &[u8], at: usize) -> usize {
    match in_blocks(bytes, at) {
        Ok(found) => found,
        Err(rest) => byte_by_byte(bytes, rest),
    }
}

/// The search block by block: where it is, or from where on no whole block is left.
#[cfg(target_arch = "x86_64")]
#[inline]
fn in_blocks(bytes: &[u8], at: usize) -> Result<usize, usize> {
    // SAFETY: the function is safe but for its need of SSE2, which is a part of x86-64.
    unsafe { sse2::search(bytes, at) }
}

#[cfg(not(target_arch = "x86_64"))]
use swar::search as in_blocks;

/// The search in what is too short for a block.
fn byte_by_byte(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        if byte < 0x20 || byte == b'"' || byte == b'\\' {
            break;
        }
        at += 1;
    }
    at
}

/// Sixteen bytes at once.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };

    const BLOCK: usize = 16;

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn search(bytes: &[u8], mut at: usize) -> Result<usize, usize> {
        while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) {
            let found = marks(load(chunk));
            if found != 0 {
                return Ok(at + found.trailing_zeros() as usize);
            }
            at += BLOCK;
        }
        Err(at)
    }

    /// One load.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn load(chunk: &[u8; BLOCK]) -> __m128i {
        let whole = u128::from_le_bytes(*chunk);
        _mm_set_epi64x((whole >> 64) as i64, whole as i64)
    }

    /// A bit for each byte that is looked for.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn marks(block: __m128i) -> u32 {
        const QUOTE: i8 = 0x22;
        const ESCAPE: i8 = 0x5c;
        const LAST_CONTROL: i8 = 0x1f;
        let quote = _mm_cmpeq_epi8(block, _mm_set1_epi8(QUOTE));
        let escape = _mm_cmpeq_epi8(block, _mm_set1_epi8(ESCAPE));
        let control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(LAST_CONTROL)), block);
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, escape), control)).cast_unsigned()
    }
}

/// Eight bytes at once.
#[cfg(any(test, not(target_arch = "x86_64")))]
mod swar {
    const BLOCK: usize = 8;
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;

    #[inline]
    pub(super) fn search(bytes: &[u8], mut at: usize) -> Result<usize, usize> {
        while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) {
            let found = marks(u64::from_le_bytes(*chunk));
            if found != 0 {
                return Ok(at + (found.trailing_zeros() / 8) as usize);
            }
            at += BLOCK;
        }
        Err(at)
    }

    /// The high bit of each byte that is looked for. A borrow may mark bytes above a true one as well, never
    /// below it, so the lowest mark is right.
    const fn marks(word: u64) -> u64 {
        const fn zeros(word: u64) -> u64 {
            word.wrapping_sub(ONES) & !word & HIGH
        }
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        zeros(word ^ (ONES * 0x22)) | zeros(word ^ (ONES * 0x5c)) | controls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_where_they_end_at_every_offset() {
        for pad in 0..40 {
            for stop in ["\"", "\\", "\n", "\u{1f}"] {
                let text = format!("{}é{stop}{}", "x".repeat(pad), "\"\\\u{1}".repeat(3));
                assert_eq!(plain(text.as_bytes(), 0), pad + 2, "{text:?}");
            }
        }
        assert_eq!(plain(b"abc\x7f\xff\xc3defgh ijkl", 0), 16);
    }

    #[test]
    fn every_way_of_searching_finds_the_same() {
        type Search = fn(&[u8], usize) -> Result<usize, usize>;
        let ways: [Search; 2] = [in_blocks, swar::search];
        for byte in 0..=u8::MAX {
            for at in 0..35 {
                let mut text = [b'x'; 35];
                text[at] = byte;
                let expected = byte_by_byte(&text, 0);
                for way in ways {
                    let found = way(&text, 0).unwrap_or_else(|rest| byte_by_byte(&text, rest));
                    assert_eq!(found, expected, "{byte} at {at}");
                }
            }
        }
    }
}
