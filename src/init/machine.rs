//! The facts of this machine, as `host.yaml` holds them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::num::NonZeroUsize;

use crate::failure::Failure;
use crate::install::disk::Caller;
use crate::install::render::random;

/// How many bytes tell deployments apart: 4 digits, as in the release's own tools.
const INSTANCE_BYTES: usize = 2;

/// What is known of a machine.
pub(super) struct Machine {
    pub(super) instance_id: String,
    pub(super) cpus: usize,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) home: Option<String>,
    pub(super) real_paths: BTreeMap<String, String>,
}

impl Machine {
    /// This one, for whoever runs the program.
    pub(super) fn this() -> Result<Self, Failure> {
        let caller = Caller::of_this_process()?.owner;
        let home = std::env::var("HOME").ok().filter(|it| it.starts_with('/'));
        Ok(Self {
            instance_id: random(INSTANCE_BYTES)?,
            cpus: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            uid: caller.uid,
            gid: docker_group().unwrap_or(caller.gid),
            home,
            real_paths: BTreeMap::new(),
        })
    }

    /// `host.yaml`.
    pub(super) fn yaml(&self) -> String {
        let Self { instance_id, cpus, uid, gid, home, real_paths } = self;
        let mut text =
            String::from("# Facts of the machine, which no build finds out by itself.\n");
        // Digits alone would be a number. Writing to memory does not fail.
        let _ = writeln!(text, "instance_id: {}", quoted(instance_id));
        let _ = writeln!(text, "cpus: {cpus}\nuid: {uid}\ngid: {gid}");
        if let Some(home) = home {
            let _ = writeln!(text, "home: {}", quoted(home));
        }
        if !real_paths.is_empty() {
            text.push_str("real_paths:\n");
        }
        for (path, real) in real_paths {
            let _ = writeln!(text, "  {}: {}", quoted(path), quoted(real));
        }
        text
    }
}

/// A double-quoted string of YAML's.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The group that may use the engine, where there is one.
fn docker_group() -> Option<u32> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    let line = groups.lines().find(|line| line.starts_with("docker:"))?;
    line.split(':').nth(2)?.parse().ok()
}
