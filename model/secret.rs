use serde::{Deserialize, Serialize};

/// Where the value of a secret comes from at activation. Never the value itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The place that holds the value.
    pub source: SecretSource,
}

/// The places that can hold the value of a secret.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub enum SecretSource {
    /// A key of the credentials file, dotted: `database.password`.
    Credentials(String),
    /// A key of the package's own configuration file, dotted.
    Configuration(String),
    /// An environment variable of whoever starts the deployment.
    Environment {
        /// Its name, which is also the name that containers see.
        variable: String,
        /// Whether the deployment starts without it; then containers don't get it either.
        #[serde(default)]
        optional: bool,
    },
}
