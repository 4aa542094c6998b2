//! The artifact while it is put together.

use model::{Diagnostic, File, MountSource, Name, Topology, Workload};
use sha2::{Digest, Sha256};

use super::deployment;
use super::draft::{Draft, Finished};
use super::names::Spelt;
use super::unit::{self, Unit};
use crate::generated::{self, Generated};
use crate::{Directory, Entry, INSTALLATION, Installation, InstalledFile, Lowered};

/// The artifact while it is put together, and every problem on the way.
#[derive(Default)]
pub(super) struct Output {
    lowered: Lowered,
    installation: Installation,
    problems: Vec<Diagnostic>,
}

impl Output {
    /// Keeps `problems`; with any, there will be no artifact.
    pub(super) fn refuse(&mut self, problems: Vec<Diagnostic>) {
        self.problems.extend(problems);
    }

    /// Adds a workload's unit and its secrets.
    pub(super) fn workload(&mut self, finished: Finished) {
        let Finished { name, unit, secrets, problems } = finished;
        self.refuse(problems);
        self.installation.secrets.extend(secrets);
        self.unit((format!("{name}.container"), unit));
    }

    /// Adds a unit under its file's name.
    pub(super) fn unit(&mut self, (name, unit): (String, Unit)) {
        let printed = match unit::print(&unit) {
            Ok(printed) => printed,
            Err(problems) => return self.refuse(problems),
        };
        // Quadlet reads its own kinds, systemd the rest.
        let directory = match name.ends_with(".target") {
            true => "/etc/systemd/system",
            false => "/etc/containers/systemd",
        };
        let source = format!("units/{name}");
        self.lowered.trace.insert(source.clone(), printed.lines);
        self.system_file(source, format!("{directory}/{name}"), printed.entry, printed.template);
    }

    /// Adds a generated file. With secrets in it, only its owner may read it.
    pub(super) fn file(&mut self, topology: &Topology, name: &Name, file: &File) {
        let File { path, content: _, owner } = file;
        let spelling = Spelt { topology, root: false };
        let generated = match generated::generate(topology, &spelling, name, file) {
            Ok(generated) => generated,
            Err(problems) => return self.refuse(problems),
        };
        let Generated { source, entry, template, lines } = generated;
        let user = &topology.users[owner];
        self.lowered.trace.insert(source.clone(), lines);
        self.lowered.files.insert(source.clone(), entry);
        self.installation.files.push(InstalledFile {
            source,
            path: path.clone(),
            template,
            uid: user.uid,
            gid: user.gid,
            mode: if template { 0o600 } else { 0o644 },
        });
    }

    /// Writes into the unit of `workload` what the generated files that it reads hold, so that
    /// the unit differs when they do and whoever compares knows what to restart.
    pub(super) fn digests(&self, draft: &mut Draft, workload: &Workload) {
        for (mount, it) in &workload.mounts {
            let MountSource::File(name) = &it.source else {
                continue;
            };
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

    /// Adds the directories, and the file of `tmpfiles.d` for them.
    pub(super) fn directories(&mut self, directories: Vec<Directory>) {
        self.installation.directories = directories;
    }

    /// The artifact of the deployment `project`.
    pub(super) fn finish(mut self, project: &Name) -> Result<Lowered, Vec<Diagnostic>> {
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
        let text = deployment::tmpfiles(&self.installation.directories);
        let (text, template) = unit::templated(&text);
        let name = format!("tmpfiles.d/{project}.conf");
        self.system_file(name.clone(), format!("/etc/{name}"), Entry::text(text), template);
    }

    fn system_file(&mut self, source: String, path: String, entry: Entry, template: bool) {
        let file = InstalledFile { source, path, template, uid: 0, gid: 0, mode: 0o644 };
        self.lowered.files.insert(file.source.clone(), entry);
        self.installation.files.push(file);
    }
}
