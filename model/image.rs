use std::fmt;

use serde::{Deserialize, Serialize};

/// A container image as the package asks for it: `repository:tag`, no digest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The repository with its registry, if any: `ghcr.io/y-scope/clp/clp-package`, `redis`.
    pub repository: String,
    /// The tag: `7.2.4`.
    pub tag: String,
    /// What it was found to be, `sha256:…`; set by [`resolve`](crate::resolve), never by a package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The id by which an engine has it, `sha256:…`, where no registry does: it is never pulled.
    /// Set by [`resolve`](crate::resolve), never by a package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
}

impl Image {
    /// What was asked for: `repository:tag`.
    #[must_use]
    pub fn asked(&self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }
}

/// How an image is written wherever one is asked for: `repository:tag[@digest]`. A local image has
/// no digest that an engine would accept beside its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImageReference<'a>(pub &'a Image);

impl fmt::Display for ImageReference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Image { repository, tag, digest, local: _ } = self.0;
        write!(f, "{repository}:{tag}")?;
        match digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}
