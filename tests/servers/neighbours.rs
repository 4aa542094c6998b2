//! What else is on the machine: whoever holds a port, and another deployment of the same name.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value as Json, json};

use super::{CONFIG, HOST, Package};
use crate::engine::{COMPOSE, Engine};
use crate::stderr;

const PORT: u16 = 22300;

fn credentials() -> Json {
    json!({
        "database": {
            "username": "u", "password": "p", "root_username": "root", "root_password": "r",
            "spider_username": "s", "spider_password": "s",
        },
        "queue": { "username": "q", "password": "q" }, "redis": { "password": "r" },
    })
}

/// A program that listens on a port of the engine's machine, until it is dropped.
struct Listener(Child);

impl Listener {
    fn new(package: &Package, address: &str, port: u16) -> Self {
        let mut command = package.engine.command(Path::new("python3"), COMPOSE);
        let program = "import socket, sys; s = socket.socket(); \
                       s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); \
                       s.bind((sys.argv[1], int(sys.argv[2]))); s.listen(); print('.', flush=True); \
                       sys.stdin.read()";
        command.args(["-c", program, address, &port.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        Self(child)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[test]
fn a_deployment_may_hold_its_own_ports_and_nobody_else() {
    let _turn = Engine::turn();
    let package = Package::new("9e16", PORT, &credentials());
    let held = Listener::new(&package, "127.0.0.1", PORT + 2);
    let words = ["port 22302 of 127.0.0.1 is in use", "clp-config.yaml:1", "choose another port"];
    package.refused(&[], &words);
    assert!(!package.root().join("compose.yaml").exists(), "nothing is written");
    drop(held);
    package.installed(&[]);
    package.up(&["redis"]);
    // It runs, and is installed once more.
    package.installed(&[]);
    let redis = package.container("redis")["Id"].clone();
    package.up(&["redis"]);
    assert_eq!(package.container("redis")["Id"], redis, "nothing changed, nothing is restarted");
    // It holds the port at one address, which says nothing of another.
    let held = Listener::new(&package, "127.0.0.9", PORT + 2);
    let mut config = package.config(PORT, &json!({}));
    config["redis"]["host"] = json!("127.0.0.9");
    package.write(CONFIG, &config);
    package.refused(&[], &["port 22302 of 127.0.0.9 is in use"]);
    drop(held);
    // Another container.
    let publish = format!("127.0.0.1:{}:1", PORT + 4);
    let (repository, tag) = super::IMAGE;
    let image = format!("{repository}:{tag}");
    let name = "clp-gen-neighbour";
    package
        .engine
        .ask(&["run", "--rm", "-d", "--name", name, "-p", &publish, &image, "sleep", "60"]);
    package.write(CONFIG, &package.config(PORT, &json!({})));
    package.refused(&[], &["port 22304 of 127.0.0.1 is in use"]);
    package.engine.ask(&["rm", "--force", name]);
    package.installed(&["--check"]);
}

#[test]
fn a_name_is_given_to_one_deployment_only() {
    let _turn = Engine::turn();
    let first = Package::new("9e17", PORT + 20, &credentials());
    first.installed(&[]);
    let second = Package::new("9e17", PORT + 40, &credentials());
    first.compose(&["create", "redis"]);
    let other = first.root().display().to_string();
    let words = ["the project clp-package-9e17 exists already", &other, "host.yaml:1"];
    second.refused(&[], &words);
    // By another way, it is the same one.
    std::os::unix::fs::symlink("clp", first.path("link")).unwrap();
    let by_link = first.clp_gen(&["install", "--target", "compose", "--root", "link", "--check"]);
    assert!(by_link.status.success(), "{}", stderr(&by_link));
    first.compose(&["down"]);
    second.installed(&[]);
    second.compose(&["create", "redis"]);
    // An id of its own is what it takes.
    let facts = fs::read_to_string(first.path(HOST)).unwrap();
    first.refused(&[], &["exists already", &second.root().display().to_string()]);
    fs::remove_file(first.root().join("var/log/instance-id")).unwrap();
    fs::write(first.path(HOST), facts.replace("9e17", "9e18")).unwrap();
    first.installed(&[]);
}
