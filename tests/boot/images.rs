//! The stand-in images of `engine/`, given to the machine's Podman.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use super::machine::Machine;
use crate::engine::{PROBES, plan, program, programs, server};
use crate::programs::tools;
use crate::{run, stderr};

/// Gives the machine an image for each that the topology names.
pub(crate) fn provide(machine: &Machine, topology: &Json) {
    for (image, it) in topology["images"].as_object().unwrap() {
        let [repository, tag] = ["repository", "tag"].map(|key| it[key].as_str().unwrap());
        let name = format!("{}:{tag}", qualified(repository));
        let own = programs(topology, image);
        let (programs, plan, call): (Vec<&str>, _, _) = match server(topology, image) {
            Some("mongod") => {
                (vec!["mongod"], String::new(), r#"ENTRYPOINT ["mongod"]"#.to_owned())
            }
            Some(program) => (vec![program], String::new(), format!(r#"CMD ["{program}"]"#)),
            None => {
                let programs = own.iter().map(String::as_str).collect();
                (programs, plan(topology, image), r#"CMD ["none"]"#.to_owned())
            }
        };
        import(machine, &name, &programs, &plan, &call);
    }
}

/// As Docker understands it, and as units have it.
fn qualified(repository: &str) -> String {
    match repository.split_once('/') {
        Some((first, _)) if first.contains('.') => repository.to_owned(),
        Some(_) => format!("docker.io/{repository}"),
        None => format!("docker.io/library/{repository}"),
    }
}

/// Makes an image with a shell, `busybox`, and the stand-in under the names of `programs`.
pub(crate) fn import(machine: &Machine, name: &str, programs: &[&str], plan: &str, call: &str) {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::create_dir(folder.path().join("tmp")).unwrap();
    fs::copy(program(), bin.join("stand-in")).unwrap();
    for (from, to) in [("bash-static", "bash"), ("busybox", "busybox")] {
        fs::copy(tools().join("../engine-28.5/bin").join(from), bin.join(to)).unwrap();
    }
    symlink("bash", bin.join("sh")).unwrap();
    let all: BTreeSet<&str> = PROBES.iter().chain(programs).copied().collect();
    for program in all {
        let place =
            folder.path().join(program.strip_prefix('/').unwrap_or(&format!("bin/{program}")));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink("/bin/stand-in", place).unwrap();
    }
    fs::write(folder.path().join("plan"), plan).unwrap();
    let mut tar = Command::new("tar");
    tar.args(["--owner=0", "--group=0", "-C"]).arg(folder.path()).args(["-c", "."]);
    let mut tar = tar.stdout(Stdio::piped()).spawn().unwrap();
    let mut podman =
        machine.command(&["podman", "import", "-c", "ENV PATH=/bin", "-c", call, "-", name]);
    podman.stdin(tar.stdout.take().unwrap());
    let output = run(podman);
    assert!(tar.wait().unwrap().success() && output.status.success(), "{}", stderr(&output));
}
