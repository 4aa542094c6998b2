//! Who we are to a registry: what `docker login` left in Docker's configuration, or in the
//! credential helper that it names.
//!
//! **Invariant.** A helper gets the registry's name on its standard input and gives the secret on
//! its standard output; what it prints is never shown.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use docker_credential::{CredentialRetrievalError as Error, DockerCredential};

use super::place::Place;
use super::trouble::Kind;

/// Credentials by registry, each looked for once.
#[derive(Default)]
pub struct Credentials(Mutex<BTreeMap<String, Found>>);

/// Credentials, or that there are none, or why they cannot be read.
type Found = Result<Option<Arc<Login>>, String>;

/// Who we are. It cannot be printed.
pub enum Login {
    /// A name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token for the token server.
    Identity(String),
}

impl Credentials {
    /// Who we are to the registry of `place`.
    ///
    /// # Errors
    ///
    /// A configuration that cannot be read, and a helper that fails.
    pub fn of(&self, place: &Place) -> Result<Option<Arc<Login>>, Kind> {
        // A helper may ask its user something, so it is asked for one registry at a time.
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let found = known.entry(place.registry.clone()).or_insert_with(|| look(place));
        found.clone().map_err(Kind::Credentials)
    }
}

/// Docker's configuration.
fn file() -> Option<PathBuf> {
    let folder = std::env::var_os("DOCKER_CONFIG").filter(|it| !it.is_empty()).map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker"));
    Some(folder.or_else(home)?.join("config.json"))
}

fn look(place: &Place) -> Found {
    let Some(file) = file().filter(|it| it.exists()) else {
        return Ok(None);
    };
    let shown = file.display();
    let bytes = std::fs::read(&file).map_err(|error| format!("{shown}: {error}"))?;
    for server in place.servers() {
        match docker_credential::get_credential_from_reader(bytes.as_slice(), server) {
            Ok(DockerCredential::UsernamePassword(user, password)) => {
                return Ok(Some(Arc::new(Login::Password { user, password })));
            }
            Ok(DockerCredential::IdentityToken(token)) => {
                return Ok(Some(Arc::new(Login::Identity(token))));
            }
            Err(Error::NoCredentialConfigured) => {}
            Err(error) if is_absence(&error) => {}
            Err(error) => return Err(format!("{shown}: {}", words(&error))),
        }
    }
    Ok(None)
}

/// Whether a helper says, in the words of its protocol, that it has nothing for the registry.
fn is_absence(error: &Error) -> bool {
    let Error::HelperFailure { helper: _, stdout, stderr: _ } = error else {
        return false;
    };
    stdout.trim() == "credentials not found in native keychain"
}

/// What is wrong, without anything that a file or a helper says.
fn words(error: &Error) -> String {
    match error {
        Error::HelperCommunicationError => {
            "the credential helper that it names cannot be started".to_owned()
        }
        Error::MalformedHelperResponse => {
            "the answer of the credential helper cannot be read".to_owned()
        }
        Error::HelperFailure { helper, stdout: _, stderr: _ } => format!("{helper} failed"),
        Error::CredentialDecodingError => "`auth` is not base64 of `name:password`".to_owned(),
        Error::CredentialMismatchError => {
            "`auth` says something else than `username` and `password`".to_owned()
        }
        Error::NoCredentialConfigured | Error::ConfigNotFound | Error::ConfigReadError => {
            "it is not JSON as Docker writes it".to_owned()
        }
    }
}
