//! SHA-256, and the digest of a whole artifact.

use std::fmt;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use targets::{Artifact, Entry};

/// A SHA-256 digest; printed as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of an artifact: over one line `mode digest path` for each file, in path order.
    #[must_use]
    pub fn of_artifact(artifact: &Artifact) -> Self {
        let lines = artifact
            .iter()
            .map(|(path, Entry { bytes, mode })| format!("{mode:o} {} {path}\n", Self::of(bytes)));
        Self::of(lines.collect::<String>().as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
