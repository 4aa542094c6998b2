//! Reading: the user's files become a snapshot, which is all that evaluation sees.
//!
//! **Invariant.** Each file is read once; what was hashed is what was evaluated. The values of
//! secrets leave the text here, before anything else looks at it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nickel::{Document, File, Folder, Front, Input, Inputs, Label, Layer, Location, Report};
use serde_json::Value as Json;

use crate::bounds;
use crate::digest::Digest;
use crate::document;
use crate::failure::Failure;
use crate::files::Files;
use crate::lock::{self, ReadLock};
use crate::names::Names;
use crate::overlay;
use crate::redact;
use crate::report::Shown;
use crate::request::{PACKAGE, PROJECT_FILE, Request, Strict};
use crate::seen::{Seen, SeenDocument};
use crate::snapshot::Snapshot;

/// The digests of the inputs by name; `None` for an optional file that is not there.
pub type InputDigests = BTreeMap<String, Option<Digest>>;

/// A front end that has loaded everything, and what it was given.
pub struct Loaded<'a> {
    /// The front end.
    pub front: Front<'a>,
    /// What users wrote.
    pub inputs: Inputs,
    /// What the files are called.
    pub names: Names,
    /// What the inputs hash to.
    pub digests: InputDigests,
    /// What people should know: warnings of the reader's.
    pub warnings: Vec<Shown>,
    /// Words for stderr: which defaults were taken.
    pub notes: Vec<String>,
    /// What the package says of its inputs.
    pub defaults: Json,
    /// The files that were read, by the names of the inputs.
    pub paths: BTreeMap<String, PathBuf>,
    /// The lock, where there is one that can be read.
    pub lock: Option<ReadLock>,
    /// Why there is none, where that is a mistake of whoever needs it.
    pub lock_failure: Option<Failure>,
    /// Where the lock is, or would be.
    pub lock_path: PathBuf,
    /// How much the lock has to hold.
    pub strict: Strict,
    /// Whether a file with the value of a secret is refused.
    no_secrets: bool,
    seen: Seen,
    snapshots: [&'a Snapshot<'a>; 2],
    guard: Option<bounds::Guard>,
}

impl Loaded<'_> {
    /// Evaluates everything up to a layer.
    ///
    /// # Errors
    ///
    /// Every mistake of the user's, at its place.
    pub fn evaluate(&mut self, upto: Layer) -> Result<nickel::Evaluated, Failure> {
        self.guard = self.guard.take().map(bounds::Guard::renewed);
        let evaluated = self.front.evaluate(&self.inputs, upto);
        evaluated.map_err(|reports| Failure::Input(self.shown(reports)))
    }

    /// Everything that was looked at so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        let folders = self.snapshots.iter().filter_map(|it| it.seen()).collect();
        let lock = Some((self.lock_path.clone(), self.lock.as_ref().map(|it| it.digest)));
        Seen { folders, lock, ..self.seen.clone() }
    }

    /// Gives what follows the time and memory of an evaluation of its own.
    pub fn bound_anew(&mut self, json: bool) {
        self.guard = None;
        self.guard = Some(bounds::guard(json));
    }

    /// Lets what follows take its time: nothing is evaluated any more.
    pub fn unbound(&mut self) {
        self.guard = None;
    }

    /// Reports with what is needed to print them.
    #[must_use]
    pub fn shown(&self, reports: Vec<Report>) -> Vec<Shown> {
        let text = |file: &File| self.text(file);
        let reports = reports.into_iter().map(|it| self.headed(it));
        reports.map(|it| Shown::new(it, &self.names, &text)).collect()
    }

    /// The report, pointing at the keys of what stands on the lines below them.
    fn headed(&self, mut report: Report) -> Report {
        for Label { location, message: _ } in &mut report.labels {
            if let Some(Document { text, root }) = self.document(&location.file) {
                location.span = root.heading(location.span, text);
            }
        }
        report
    }

    /// The text of a file that took part, as it may be shown.
    #[must_use]
    pub fn text(&self, file: &File) -> String {
        match self.document(file) {
            Some(document) => document.text.clone(),
            None => overlay::shown(file, self.front.text(file).unwrap_or_default()),
        }
    }

    /// The input field that is written at a place of one of the user's YAML files:
    /// `config.webui.port`.
    #[must_use]
    pub fn input_at(&self, location: &Location) -> Option<String> {
        let name = match location.file {
            File::Config => "config",
            File::Host => "host",
            _ => return None,
        };
        let path = self.document(&location.file)?.root.path_at(location.span)?;
        Some(if path.is_empty() { name.to_owned() } else { format!("{name}.{path}") })
    }

    /// The user's YAML file that took part as this one.
    fn document(&self, file: &File) -> Option<&Document> {
        match file {
            File::Config => self.inputs.config.as_ref(),
            File::Host => self.inputs.host.as_ref(),
            File::Credentials => self.inputs.credentials.as_ref(),
            _ => None,
        }
    }
}

/// Loads what `request` names, and hands it to `work`.
///
/// # Errors
///
/// What is wrong with the files, and whatever `work` fails with.
pub fn with_loaded<T>(
    request: &Request,
    json: bool,
    work: impl FnOnce(&mut Loaded<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let guard = bounds::guard(json);
    let mut seen = Seen::default();
    let project = Project::find(request, &mut seen);
    let files = &request.files;
    let folder = project.as_ref().map(|it| it.folder.clone());
    let project_files = Snapshot::new(folder, files);
    let read_project = |path: &str| project_files.read(path);
    let mut names = Names::default();
    let mut front = Front::new(nickel::Budget::default(), &request.library);
    let mut choices = Json::Null;
    if let Some(Project { folder, main }) = &project {
        names.project = folder.display().to_string();
        must_exist(files, &folder.join(main))?;
        choices = front
            .project(Folder::Read(&read_project), main)
            .map_err(|reports| fail(&front, &names, reports))?;
    }
    let package = chosen(request, &choices, &names.project);
    let embedded = nickel::embedded_packages().contains(&package.as_str());
    let package_files = Snapshot::new((!embedded).then(|| PathBuf::from(&package)), files);
    let read_package = |path: &str| package_files.read(path);
    if !embedded {
        is_package(files, &package)?;
    }
    names.package = package.clone();
    names.embedded = embedded;
    let folder = if embedded { Folder::Embedded(&package) } else { Folder::Read(&read_package) };
    let defaults = front.package(folder).map_err(|reports| fail(&front, &names, reports))?;
    let project_folder = names.project.clone();
    let (lock, lock_failure) = match lock::pin::find(request, &choices, &project_folder) {
        Ok(lock) => (lock, None),
        Err(failure) => (None, Some(failure)),
    };
    let mut loaded = Loaded {
        front,
        inputs: Inputs { sets: last_of_each(&request.sets), ..Inputs::default() },
        names,
        digests: InputDigests::new(),
        warnings: vec![],
        notes: vec![],
        defaults: defaults.clone(),
        paths: BTreeMap::new(),
        lock,
        lock_failure,
        lock_path: lock::pin::path(request, &choices, &project_folder).0,
        strict: request.strict(),
        no_secrets: request.no_secrets,
        seen,
        snapshots: [&project_files, &package_files],
        guard: Some(guard),
    };
    if !request.package_only {
        documents(&mut loaded, request, &choices, &defaults)?;
    }
    no_secrets_in_sets(&loaded)?;
    loaded.digests.insert("deployment.ncl".to_owned(), project.map(|_| project_files.digest()));
    loaded
        .digests
        .insert("package".to_owned(), Some(package_digest(&package, embedded, &package_files)));
    let sets = loaded.inputs.sets.join("\n");
    loaded
        .digests
        .insert("set".to_owned(), (!sets.is_empty()).then(|| Digest::of(sets.as_bytes())));
    work(&mut loaded)
}

fn fail(front: &Front<'_>, names: &Names, reports: Vec<Report>) -> Failure {
    let text = |file: &File| overlay::shown(file, front.text(file).unwrap_or_default());
    Failure::Input(reports.into_iter().map(|it| Shown::new(it, names, &text)).collect())
}

/// The project file, and the folder that its imports and paths start from.
struct Project {
    folder: PathBuf,
    main: String,
}

impl Project {
    fn find(request: &Request, seen: &mut Seen) -> Option<Self> {
        let default = Path::new(PROJECT_FILE);
        let default = || seen.exists(&request.files, default).then(|| default.to_owned());
        let path = request.deployment.clone().or_else(default)?;
        let main = path.file_name()?.to_string_lossy().into_owned();
        Some(Self { folder: path.parent().map(Path::to_owned).unwrap_or_default(), main })
    }
}

/// The package that is asked for, a folder seen from the project where the project names it.
fn chosen(request: &Request, choices: &Json, project: &str) -> String {
    if let Some(package) = &request.package {
        return package.clone();
    }
    match choices.get("package").and_then(Json::as_str) {
        None => PACKAGE.to_owned(),
        Some(name) if nickel::embedded_packages().contains(&name) => name.to_owned(),
        Some(folder) => Path::new(project).join(folder).display().to_string(),
    }
}

fn is_package(files: &Files, package: &str) -> Result<(), Failure> {
    let known = nickel::embedded_packages().join(", ");
    let folder = Path::new(package);
    if !files.is_directory(folder) {
        let message = format!("there is no package `{package}`, nor a folder of that name");
        return Err(Failure::input(message, format!("The packages inside clp-gen are: {known}")));
    }
    for name in ["main.ncl", "inputs.ncl"] {
        if !files.is_file(&folder.join(name)) {
            let message = format!("`{package}` is no package: it has no {name}");
            let help = "A package is a folder with main.ncl (the topology) and inputs.ncl (the contracts of what users write)";
            return Err(Failure::input(message, help));
        }
    }
    Ok(())
}

fn must_exist(files: &Files, path: &Path) -> Result<(), Failure> {
    if files.is_file(path) {
        return Ok(());
    }
    let path = path.display();
    Err(Failure::input(format!("there is no file {path}"), "Check the path"))
}

/// A later `--set` of the same path replaces an earlier one.
fn last_of_each(sets: &[String]) -> Vec<String> {
    let path = |set: &str| set.split('=').next().unwrap_or_default().trim().to_owned();
    let later = |at: usize| sets[at + 1..].iter().any(|set| path(set) == path(&sets[at]));
    (0..sets.len()).filter(|at| !later(*at)).map(|at| sets[at].clone()).collect()
}

fn documents(
    loaded: &mut Loaded<'_>,
    request: &Request,
    choices: &Json,
    defaults: &Json,
) -> Result<(), Failure> {
    let mut problems = vec![];
    let asked = [
        (Input::Config, "config", &request.config),
        (Input::Host, "host", &request.host),
        (Input::Credentials, "credentials", &request.credentials),
    ];
    for (input, name, asked) in asked {
        let path = match (asked, choices.get(name).and_then(Json::as_str)) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(path)) if input != Input::Credentials || request.activation => {
                Some(Path::new(&loaded.names.project).join(path))
            }
            _ => None,
        };
        let path = match path {
            Some(path) => Ok(Some(path)),
            None => default(loaded, request, input, name, defaults),
        };
        let document = path.and_then(|path| match path {
            Some(path) => document(loaded, &request.files, (input, name), &path).map(Some),
            None => Ok(None),
        });
        match document {
            Ok(document) => set_document(loaded, input, name, document),
            Err(Failure::Input(reports)) => problems.extend(reports),
            Err(failure) => return Err(failure),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Input(problems)) }
}

fn set_document(loaded: &mut Loaded<'_>, input: Input, name: &str, read: Option<ReadDocument>) {
    let (document, digest) = match read {
        Some(ReadDocument { document, digest }) => (Some(document), Some(digest)),
        None => (None, None),
    };
    match input {
        Input::Config => loaded.inputs.config = document,
        Input::Host => loaded.inputs.host = document,
        // Only the names of credentials matter to a build, so they have no part in its hash.
        Input::Credentials => {
            loaded.inputs.credentials = document;
            return;
        }
    }
    loaded.digests.insert(name.to_owned(), digest);
}

struct ReadDocument {
    document: Document,
    digest: Digest,
}

/// The default path of an input, where there is such a file.
///
/// # Errors
///
/// No such file, where an activation needs it.
fn default(
    loaded: &mut Loaded<'_>,
    request: &Request,
    input: Input,
    name: &str,
    defaults: &Json,
) -> Result<Option<PathBuf>, Failure> {
    let declared = defaults.get(name).and_then(Json::as_str);
    if input == Input::Credentials && (!request.activation || declared.is_none()) {
        return Ok(None);
    }
    let default = declared.unwrap_or(name);
    let here = Path::new(&loaded.names.project).join(default);
    let below_root = request.root.as_ref().map(|root| root.join(default));
    let places = match request.root_only {
        true => [below_root.as_ref(), None],
        false => [Some(&here), below_root.as_ref()],
    };
    let files = &request.files;
    if let Some(found) = places.into_iter().flatten().find(|it| loaded.seen.exists(files, it)) {
        return Ok(Some(found.clone()));
    }
    let shown = here.display();
    let needed = match input {
        Input::Config => false,
        Input::Credentials => request.activation,
        Input::Host => request.activation && !request.elsewhere,
    };
    if needed {
        let message = format!("there is no {shown}, and an installation needs it");
        let help = format!("`clp-gen init` makes it; a file elsewhere is named with `--{name}`");
        return Err(Failure::input(message, help));
    }
    loaded.notes.push(format!("no {shown}: using the defaults of the package"));
    Ok(None)
}

/// One of the user's YAML files.
fn document(
    loaded: &mut Loaded<'_>,
    files: &Files,
    (input, name): (Input, &str),
    path: &Path,
) -> Result<ReadDocument, Failure> {
    let shown = path.display().to_string();
    match input {
        Input::Config => loaded.names.config.clone_from(&shown),
        Input::Host => loaded.names.host.clone_from(&shown),
        Input::Credentials => loaded.names.credentials.clone_from(&shown),
    }
    loaded.paths.insert(name.to_owned(), path.to_owned());
    let bytes = files.bytes(path)?;
    let read = parse(loaded, input, &shown, &bytes)?;
    // Nothing of credentials is kept.
    if input != Input::Credentials {
        let schema = loaded.front.schema(input);
        let seen = SeenDocument::new((name, path), &schema, read.digest, &read.document.text);
        loaded.seen.documents.push(seen);
    }
    Ok(read)
}

fn parse(
    loaded: &mut Loaded<'_>,
    input: Input,
    shown: &str,
    bytes: &[u8],
) -> Result<ReadDocument, Failure> {
    let schema = loaded.front.schema(input);
    let secret = |path: &[&str]| input == Input::Credentials || schema.is_secret(path);
    // Values of secrets are for activations, which read them again.
    let read = document::read(bytes, &schema, &secret).map_err(|problems| {
        let shown = problems.into_iter().map(|it| it.shown(shown));
        Failure::Input(shown.collect())
    })?;
    if loaded.no_secrets && input != Input::Credentials {
        let left = redact::left(&read, shown);
        if !left.is_empty() {
            return Err(Failure::Input(left));
        }
    }
    let document::Read { document, digest, warnings, secrets: _ } = read;
    loaded.warnings.extend(warnings.into_iter().map(|it| it.shown(shown).warning()));
    Ok(ReadDocument { document, digest })
}

/// A secret on the command line would stand in the list of processes.
fn no_secrets_in_sets(loaded: &Loaded<'_>) -> Result<(), Failure> {
    let schema = loaded.front.schema(Input::Config);
    for set in &loaded.inputs.sets {
        let path = set.split('=').next().unwrap_or_default().trim();
        let Some(path) = path.strip_prefix("config.") else { continue };
        let keys: Vec<&str> = path.split('.').collect();
        if schema.is_secret(&keys) {
            let message = format!("`{path}` is a secret: it cannot be set on the command line");
            return Err(Failure::input(message, "Write it into the configuration file"));
        }
    }
    Ok(())
}

fn package_digest(package: &str, embedded: bool, files: &Snapshot<'_>) -> Digest {
    if !embedded {
        return files.digest();
    }
    let prefix = format!("{package}/");
    let files = nickel::embedded_files().into_iter();
    let own = files.filter(|(path, _)| path.starts_with(&prefix) || path.starts_with("clp-gen/"));
    let lines = own.map(|(path, text)| format!("{} {path}\n", Digest::of(text.as_bytes())));
    Digest::of(lines.collect::<String>().as_bytes())
}
