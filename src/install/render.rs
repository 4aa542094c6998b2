//! What an installation writes: the files of an artifact with their secrets in them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use model::{Scope, Segment, Text};
use targets::{
    Entry, INSTALLATION, Installation, InstalledFile, Part, Target, parse_template, without_absent,
};

use super::dotenv;
use super::plan::Owner;
use super::record::Record;
use super::secrets::Values;
use super::systemd;
use super::tree::{OWN, Tree};
use crate::build::Built;
use crate::failure::Failure;
use crate::manifest::MANIFEST;
use crate::output::{self, TOPOLOGY};

/// The file of variables that Compose reads.
pub const VARIABLES: &str = ".env";

/// A file that is about to be written. It may hold secrets, so it can be neither printed nor
/// serialised.
pub struct Rendered {
    /// Absolute, or below the package directory.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its permission bits.
    pub mode: u32,
    /// Whose it is; whoever installs it where nobody is named.
    pub owner: Option<Owner>,
    /// Whether a secret is in it.
    pub secret: bool,
}

/// What has to be done beside the files of an artifact, with paths as the plan wants them.
///
/// # Panics
///
/// Never: every back end writes it.
#[must_use]
pub fn installation(built: &Built, tree: &Tree) -> Installation {
    let entry = built.lowered.files.get(INSTALLATION);
    let entry = entry.expect("every back end says what has to be installed");
    let mut installation: Installation =
        serde_json::from_slice(&entry.bytes).expect("it was written from the same type");
    let directories = installation.directories.iter_mut().map(|it| &mut it.path);
    let files = installation.files.iter_mut().map(|it| &mut it.path);
    directories.chain(files).for_each(|path| *path = tree.plain(path));
    installation
}

/// Every file that is installed, complete.
///
/// # Errors
///
/// A package directory that a file cannot name, and a machine without random numbers.
pub fn render(
    built: &Built,
    installation: &Installation,
    values: &Values,
    tree: &Tree,
) -> Result<Vec<Rendered>, Failure> {
    let mut files = below_root(built, installation);
    // All that a user installs is theirs.
    let is_owned = built.topology.systemd.scope == Scope::System || built.target != Target::Systemd;
    for file in &installation.files {
        let Entry { bytes, mode: _ } = &built.lowered.files[&file.source];
        let InstalledFile { source, path, template, uid, gid, mode } = file;
        let bytes = match template {
            true => filled(source, bytes, values, tree)?,
            false => bytes.clone(),
        };
        let owner = is_owned.then_some(Owner { uid: *uid, gid: *gid });
        let secret = *template && *mode & 0o077 == 0;
        files.push(Rendered { path: path.clone(), bytes, mode: *mode, owner, secret });
    }
    match built.target {
        Target::Systemd => files.extend(systemd::secrets(installation, values)?),
        Target::Compose | Target::Helm => {
            files.push(variables(installation, values, tree, &files)?);
        }
    }
    Ok(files)
}

/// What has no place of its own goes below the package directory; what stands beside the files,
/// so that others can be compared to it.
fn below_root(built: &Built, installation: &Installation) -> Vec<Rendered> {
    let plain = |path: String, Entry { bytes, mode }: Entry| {
        let owner = None;
        Rendered { path, bytes, mode, owner, secret: false }
    };
    let placed = |path: &String| installation.files.iter().any(|it| it.source == *path);
    let files = built.lowered.files.iter();
    let own = files.filter(|(path, _)| *path != INSTALLATION && !placed(path));
    let own = own.map(|(path, entry)| plain(path.clone(), entry.clone()));
    own.chain(beside(built)).collect()
}

/// What stands beside the files of an artifact, so that others can be compared to it.
#[must_use]
pub fn beside(built: &Built) -> Vec<Rendered> {
    let mut contents = output::contents(built);
    let one = |name: &str| {
        let Entry { bytes, mode } = contents.remove(name)?;
        Some(Rendered { path: format!("{OWN}/{name}"), bytes, mode, owner: None, secret: false })
    };
    [MANIFEST, TOPOLOGY].into_iter().filter_map(one).collect()
}

/// A template with everything in it.
fn filled(source: &str, bytes: &[u8], values: &Values, tree: &Tree) -> Result<Vec<u8>, Failure> {
    let text = String::from_utf8_lossy(bytes);
    let parts = parse_template(&text).expect("the back end wrote it as a template");
    let parts = without_absent(parts, |name| values.has(name));
    let root = tree.root_text();
    if parts.contains(&Part::Root) && !is_plain(root) {
        let message =
            format!("{source} holds the package directory, and {root} needs quotes there");
        let help = "Choose a `--root` of letters, digits and `/._+-`";
        return Err(Failure::input(message, help));
    }
    let without = parts.iter().find_map(|part| match part {
        Part::Secret { name, .. } if !values.has(name) => Some(name),
        _ => None,
    });
    if let Some(name) = without {
        let message = format!("{source} holds the secret `{name}`, and its variable is not set");
        return Err(Failure::input(message, "Set the variable for whoever installs"));
    }
    let filled = parts.iter().map(|part| part.render(root, |name| values.get(name).to_owned()));
    Ok(filled.collect::<String>().into_bytes())
}

fn is_plain(path: &str) -> bool {
    path.chars().all(|it| it.is_ascii_alphanumeric() || "/._+-".contains(it))
}

/// `.env`: secrets, composed and encoded, and the generations of rendered files.
fn variables(
    installation: &Installation,
    values: &Values,
    tree: &Tree,
    files: &[Rendered],
) -> Result<Rendered, Failure> {
    let mut lines: BTreeMap<&str, String> = BTreeMap::new();
    for (variable, text) in &installation.secrets {
        lines.insert(variable, composed(text, values));
    }
    let before = fs::read_to_string(tree.place(VARIABLES)).unwrap_or_default();
    let before = dotenv::read(&before);
    // Nobody knows what was started since an installation was cut off.
    let cut_off = tree.place(&Record::pending_path()).exists();
    for (variable, source) in &installation.generations {
        let unchanged = !cut_off && is_unchanged(installation, source, tree, files);
        let kept = before.get(variable).filter(|_| unchanged);
        let generation = kept.cloned().map_or_else(|| random(8), Ok)?;
        lines.insert(variable, generation);
    }
    let lines = lines.iter().map(|(name, value)| dotenv::line(name, value));
    let bytes = lines.collect::<String>().into_bytes();
    Ok(Rendered { path: VARIABLES.to_owned(), bytes, mode: 0o600, owner: None, secret: true })
}

/// A secret text with its values.
///
/// # Panics
///
/// If a secret in it has none.
#[must_use]
pub fn composed(text: &Text, values: &Values) -> String {
    let segments = text.segments().iter().map(|segment| match segment {
        Segment::Literal(text) => text.clone(),
        Segment::Secret { name, encoding } => encoding.encode(values.get(name)),
        Segment::Image(_) | Segment::Root | Segment::Connect { .. } | Segment::Bind => {
            unreachable!("a back end leaves literals and secrets only")
        }
    });
    segments.collect()
}

/// Whether the files that are rendered from `source` are on the disk already, byte for byte.
fn is_unchanged(
    installation: &Installation,
    source: &str,
    tree: &Tree,
    files: &[Rendered],
) -> bool {
    let paths = installation.files.iter().filter(|it| it.source == source).map(|it| &it.path);
    let mut rendered = paths.filter_map(|path| files.iter().find(|it| it.path == *path));
    rendered.all(|it| fs::read(tree.place(&it.path)).is_ok_and(|bytes| bytes == it.bytes))
}

/// Random bytes of the machine's, in hexadecimal digits.
///
/// # Errors
///
/// A machine that has none.
pub fn random(bytes: usize) -> Result<String, Failure> {
    let mut read = vec![0; bytes];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut read))
        .map_err(|error| Failure::Environment(format!("cannot read /dev/urandom: {error}")))?;
    Ok(read.iter().map(|byte| format!("{byte:02x}")).collect())
}
