//! The reader of users' YAML: bytes become a tree in which every node knows its place.
//!
//! Scalars mean what PyYAML's safe loader makes of them, since the programs that are configured
//! read the same files with it; where YAML 1.2 reads otherwise, a warning shows both readings.
//! What PyYAML passes over in silence (keys that stand twice) is a mistake here.
//!
//! # Steps
//!
//! 1. `source`: bytes become text, or are refused as a whole.
//! 2. `compose`: events of the parser become the tree (`leaf`, `frame`); all mistakes of the file
//!    are collected. `scalar`, `tag` and `core` read scalars, `place` and `block` find where they
//!    end, `anchor` expands aliases, `syntax` words what the parser refuses.
//! 3. [`take_secrets`]: the values of secrets leave the tree and the text.
//!
//! **Invariant.** Any bytes end in a tree or in problems: nothing recurses deeper than
//! [`DEEPEST`], nothing grows larger than `anchor` allows. No problem of [`parse`] quotes a
//! value, because secrets are not yet known; warnings do, until secrets are taken out.

mod anchor;
mod block;
mod canonical;
mod compose;
mod core;
mod frame;
mod leaf;
mod place;
mod problem;
mod scalar;
mod secret;
mod source;
mod syntax;
mod tag;
#[cfg(test)]
mod tests;

pub use canonical::canonical;
pub use nickel::{Entry, Node, Span, Value};
pub use problem::Problem;
pub(crate) use secret::redact;
pub use secret::{SecretText, Taken, take_secrets};
pub use source::{LIMIT_BYTES, line_column};

use anchor::Alias;

/// How deep lists and maps may nest.
pub const DEEPEST: usize = 64;

/// What a file says.
#[derive(Clone, Debug)]
pub struct Document {
    /// The value of the file; `None` if nothing stands in it but comments.
    pub root: Option<Node>,
    /// What is not wrong, but probably not meant.
    pub warnings: Vec<Problem>,
    /// The nodes that have an anchor.
    anchors: Vec<Span>,
    /// The aliases that were replaced by what they stand for.
    aliases: Vec<Alias>,
    /// What a merge key would bring if a stronger value were not there.
    unused: Vec<Span>,
}

/// Reads a YAML file. Spans are in bytes of the file.
///
/// # Errors
///
/// Every mistake of the file up to the first that leaves the rest without meaning, in the order
/// of the file.
pub fn parse(bytes: &[u8]) -> Result<Document, Vec<Problem>> {
    let source = source::Source::new(bytes).map_err(|problem| vec![problem])?;
    compose::compose(&source)
}
