//! The stand-in images: one static program under the names of all that a deployment calls.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::Value as Json;

use super::Engine;
use super::plan::{plan, server};
use crate::programs::tools;
use crate::{root, run, stderr};

/// What health probes call, in every image.
pub(crate) const PROBES: [&str; 5] =
    ["mysqladmin", "redis-cli", "rabbitmq-diagnostics", "mongosh", "curl"];

/// Gives the engine an image for each that the topology names.
pub(crate) fn provide(engine: &Engine, topology: &Json) {
    for (image, it) in topology["images"].as_object().unwrap() {
        let name =
            format!("{}:{}", it["repository"].as_str().unwrap(), it["tag"].as_str().unwrap());
        if let Some(program) = server(topology, image) {
            provide_server(engine, &name, program);
        } else {
            let programs = programs(topology, image);
            let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
            import(engine, &name, &programs, &plan(topology, image), "CMD [\"none\"]");
        }
    }
}

/// Gives the engine an image of a server that other people make.
pub(crate) fn provide_server(engine: &Engine, name: &str, program: &str) {
    static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    // Held until the image is there: who comes later needs it.
    let mut known = KNOWN.lock().unwrap();
    if known.insert(name.to_owned()) {
        // Mongo's arguments go to its server, the others' images call it by themselves.
        let call = if program == "mongod" { "ENTRYPOINT" } else { "CMD" };
        import(engine, name, &[program], "", &format!("{call} [\"{program}\"]"));
    }
}

/// The programs that workloads of an image start with.
pub(crate) fn programs(topology: &Json, image: &str) -> BTreeSet<String> {
    let groups = ["services", "jobs"].map(|it| topology[it].as_object().unwrap().values());
    let own = groups.into_iter().flatten().filter(|it| it["image"] == image);
    own.filter_map(|it| it["command"][0].as_str()).map(ToOwned::to_owned).collect()
}

fn import(engine: &Engine, name: &str, programs: &[&str], plan: &str, call: &str) {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::copy(program(), bin.join("stand-in")).unwrap();
    // Probes use its /dev/tcp.
    let shell = tools().join("../engine-28.5/bin/bash-static");
    fs::copy(shell, bin.join("bash")).unwrap();
    symlink("bash", bin.join("sh")).unwrap();
    for program in PROBES.iter().chain(programs) {
        let place =
            folder.path().join(program.strip_prefix('/').unwrap_or(&format!("bin/{program}")));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink("/bin/stand-in", place).unwrap();
    }
    fs::write(folder.path().join("plan"), plan).unwrap();
    let mut tar = Command::new("tar");
    tar.args(["--owner=0", "--group=0", "-C"]).arg(folder.path()).args(["-c", "."]);
    let mut tar = tar.stdout(Stdio::piped()).spawn().unwrap();
    let mut docker = engine.docker(&["import", "-c", "ENV PATH=/bin", "-c", call, "-", name]);
    docker.stdin(tar.stdout.take().unwrap());
    let output = run(docker);
    assert!(tar.wait().unwrap().success() && output.status.success(), "{}", stderr(&output));
}

/// The stand-in, compiled once by each test process.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PROGRAM.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stand-in");
        let mut compiler = Command::new("rustc");
        compiler.args(["--edition", "2024", "-C", "opt-level=1", "-C", "panic=abort"]);
        compiler.args(["-C", "target-feature=+crt-static", "-C", "strip=symbols", "-o"]);
        compiler.arg(&path).arg(root().join("tests/engine/standin/main.rs"));
        let output = run(compiler);
        assert!(output.status.success(), "{}", stderr(&output));
        (folder, path)
    });
    path
}
