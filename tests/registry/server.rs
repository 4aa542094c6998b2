//! Debian's docker-registry, on loopback, gone with the test process however that ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

use super::PASSWORD;
use crate::engine::{COMPOSE, Engine};
use crate::programs::tool;

/// `tester` and [`PASSWORD`], as htpasswd keeps them.
const HTPASSWD: &str = "tester:$2y$05$VfTYBdqCZyno1QImRxHI1.Mu95FUgaQfUogXnE5PkdTDePQAOwes6\n";

/// A registry, and where its images are kept.
pub(crate) struct Registry {
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    _process: Ended,
}

/// A process that ends when this is dropped, and when this process is gone: its standard input
/// ends then.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// The images of one test, and registries that serve them.
pub(crate) struct Shelf {
    folder: tempfile::TempDir,
    plain: Registry,
}

impl Shelf {
    /// No image yet, and a registry that takes and gives any.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plain = start(shell(), folder.path(), "plain", &json!({}), None);
        Self { folder, plain }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The registry that anybody may use.
    pub(super) fn plain(&self) -> &str {
        &self.plain.address
    }

    /// A registry that the machine of `engine` has on its own loopback.
    pub(crate) fn inside(&self, engine: &Engine) -> Registry {
        let shell = engine.command(Path::new("/bin/sh"), COMPOSE);
        start(shell, self.folder.path(), "inside", &json!({}), None)
    }

    /// A registry that wants name and password.
    pub(super) fn with_password(&self) -> Registry {
        assert_eq!(PASSWORD, "a-secret-word", "the hash is of this one");
        let file = self.path("htpasswd");
        fs::write(&file, HTPASSWD).unwrap();
        let auth = json!({ "htpasswd": { "realm": "tests", "path": file } });
        start(shell(), self.folder.path(), "password", &json!({ "auth": auth }), None)
    }

    /// A registry that wants a token of the server at `realm`, signed by the holder of `certificate`.
    /// It speaks TLS where there is a pair for that.
    pub(super) fn with_tokens(
        &self,
        realm: &str,
        certificate: &Path,
        tls: Option<&Pair>,
    ) -> Registry {
        let token = json!({
            "realm": realm, "service": "tests", "issuer": "tests", "rootcertbundle": certificate,
        });
        let auth = json!({ "auth": { "token": token } });
        start(shell(), self.folder.path(), "tokens", &auth, tls.map(Pair::configured))
    }

    /// A registry that speaks TLS only.
    pub(super) fn with_tls(&self, pair: &Pair) -> Registry {
        start(shell(), self.folder.path(), "tls", &json!({}), Some(pair.configured()))
    }
}

fn shell() -> Command {
    Command::new("/bin/sh")
}

/// Starts a registry with this shell.
fn start(
    mut shell: Command,
    folder: &Path,
    name: &str,
    further: &Json,
    tls: Option<Json>,
) -> Registry {
    let mut http = json!({ "addr": "127.0.0.1:0", "secret": "of no use here" });
    if let Some(tls) = tls {
        http["tls"] = tls;
    }
    let mut configuration = json!({
        "version": "0.1", "log": { "level": "info" }, "http": http,
        "storage": {
            "filesystem": { "rootdirectory": folder.join("images") }, "delete": { "enabled": true },
            "maintenance": { "uploadpurging": { "enabled": false } },
        },
    });
    configuration.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    let file = folder.join(format!("{name}.yml"));
    // JSON is YAML.
    fs::write(&file, configuration.to_string()).unwrap();
    shell.args(["-c", "\"$0\" serve \"$1\" & read -r _; kill $!; wait"]);
    shell.arg(tool("docker-registry").get_program()).arg(&file);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut process = shell.spawn().unwrap();
    let mut words = BufReader::new(process.stderr.take().unwrap());
    let address = listening(&mut words);
    // Somebody has to read what it says, or it waits for that.
    std::thread::spawn(move || std::io::copy(&mut words, &mut std::io::sink()));
    Registry { address, _process: Ended(process) }
}

/// The address that a registry says it listens on.
fn listening(words: &mut impl BufRead) -> String {
    let mut said = String::new();
    loop {
        let mut line = String::new();
        let read = words.read_line(&mut line).unwrap();
        assert!(read > 0, "the registry does not start: {said}");
        if let Some((_, rest)) = line.split_once("listening on ") {
            return rest.split(['"', ',']).next().unwrap().to_owned();
        }
        said.push_str(&line);
    }
}

/// A certificate and its key.
pub(super) struct Pair {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl Pair {
    fn configured(&self) -> Json {
        json!({ "certificate": self.certificate, "key": self.key })
    }
}

/// A private authority.
pub(super) fn authority(folder: &Path) -> Pair {
    made(folder, "authority", &["-addext", "keyUsage=keyCertSign"])
}

/// A certificate for this address that signed itself, as many registries have: an authority by
/// OpenSSL's defaults.
pub(super) fn self_signed(folder: &Path, address: &str) -> Pair {
    made(folder, "alone", &["-addext", &format!("subjectAltName=IP:{address}")])
}

/// A certificate for 127.0.0.1, signed by `authority`.
pub(super) fn signed_by(authority: &Pair, folder: &Path) -> Pair {
    let [certificate, key] =
        [&authority.certificate, &authority.key].map(|it| it.to_str().unwrap());
    let further = ["-CA", certificate, "-CAkey", key, "-addext", "basicConstraints=CA:FALSE"];
    made(folder, "server", &[&further[..], &["-addext", "subjectAltName=IP:127.0.0.1"]].concat())
}

fn made(folder: &Path, name: &str, further: &[&str]) -> Pair {
    let of = |extension: &str| folder.join(format!("{name}.{extension}"));
    let pair = Pair { certificate: of("pem"), key: of("key") };
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"]);
    openssl.arg(format!("/CN={name}")).args(further);
    openssl.arg("-keyout").arg(&pair.key).arg("-out").arg(&pair.certificate);
    let output = openssl.output().unwrap();
    assert!(output.status.success(), "openssl: {}", crate::stderr(&output));
    pair
}
