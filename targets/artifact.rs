use std::collections::BTreeMap;

use serde::Serialize;

/// The files of one target: relative path (with `/`) to content, in path order.
pub type Artifact = BTreeMap<String, Entry>;

/// One file of an artifact.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its permission bits: `0o644`, or `0o755` for what is run.
    pub mode: u32,
}

impl Entry {
    /// A file that everybody may read.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { bytes: text.into().into_bytes(), mode: 0o644 }
    }
}

/// What a back end makes: the files, and where in the topology their lines come from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Lowered {
    /// What is deployed.
    pub files: Artifact,
    /// Beside the files, not in them: it has no part in their digest.
    pub trace: Trace,
}

/// By path of the artifact, the ranges of lines that come from one place each. Ranges may nest;
/// the innermost one around a line is the most exact.
pub type Trace = BTreeMap<String, Vec<TracedLines>>;

/// Some lines of an output file, and the path of the topology that they come from.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct TracedLines {
    /// The first line, from 1.
    pub first: usize,
    /// The last line, inclusive.
    pub last: usize,
    /// The path of the topology: `services.webui.ports.http`.
    pub path: String,
}
