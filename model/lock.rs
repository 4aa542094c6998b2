use std::collections::BTreeMap;

use crate::Name;

/// What images were found to be: the pins that [`resolve`](crate::resolve) sets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lock(pub BTreeMap<Name, Pinned>);

/// One image that was looked up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pinned {
    /// What was asked for: `repository:tag`.
    pub reference: String,
    /// What was found.
    pub pin: Pin,
}

/// What an image was found to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Pin {
    /// A registry has it, with this digest: `sha256:…`.
    Registry(String),
    /// No registry has it; an engine does, with this id: `sha256:…`.
    Local(String),
}
