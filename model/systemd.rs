use std::fmt;

use serde::{Deserialize, Serialize};

/// What is known of the machines on which systemd runs a deployment.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Systemd {
    /// The oldest Podman that has to run it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub podman: PodmanVersion,
    /// Whose systemd runs it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scope: Scope,
}

impl Systemd {
    /// Whether nobody said anything of it.
    #[must_use]
    pub fn is_unsaid(&self) -> bool {
        is_default(self)
    }
}

/// Whose systemd runs a deployment.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Scope {
    /// The machine's own, as root.
    #[default]
    System,
    /// That of the user who installs, without root.
    User,
}

/// A release of Podman: `4.7`. Written as major and minor version; a patch release makes no
/// difference.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PodmanVersion {
    /// The major version.
    pub major: u16,
    /// The minor version.
    pub minor: u16,
}

impl PodmanVersion {
    /// The release `major.minor`.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl Default for PodmanVersion {
    /// The first that can wait for health.
    fn default() -> Self {
        Self::new(4, 7)
    }
}

impl fmt::Display for PodmanVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl From<PodmanVersion> for String {
    fn from(version: PodmanVersion) -> Self {
        version.to_string()
    }
}

impl TryFrom<String> for PodmanVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let numbers: Option<Vec<u16>> = text.split('.').map(|it| it.parse().ok()).collect();
        match numbers.as_deref() {
            Some([major, minor] | [major, minor, _]) => Ok(Self::new(*major, *minor)),
            _ => Err(format!("`{text}` is no version of Podman, such as 5.4")),
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
