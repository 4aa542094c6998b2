//! What has to hold on this machine before anything is written.
//!
//! Every check gives diagnostics at paths of the topology, which become the user's own lines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use model::{Content, Diagnostic, Name, PodmanVersion, Protocol, Publish, Topology};
use targets::{Directory, Target};

use super::disk::{Caller, Found};
use super::engine::{self, Container, Engine};
use super::host_path::{self, HostPath, permits};
use super::plan::{Owner, Step};
use super::tree::{Tree, nearest};
use crate::failure::Failure;

/// The generated file that holds the instance id, in packages that have one.
pub const INSTANCE_ID: &str = "instance_id";

/// What the checks look at.
pub struct Preflight<'a> {
    /// What it is installed for.
    pub target: Target,
    /// What is deployed.
    pub topology: &'a Topology,
    /// Where it goes.
    pub tree: &'a Tree,
    /// Who installs it.
    pub caller: &'a Caller,
    /// What is at a path.
    pub look: &'a dyn Fn(&str) -> Result<Found, Failure>,
    /// The directories that have to be there.
    pub needed: &'a [Directory],
    /// What the engine says.
    pub engine: &'a Engine,
}

impl Preflight<'_> {
    /// Everything that is wrong with the machine.
    ///
    /// # Errors
    ///
    /// A disk that cannot be read.
    pub fn problems(&self, steps: &[Step]) -> Result<Vec<Diagnostic>, Failure> {
        let mut problems = self.host_paths();
        problems.extend(self.gifts(steps));
        problems.extend(self.directories(steps)?);
        problems.extend(self.data()?);
        problems.extend(self.instance()?);
        problems.extend(match self.target {
            Target::Systemd => self.podman(),
            Target::Compose | Target::Helm => self.engine(),
        });
        problems.extend(self.ports());
        problems.extend(self.local_images()?);
        Ok(problems)
    }

    /// Images that are in no registry, and that the engine does not have as they were locked.
    fn local_images(&self) -> Result<Vec<Diagnostic>, Failure> {
        let mut problems = vec![];
        for (name, image) in &self.topology.images {
            let Some(locked) = &image.local else { continue };
            let asked = image.asked();
            let message = match engine::image_id(&asked).map_err(Failure::Environment)? {
                Some(id) if id.as_str() == locked => continue,
                Some(id) => format!(
                    "the engine has another image {asked} than was locked: {} instead of {locked}",
                    id.as_str()
                ),
                None => format!("the engine has no image {asked}, and no registry does"),
            };
            let hint = format!(
                "Load the image that was locked; or lock what is there with `clp-gen lock \
                 --from-engine {name}`"
            );
            problems.push(Diagnostic::value(format!("images.{name}.tag"), message).hint(hint));
        }
        Ok(problems)
    }

    /// What the caller may not give to the users that the deployment runs as.
    fn gifts(&self, steps: &[Step]) -> Option<Diagnostic> {
        let mut tried: BTreeMap<(PathBuf, Owner), bool> = BTreeMap::new();
        let mut owners: BTreeMap<Owner, usize> = BTreeMap::new();
        for step in steps {
            let (path, owner) = match step {
                Step::Make(path, Some(owner))
                | Step::Give(path, owner)
                | Step::Write { path, mode: _, owner: Some(owner), replaces: _ } => (path, *owner),
                Step::Make(_, None)
                | Step::Write { path: _, mode: _, owner: None, replaces: _ }
                | Step::Keep(..)
                | Step::Restore(..)
                | Step::Remove(_)
                | Step::RemoveEmpty(_) => continue,
            };
            let place = self.tree.place(path);
            let mine = matches!(step, Step::Give(..)).then(|| std::fs::metadata(&place));
            let mine = mine.is_none_or(|it| it.is_ok_and(|it| it.uid() == self.caller.owner.uid));
            let may = self.caller.may_give_to(owner) && (mine || self.caller.is_root());
            let folder = nearest(place.parent().unwrap_or(&place)).unwrap_or(&place).to_owned();
            let can = may && *tried.entry((folder, owner)).or_insert_with_key(can_give);
            if !can {
                *owners.entry(owner).or_default() += 1;
            }
        }
        let (owner, count) = owners.into_iter().next()?;
        let mine = self.caller.owner;
        let message = format!(
            "{count} files and directories have to belong to {owner}, and {mine}, who installs, \
             may not give them away"
        );
        let hint = format!(
            "Install as root or as the user {}, or write your own numbers into the file of the \
             machine's facts: uid {}, gid {}",
            owner.uid, mine.uid, mine.gid
        );
        Some(Diagnostic::value("host.uid", message).hint(hint))
    }

    /// Places that cannot be written, each once.
    fn directories(&self, steps: &[Step]) -> Result<Vec<Diagnostic>, Failure> {
        let mut places: BTreeMap<PathBuf, &str> = BTreeMap::new();
        for step in steps {
            let (Step::Make(path, _) | Step::Write { path, .. }) = step else {
                continue;
            };
            let place = self.tree.place(path);
            if let Some(folder) = nearest(place.parent().unwrap_or(&place)) {
                places.entry(folder.to_owned()).or_insert(path);
            }
        }
        let mut problems = vec![];
        for (folder, path) in places {
            // A file without a name: nothing is left behind.
            if let Err(error) = tempfile::tempfile_in(&folder) {
                let message = format!("cannot write to {}: {error}", folder.display());
                let volume = self.volume_of(path).map(|it| format!("volumes.{it}.directory"));
                let hint = "Choose another directory, or let whoever installs write there";
                problems.push(Diagnostic::value(volume.unwrap_or_default(), message).hint(hint));
            }
        }
        Ok(problems)
    }

    /// The volume that a path is in.
    fn volume_of(&self, path: &str) -> Option<&Name> {
        let place = self.tree.final_place(path);
        let inside = |directory: &str| place.starts_with(self.tree.final_place(directory));
        let mut volumes = self.topology.volumes.iter().filter(|(_, it)| inside(&it.directory));
        volumes.next().map(|(name, _)| name)
    }

    /// Data that is there and that the deployment could not write.
    fn data(&self) -> Result<Vec<Diagnostic>, Failure> {
        let mut problems = vec![];
        for Directory { path, uid, gid } in self.needed {
            // Other directories only hold files of ours.
            let Some(name) = self.volume_of(path) else { continue };
            let wanted = Owner { uid: *uid, gid: *gid };
            let Found::Directory { owner, empty: false } = (self.look)(path)? else {
                continue;
            };
            let place = self.tree.place(path);
            if owner.uid == wanted.uid || permits(&place, wanted, &[], 0o3) {
                continue;
            }
            let shown = place.display();
            let message = format!("{shown} belongs to {owner}, and what uses it runs as {wanted}");
            let hint = format!(
                "Write the numbers of the data's owner into the file of the machine's facts, or \
                 give the data away: chown -R {wanted} {shown}"
            );
            let path = format!("volumes.{name}.directory");
            problems.push(Diagnostic::value(path, message).hint(hint));
        }
        Ok(problems)
    }

    /// Paths of the host's that are not there, or that containers could not read; each once.
    fn host_paths(&self) -> Vec<Diagnostic> {
        let mut seen = BTreeSet::new();
        let mut problems = vec![];
        for HostPath { at, text: _, place, owner, groups } in
            host_path::all(self.topology, self.tree)
        {
            if !seen.insert((place.clone(), owner)) {
                continue;
            }
            let shown = place.display();
            let problem = match std::fs::metadata(&place) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    Diagnostic::value(at, format!("{shown} is not there"))
                        .hint("Make it, or write the path of what is meant")
                }
                Err(error) => Diagnostic::value(at, format!("cannot read {shown}: {error}"))
                    .hint("Check who may read the folders above it"),
                Ok(metadata) => {
                    let bits = if metadata.is_dir() { 0o5 } else { 0o4 };
                    if permits(&place, owner, &groups, bits) {
                        continue;
                    }
                    let message = format!("{owner}, as which containers run, may not read {shown}");
                    Diagnostic::value(at, message).hint(
                        "Allow it to read the path and to enter the folders above it, or run as \
                         another user: `uid` and `gid` in the file of the machine's facts",
                    )
                }
            };
            problems.push(problem);
        }
        problems
    }

    /// Another deployment of the same name, here or elsewhere on the machine.
    fn instance(&self) -> Result<Vec<Diagnostic>, Failure> {
        let Some(file) = self.topology.files.get(INSTANCE_ID) else {
            return Ok(vec![]);
        };
        let Content::Text(text) = &file.content else {
            return Ok(vec![]);
        };
        let Found::File { .. } = (self.look)(&file.path)? else {
            return Ok(vec![]);
        };
        let place = self.tree.place(&file.path);
        let found = std::fs::read_to_string(&place).unwrap_or_default();
        let wanted = text.as_literal().unwrap_or_default();
        if found.trim() == wanted {
            return Ok(vec![]);
        }
        let message = format!(
            "the deployment in this directory has the instance id `{}`, not `{wanted}`",
            found.trim()
        );
        let hint = format!(
            "Write its id into the file of the machine's facts; to start anew under another one, \
             take it down and remove {}",
            place.display()
        );
        Ok(vec![Diagnostic::value("host.instance_id", message).hint(hint)])
    }

    /// An engine that is too old, or that runs this project from elsewhere.
    fn engine(&self) -> Vec<Diagnostic> {
        let Engine { engine: version, compose, containers } = self.engine;
        let mut problems = vec![];
        let least = [
            ("Docker Engine", version, engine::ENGINE),
            ("Docker Compose", compose, engine::COMPOSE),
        ];
        for (what, version, least) in least {
            let Some(version) = version else { continue };
            if engine::is_at_least(version, least) == Some(false) {
                let [major, minor] = least;
                let message = format!("{what} is {version}, and {major}.{minor} is needed");
                problems.push(Diagnostic::value("", message).hint("Install a newer one"));
            }
        }
        let real = |folder: &Path| folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let root = real(self.tree.root());
        if let Some(other) = containers.iter().find(|it| real(&it.folder) != root) {
            let project = self.topology.project.as_str();
            let folder = other.folder.display();
            let message =
                format!("the project {project} exists already: it was started from {folder}");
            let hint = "Give this deployment another `instance_id` in the file of the machine's facts, or take the other one down";
            problems.push(Diagnostic::value("host.instance_id", message).hint(hint));
        }
        problems
    }

    /// A Podman or systemd that is too old.
    fn podman(&self) -> Vec<Diagnostic> {
        let mut problems = vec![];
        let PodmanVersion { major, minor } = self.topology.systemd.podman;
        if let Some(version) = engine::podman() {
            let least = [u32::from(major), u32::from(minor)];
            if engine::is_at_least(&version, least) == Some(false) {
                let message = format!("Podman is {version}, and {major}.{minor} is needed");
                let hint = "Install a newer one; `systemd.podman` names the oldest that has to do";
                problems.push(Diagnostic::value("systemd.podman", message).hint(hint));
            }
        }
        let least = engine::SYSTEMD;
        if let Some(version) = engine::systemd().filter(|it| *it < least) {
            let message = format!("systemd is {version}, and {least} is needed");
            problems.push(Diagnostic::value("", message).hint("Install a newer one"));
        }
        problems
    }

    /// Published ports that something else holds.
    fn ports(&self) -> Vec<Diagnostic> {
        let mut taken = vec![];
        let podman = match self.target {
            Target::Systemd => engine::podman_ports(self.topology.project.as_str()),
            Target::Compose | Target::Helm => vec![],
        };
        for (service, name, port) in published(self.topology) {
            let Publish { address, port: first } = port.publish.as_ref().expect("it is published");
            let last = u32::from(first.get()) + u32::from(port.count.get()) - 1;
            for number in u32::from(first.get())..=last.min(u32::from(u16::MAX)) {
                let number = u16::try_from(number).expect("it is at most the last port");
                let own = |it: &Container| it.holds(*address, number, port.protocol);
                let held = format!(":{number}->");
                if self.engine.containers.iter().any(own)
                    || podman.iter().any(|it| it.contains(&held))
                {
                    continue;
                }
                if let Err(error) = try_port(*address, number, port.protocol) {
                    let path = format!("services.{service}.ports.{name}.publish.port");
                    taken.push((path, *address, number, error));
                }
            }
        }
        let problem = |(path, address, number, error): (String, Ipv4Addr, u16, std::io::Error)| {
            let (message, hint) = match error.kind() {
                ErrorKind::AddrInUse
                    if self.target == Target::Systemd || self.engine.engine.is_some() =>
                {
                    (
                        format!("port {number} of {address} is in use"),
                        "Stop what uses it, or choose another port",
                    )
                }
                ErrorKind::AddrInUse => (
                    format!("port {number} of {address} is in use"),
                    "Stop what uses it, or choose another port; whether it is this deployment, the \
                     Docker Engine has to tell whoever installs",
                ),
                _ => (
                    format!("port {number} of {address} cannot be published: {error}"),
                    "Choose an address of this machine",
                ),
            };
            Diagnostic::value(path, message).hint(hint)
        };
        taken.into_iter().map(problem).collect()
    }
}

fn published(topology: &Topology) -> impl Iterator<Item = (&Name, &Name, &model::Port)> {
    topology.services.iter().flat_map(|(service, it)| {
        let ports = it.ports.iter().filter(|(_, port)| port.publish.is_some());
        ports.map(move |(name, port)| (service, name, port))
    })
}

/// Whether the disk and the kernel let a file in this folder be given away: some do not let root.
fn can_give((folder, owner): &(PathBuf, Owner)) -> bool {
    // A folder that cannot be written is told by itself.
    let Ok(file) = tempfile::tempfile_in(folder) else { return true };
    fchown(file, Some(owner.uid), Some(owner.gid)).is_ok()
}

/// Whether a port can be listened on. Low ports are the engine's to open, which is root.
fn try_port(address: Ipv4Addr, port: u16, protocol: Protocol) -> std::io::Result<()> {
    let place = SocketAddrV4::new(address, port);
    let bound = match protocol {
        Protocol::Tcp => TcpListener::bind(place).map(drop),
        Protocol::Udp => UdpSocket::bind(place).map(drop),
    };
    match bound {
        Err(error) if error.kind() != ErrorKind::PermissionDenied => Err(error),
        _ => Ok(()),
    }
}
