//! The quick way from SDL to definitions: text in, syntax tree out, or nothing.
//!
//! Nearly every supergraph that is read is right. For those the compiler's parser does far more than
//! is needed: it builds a lossless tree first, some 20 times the text, and knows the place of every
//! node. On a graph of 10 000 types that was half of the time until serving, and most of the peak
//! of memory. Here the tokens are read straight into the compiler's syntax tree, without places, and
//! equal names share one allocation.
//!
//! This reader never says what is wrong. Whatever it does not understand, and whatever turns out to be
//! wrong later, is read again by the compiler's parser, which judges and knows the places. So it may
//! refuse what is right, but must not accept what the compiler refuses, nor read it differently; a
//! test holds the two against each other.
//!
//! - [`tokens`]: text -> tokens;
//! - [`literals`]: string tokens -> their values;
//! - [`values`]: names, types, values, directives;
//! - [`definitions`]: the definitions themselves.

mod definitions;
mod literals;
mod tokens;
mod values;

use ahash::RandomState;
use apollo_compiler::ast::{Definition, Directive};
use apollo_compiler::{Name, Node};
use std::collections::HashMap;
use tokens::{Token, Tokens};

/// Lists and types may nest this deep here; what nests deeper is the compiler's.
const DEEPEST: usize = 64;

/// Reads all definitions; none when there is anything that this reader does not understand.
pub(super) fn read(text: &str) -> Option<Vec<Definition>> {
    let mut reader = Reader { tokens: Tokens::new(text)?, names: HashMap::default(), directives: HashMap::default() };
    let mut definitions = Vec::new();
    while reader.tokens.current != Token::End {
        definitions.push(reader.definition()?);
    }
    (!definitions.is_empty()).then_some(definitions)
}

struct Reader<'a> {
    tokens: Tokens<'a>,
    names: HashMap<&'a str, Name, RandomState>,
    /// By how they are written.
    directives: HashMap<&'a str, Node<Directive>, RandomState>,
}

impl<'a> Reader<'a> {
    /// Takes the current token if it is this punctuator.
    fn takes(&mut self, punctuator: u8) -> Option<bool> {
        let is_there = self.tokens.current == Token::Punctuator(punctuator);
        if is_there {
            self.tokens.advance()?;
        }
        Some(is_there)
    }

    fn expect(&mut self, punctuator: u8) -> Option<()> {
        self.takes(punctuator)?.then_some(())
    }

    /// Takes the current token if it is this name.
    fn takes_keyword(&mut self, keyword: &str) -> Option<bool> {
        let is_there = self.tokens.current == Token::Name(keyword);
        if is_there {
            self.tokens.advance()?;
        }
        Some(is_there)
    }

    /// Takes a name as text.
    fn word(&mut self) -> Option<&'a str> {
        let Token::Name(word) = self.tokens.current else { return None };
        self.tokens.advance()?;
        Some(word)
    }

    fn name(&mut self) -> Option<Name> {
        let word = self.word()?;
        Some(self.names.entry(word).or_insert_with(|| Name::new_unchecked(word)).clone())
    }

    /// What stands between two punctuators, at least one; nothing when the first is not there.
    fn some_between<T>(&mut self, open: u8, close: u8, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        if self.takes(open)? {
            while !self.takes(close)? {
                items.push(item(self)?);
            }
            if items.is_empty() {
                return None;
            }
        }
        Some(items)
    }

    /// At least one item, with a punctuator between them and maybe before them.
    fn some_separated<T>(&mut self, separator: u8, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.takes(separator)?;
        let mut items = vec![item(self)?];
        while self.takes(separator)? {
            items.push(item(self)?);
        }
        Some(items)
    }
}

#[cfg(test)]
mod tests;
