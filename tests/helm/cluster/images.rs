//! Images that stand in for those of the deployment, as `docker save` writes them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::programs::tool;
use crate::{root, run, stdout};

/// What each image calls, and what it calls at first where the deployment does not say it.
const IMAGES: [(&str, &[&str], &[&str]); 5] = [
    ("mariadb:10-jammy", &["bin/mysqld", "bin/mysqladmin"], &["mysqld"]),
    ("rabbitmq:3.9.8", &["bin/rabbitmq-server", "bin/rabbitmq-diagnostics"], &["rabbitmq-server"]),
    ("redis:7.2.4", &["bin/redis-server", "bin/redis-cli"], &[]),
    ("mongo:7.0.1", &["bin/mongod", "bin/mongosh"], &[]),
    (
        "ghcr.io/y-scope/clp/clp-package:0.9.0",
        &[
            "bin/python3",
            "opt/clp/bin/api_server",
            "opt/clp/bin/log-ingestor",
            "opt/clp/bin/node-22",
            "opt/clp/bin/spider_scheduler",
        ],
        &[],
    ),
];

/// Writes all of them below `folder`.
pub(super) fn write(folder: &Path) -> Vec<PathBuf> {
    let mut archives = vec![];
    for (reference, programs, call) in IMAGES {
        let mut layer = tar::Builder::new(vec![]);
        layer.follow_symlinks(false);
        shell(&mut layer);
        put(&mut layer, "bin/stand-in", &std::fs::read(stand_in()).unwrap());
        for program in programs {
            link(&mut layer, program, "/bin/stand-in");
        }
        // Who waits asks the API with Python, as in the image of the deployment.
        if reference.contains("clp-package") {
            layer.append_dir_all(".", kubernetes().join("python")).unwrap();
        }
        // The arguments of the deployment go to the program of the image.
        let entrypoint = if reference.starts_with("mongo") { vec!["mongod"] } else { vec![] };
        let settings = json!({ "Entrypoint": entrypoint, "Cmd": call, "Env": ["PATH=/bin"] });
        archives.push(archive(folder, reference, &layer.into_inner().unwrap(), &settings));
    }
    let mut layer = tar::Builder::new(vec![]);
    shell(&mut layer);
    let settings = json!({ "Entrypoint": ["sleep", "2147483647"], "Env": ["PATH=/bin"] });
    archives.push(archive(folder, "clp-gen.test/pause:1", &layer.into_inner().unwrap(), &settings));
    archives
}

fn stand_in() -> PathBuf {
    root().join("tests/helm/cluster/stand-in.sh")
}

fn kubernetes() -> PathBuf {
    let program = Path::new(tool("cluster").get_program()).to_owned();
    program.parent().unwrap().join("../kubernetes-1.36.3")
}

/// A shell with what belongs to it, and a place for what is temporary.
fn shell(layer: &mut tar::Builder<Vec<u8>>) {
    let busybox = kubernetes().join("../engine-28.5/bin/busybox");
    put(layer, "bin/busybox", &std::fs::read(&busybox).unwrap());
    let mut list = Command::new(&busybox);
    list.arg("--list");
    for applet in stdout(&run(list)).lines().filter(|it| !it.starts_with("busybox")) {
        link(layer, &format!("bin/{applet}"), "/bin/busybox");
    }
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_mode(0o1777);
    header.set_size(0);
    layer.append_data(&mut header, "tmp", &[][..]).unwrap();
}

fn put(layer: &mut tar::Builder<Vec<u8>>, path: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o755);
    header.set_size(bytes.len() as u64);
    layer.append_data(&mut header, path, bytes).unwrap();
}

fn link(layer: &mut tar::Builder<Vec<u8>>, path: &str, to: &str) {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_mode(0o777);
    header.set_size(0);
    layer.append_link(&mut header, path, to).unwrap();
}

fn archive(folder: &Path, reference: &str, layer: &[u8], settings: &serde_json::Value) -> PathBuf {
    let digest = |bytes: &[u8]| format!("{:x}", Sha256::digest(bytes));
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": settings,
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", digest(layer))] },
    });
    let config = config.to_string().into_bytes();
    let name = format!("{}.json", digest(&config));
    let manifest = json!([{ "Config": name, "RepoTags": [reference], "Layers": ["layer.tar"] }]);
    let path = folder.join(format!("{}.tar", digest(reference.as_bytes())));
    let mut archive = tar::Builder::new(File::create(&path).unwrap());
    for (name, bytes) in [
        (name.as_str(), config.as_slice()),
        ("layer.tar", layer),
        ("manifest.json", manifest.to_string().as_bytes()),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, bytes).unwrap();
    }
    archive.finish().unwrap();
    path
}
