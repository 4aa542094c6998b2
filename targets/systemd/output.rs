//! The artifact while it is put together.

use std::collections::BTreeSet;

use model::{Diagnostic, File, MountSource, Name, Scope, Topology, Workload};
use sha2::{Digest, Sha256};

use super::deployment;
use super::draft::{Draft, Finished};
use super::names::{self, Spelt};
use super::unit::{self, Unit};
use crate::generated::{self, Generated};
use crate::places::{Places, owner, trimmed};
use crate::{Entry, INSTALLATION, Installation, InstalledFile, Lowered, SECRETS};

/// The artifact while it is put together, and every problem on the way.
pub(super) struct Output {
    scope: Scope,
    lowered: Lowered,
    installation: Installation,
    places: Places,
    problems: Vec<Diagnostic>,
}

impl Output {
    /// An empty artifact, for the system or for a user.
    pub(super) fn new(scope: Scope) -> Self {
        let (lowered, installation) = (Lowered::default(), Installation::default());
        Self { scope, lowered, installation, places: Places::default(), problems: vec![] }
    }

    /// Keeps `problems`; with any, there will be no artifact.
    pub(super) fn refuse(&mut self, problems: Vec<Diagnostic>) {
        self.problems.extend(problems);
    }

    /// Adds a workload's unit and its secrets.
    pub(super) fn workload(&mut self, finished: Finished) {
        let Finished { name, unit, secrets, reads, problems } = finished;
        self.refuse(problems);
        let container = format!("{name}.container");
        let secret = |it: &String| format!("{SECRETS}/{it}");
        let mut files: BTreeSet<String> = secrets.keys().map(secret).chain(reads).collect();
        files.insert(names::place(self.scope, &container));
        self.installation.readers.insert(format!("{name}.service"), files);
        self.installation.secrets.extend(secrets);
        self.unit((container, unit));
    }

    /// Adds a unit under its file's name.
    pub(super) fn unit(&mut self, (name, unit): (String, Unit)) {
        let printed = match unit::print(&unit) {
            Ok(printed) => printed,
            Err(problems) => return self.refuse(problems),
        };
        let source = format!("units/{name}");
        self.lowered.trace.insert(source.clone(), printed.lines);
        self.system_file(source, &name, printed.entry, printed.template);
    }

    /// Adds a generated file. With secrets in it, only its owner may read it.
    pub(super) fn file(&mut self, topology: &Topology, name: &Name, file: &File) {
        let File { path, content: _, owner: user, discreet: _ } = file;
        let spelling = Spelt { topology, root: false };
        let generated = match generated::generate(topology, &spelling, name, file) {
            Ok(generated) => generated,
            Err(problems) => return self.refuse(problems),
        };
        let Generated { source, entry, template, lines } = generated;
        let user = &topology.users[user];
        self.lowered.trace.insert(source.clone(), lines);
        self.lowered.files.insert(source.clone(), entry);
        let (uid, gid) = owner(user);
        let mode = if template { 0o600 } else { 0o644 };
        let path = trimmed(path).to_owned();
        let installed = InstalledFile { source, path, template, uid, gid, mode };
        let fits = self.places.file(&format!("files.{name}.path"), installed);
        self.refuse(fits.err().into_iter().collect());
    }

    /// Writes into the unit of `workload` what the generated files that it reads hold, so that
    /// the unit differs when they do and whoever compares knows what to restart.
    pub(super) fn digests(&self, draft: &mut Draft, workload: &Workload) {
        for (mount, it) in &workload.mounts {
            let MountSource::File(name) = &it.source else {
                continue;
            };
            draft.reads.insert(trimmed(&draft.topology.files[name].path).to_owned());
            let start = format!("files/{name}.");
            let file = self.lowered.files.iter().find(|(path, _)| path.starts_with(&start));
            // A file that was refused is not there.
            if let Some((path, entry)) = file {
                let digest = Sha256::digest(&entry.bytes);
                let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                draft.unit("X-File", format!("{path} sha256:{digest}"), &format!("mounts.{mount}"));
            }
        }
    }

    /// The directories that have to be there.
    pub(super) fn places(&mut self) -> &mut Places {
        &mut self.places
    }

    /// The artifact of the deployment `project`.
    pub(super) fn finish(mut self, project: &Name) -> Result<Lowered, Vec<Diagnostic>> {
        let (directories, files) = std::mem::take(&mut self.places).finish();
        self.installation.directories = directories;
        self.installation.files.extend(files);
        self.tmpfiles(project);
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        self.installation.files.sort_by(|one, other| one.source.cmp(&other.source));
        let json = serde_json::to_string_pretty(&self.installation).expect("its keys are strings");
        self.lowered.files.insert(INSTALLATION.to_owned(), Entry::text(json + "\n"));
        Ok(self.lowered)
    }

    fn tmpfiles(&mut self, project: &Name) {
        if self.installation.directories.is_empty() {
            return;
        }
        let text = deployment::tmpfiles(self.scope, &self.installation.directories);
        let (text, template) = unit::templated(&text);
        let name = format!("tmpfiles.d/{project}.conf");
        self.system_file(name.clone(), &name, Entry::text(text), template);
    }

    fn system_file(&mut self, source: String, name: &str, entry: Entry, template: bool) {
        let path = names::place(self.scope, name);
        let file = InstalledFile { source, path, template, uid: 0, gid: 0, mode: 0o644 };
        self.lowered.files.insert(file.source.clone(), entry);
        self.installation.files.push(file);
    }
}
