//! The files that an installation needs of its user, made where there are none.
//!
//! **Invariant.** Nothing is overwritten.

mod existing;
mod machine;
mod template;

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nickel::{Input, Layer};
use serde_json::Value as Json;

use crate::failure::Failure;
use crate::install::render::random;
use crate::read::{Loaded, with_loaded};
use crate::request::Request;
use machine::Machine;

/// How many random bytes are in what `init` makes up.
const SECRET_BYTES: usize = 16;

/// What was done about one file.
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// Whether it was there already, and was left alone.
    pub kept: bool,
}

/// What `init` did.
pub struct Initialised {
    /// The files.
    pub files: Vec<Made>,
    /// Words for the user.
    pub notes: Vec<String>,
}

/// Makes the files that are missing; `from` is the directory of an installation by other tools.
///
/// # Errors
///
/// A package or configuration with mistakes, and whatever the disk refuses.
pub fn init(request: &Request, from: Option<&Path>, json: bool) -> Result<Initialised, Failure> {
    let root = from.map(Path::to_owned);
    let request = Request { root_only: root.is_some(), root, ..request.clone() };
    with_loaded(&request, json, |loaded| {
        let place = |input: Input, name: &str| place(loaded, &request, input, name);
        let host = place(Input::Host, "host").unwrap_or_else(|| "host.yaml".into());
        let config = place(Input::Config, "config");
        let credentials = place(Input::Credentials, "credentials");
        let mut notes = vec![];
        let mut machine = Machine::this()?;
        if let Some(from) = from {
            existing::read(loaded, from, &mut machine, &mut notes)?;
        }
        machine.real_paths = existing::real_paths(loaded, &request);
        let mut files = vec![make(&host, &machine.yaml(), 0o644)?];
        if let Some(path) = credentials {
            files.push(make(&path, &credentials_text(loaded)?, 0o600)?);
        }
        if let Some(path) = config {
            files.push(make(&path, &config_text(loaded), 0o644)?);
        }
        Ok(Initialised { files, notes })
    })
}

/// Where an input belongs: where the user says, else at its default path.
fn place(loaded: &Loaded<'_>, request: &Request, input: Input, name: &str) -> Option<PathBuf> {
    let asked = match input {
        Input::Config => &request.config,
        Input::Host => &request.host,
        Input::Credentials => &request.credentials,
    };
    if let Some(path) = asked {
        return Some(path.clone());
    }
    let declared = loaded.defaults.get(name).and_then(Json::as_str)?;
    Some(match &request.root {
        Some(root) => root.join(declared),
        None => Path::new(&loaded.names.project).join(declared),
    })
}

/// Every credential of the package's: random, but for those that it fixes.
fn credentials_text(loaded: &Loaded<'_>) -> Result<String, Failure> {
    let fixed = loaded.defaults.get("fixed_credentials");
    let fixed = |path: &str| fixed.and_then(|it| it.get(path)).and_then(Json::as_str);
    let schema = loaded.front.schema(Input::Credentials);
    let mut text = String::from("# Made up by clp-gen init. Keep it to yourself.\n");
    template::credentials(&mut text, &schema, &mut vec![], &mut |path| match fixed(path) {
        Some(value) => Ok(value.to_owned()),
        None => random(SECRET_BYTES),
    })?;
    Ok(text)
}

/// Every key of the configuration as a comment, with its default.
fn config_text(loaded: &mut Loaded<'_>) -> String {
    // Keys without a default leave nothing to evaluate; then there are no defaults to show.
    let defaults = loaded.evaluate(Layer::Package).map(|it| it.record["config"].clone());
    template::configuration(&loaded.front.schema(Input::Config), &defaults.unwrap_or_default())
}

/// Writes a file unless there is one.
fn make(path: &Path, text: &str, mode: u32) -> Result<Made, Failure> {
    let made = |kept| Ok(Made { path: path.to_owned(), kept });
    if path.symlink_metadata().is_ok() {
        return made(true);
    }
    let cannot = |error: &std::io::Error| {
        Failure::Environment(format!("cannot write {}: {error}", path.display()))
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let write = || {
        fs::create_dir_all(folder)?;
        let mut temporary = tempfile::Builder::new().prefix(".clp-gen-").tempfile_in(folder)?;
        temporary.write_all(text.as_bytes())?;
        temporary.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        temporary.as_file().sync_all()?;
        Ok(temporary)
    };
    let temporary = write().map_err(|error| cannot(&error))?;
    match temporary.persist_noclobber(path) {
        Ok(_) => made(false),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => made(true),
        Err(error) => Err(cannot(&error.error)),
    }
}
