//! What the lock finds, in each kind of registry.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use super::images::{DOCKER_LIST, DOCKER_MANIFEST, INDEX, MANIFEST, Repository};
use super::server::{Pair, Shelf, authority, self_signed, signed_by};
use super::token::{REFRESH, serve};
use super::{PASSWORD, Project, USER, ends, login, said, write};
use crate::{stderr, stdout};

const MADE: &str = "2024-05-06T07:08:09Z";

#[test]
fn the_digest_is_of_the_index_or_of_the_only_manifest() {
    let shelf = Shelf::new();
    let many = ["linux/amd64", "linux/arm64/v8", "linux/arm/v7"];
    let push = |kind: &str| {
        let repository = Repository::new(shelf.plain(), &format!("notes/{}", kind.len()));
        let (digest, platforms) = match kind {
            INDEX | DOCKER_LIST => repository.push_index("1", &many, kind),
            MANIFEST => (repository.push("1", many[0], MADE), vec![]),
            _ => (repository.push_docker("1", many[1]), vec![]),
        };
        (repository, digest, platforms)
    };
    for kind in [INDEX, DOCKER_LIST, MANIFEST, DOCKER_MANIFEST] {
        let (repository, digest, platforms) = push(kind);
        let project = Project::new(&repository.name());
        let done = project.lock(&[]);
        ends(&done, 0, &["clp-gen.lock is written"]);
        let text = project.lock_text();
        assert_eq!(project.digest(), digest, "{kind}");
        assert!(text.contains(&format!("media_type = \"{kind}\"")), "{text}");
        for (platform, digest) in many.iter().zip(&platforms) {
            assert!(text.contains(&format!("\"{platform}\" = \"{digest}\"")), "{text}");
        }
        let lines = text.lines().filter(|it| it.starts_with('"')).count();
        assert_eq!(lines, platforms.len().max(1), "attestations are no platforms: {text}");
        let only = if kind == MANIFEST { many[0] } else { many[1] };
        assert!(!platforms.is_empty() || text.contains(&format!("\"{only}\" = \"{digest}\"")));
        // What was locked is what a build writes, and nothing of it changes by itself.
        for target in ["compose", "helm", "systemd"] {
            let done = project.run(&["build", "--target", target, "--locked", "--release"], &[]);
            ends(&done, 0, &[]);
            let manifest =
                fs::read_to_string(project.path(&format!("result-{target}/manifest.json")));
            assert!(manifest.unwrap().contains(&format!("{}:1@{digest}", repository.name())));
        }
        ends(&project.run(&["lock"], &["--frozen"]), 0, &["is up to date"]);
        assert_eq!(project.lock_text(), text);
    }
}

#[test]
fn a_registry_that_wants_a_password() {
    let shelf = Shelf::new();
    let digest = Repository::new(shelf.plain(), "notes").push("1", "linux/amd64", MADE);
    let registry = shelf.with_password();
    let project = Project::new(&format!("{}/notes", registry.address));
    ends(&project.lock(&[]), 1, &["wants to know who asks", "docker login"]);
    project.configure(&login(&registry.address, USER, "another"));
    ends(&project.lock(&[]), 1, &["does not accept the credentials", "docker login"]);
    assert!(!project.has_lock());
    project.configure(&login(&registry.address, USER, PASSWORD));
    ends(&project.lock(&[]), 0, &[]);
    assert_eq!(project.digest(), digest);
    project.configure(&json!({ "auths": { &registry.address: { "auth": "not base64!" } } }));
    ends(
        &project.run(&["lock", "update"], &["--plain-http", &registry.address]),
        1,
        &["`auth` is not base64"],
    );
}

/// A credential helper that writes down what it is asked and with which arguments.
fn helper(folder: &Path, name: &str, script: &str) {
    let path = folder.join(format!("docker-credential-{name}"));
    write(&path, &format!("#!/bin/sh\necho \"$@\" >>\"$0.arguments\"\nread -r server\n{script}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_credential_helper_is_asked_for_its_registry() {
    let shelf = Shelf::new();
    let digest = Repository::new(shelf.plain(), "notes").push("1", "linux/amd64", MADE);
    let registry = shelf.with_password();
    let project = Project::new(&format!("{}/notes", registry.address));
    let path = format!("{}:{}", project.folder.path().display(), std::env::var("PATH").unwrap());
    let answer = json!({ "ServerURL": "x", "Username": USER, "Secret": PASSWORD });
    helper(
        project.folder.path(),
        "good",
        &format!("[ \"$server\" = {} ] && echo '{answer}'", registry.address),
    );
    helper(project.folder.path(), "empty", "echo credentials not found in native keychain; exit 1");
    helper(project.folder.path(), "broken", &format!("echo {PASSWORD} >&2; exit 3"));
    helper(project.folder.path(), "mumbling", &format!("echo {PASSWORD}"));
    let arguments = project.arguments(&["lock", "update"], &["--plain-http", &registry.address]);
    let lock = |configuration: &serde_json::Value| {
        project.configure(configuration);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = crate::clp_gen(project.folder.path(), &arguments);
        command.env("DOCKER_CONFIG", project.path("docker")).env("PATH", &path);
        let output = crate::run(command);
        assert!(!stderr(&output).contains(PASSWORD), "{}", stderr(&output));
        output
    };
    let own = |name: &str| json!({ "credHelpers": { &registry.address: name } });
    ends(&lock(&own("empty")), 1, &["wants to know who asks"]);
    ends(&lock(&own("broken")), 1, &["docker-credential-broken failed"]);
    ends(&lock(&own("mumbling")), 1, &["the answer of the credential helper cannot be read"]);
    ends(&lock(&own("absent")), 1, &["cannot be started"]);
    ends(
        &lock(&json!({ "credHelpers": { "elsewhere.example.org": "good" } })),
        1,
        &["wants to know"],
    );
    assert!(
        !project.path("docker-credential-good.arguments").exists(),
        "nobody else's helper is asked"
    );
    ends(&lock(&own("good")), 0, &[]);
    assert_eq!(project.digest(), digest);
    ends(&lock(&json!({ "credsStore": "good" })), 0, &[]);
    let arguments = fs::read_to_string(project.path("docker-credential-good.arguments")).unwrap();
    assert!(
        arguments.lines().all(|it| it == "get"),
        "secrets and names are no arguments: {arguments}"
    );
}

#[test]
fn a_registry_that_wants_a_token() {
    let shelf = Shelf::new();
    let open = Repository::new(shelf.plain(), "open/notes").push("1", "linux/amd64", MADE);
    let closed = Repository::new(shelf.plain(), "closed/notes").push("1", "linux/amd64", MADE);
    let Pair { certificate, key } = authority(&shelf.path(""));
    let server = serve(&certificate, &key);
    let realm = format!("http://{}/token", server.address);
    let registry = shelf.with_tokens(&realm, &certificate, None);
    // Anybody.
    let project = Project::new(&format!("{}/open/notes", registry.address));
    ends(&project.lock(&[]), 0, &[]);
    assert_eq!(project.digest(), open);
    assert!(server.requests().iter().all(|it| it.header("authorization").is_none()));
    let asked = server.requests()[0].target.clone();
    assert!(asked.contains("service=tests") && asked.contains("scope=repository"), "{asked}");
    // Only who is logged in: by password, or by the token that a log-in left.
    let project = Project::new(&format!("{}/closed/notes", registry.address));
    ends(&project.lock(&[]), 1, &["wants to know who asks", "docker login"]);
    project.configure(&login(&registry.address, USER, "another"));
    ends(&project.lock(&[]), 1, &["does not accept the credentials"]);
    assert!(!project.has_lock());
    project.configure(&login(&registry.address, USER, PASSWORD));
    ends(&project.lock(&[]), 0, &[]);
    assert_eq!(project.digest(), closed);
    fs::remove_file(project.path("clp-gen.lock")).unwrap();
    project.configure(&json!({ "auths": { &registry.address: { "identitytoken": REFRESH } } }));
    ends(&project.lock(&[]), 0, &[]);
    assert_eq!(project.digest(), closed);
    let last = server.requests().pop().unwrap();
    assert_eq!(
        (last.method.as_str(), last.target.as_str()),
        ("POST", "/token"),
        "no secret is in a URL"
    );
}

#[test]
fn a_registry_with_an_authority_of_its_own() {
    let shelf = Shelf::new();
    let digest = Repository::new(shelf.plain(), "notes").push("1", "linux/amd64", MADE);
    let authority = authority(&shelf.path(""));
    let registry = shelf.with_tls(&signed_by(&authority, &shelf.path("")));
    let certificate = &authority.certificate;
    let project = Project::new(&format!("{}/notes", registry.address));
    ends(&project.run(&["lock"], &[]), 4, &["no TLS connection", "--ca-file"]);
    ends(&project.lock(&[]), 4, &["speaks TLS only", "Leave out `--plain-http"]);
    write(&project.path("none.pem"), "no certificate\n");
    ends(
        &project.run(&["lock"], &["--ca-file", "none.pem"]),
        1,
        &["there is no certificate in none.pem"],
    );
    ends(
        &project.run(&["lock"], &["--ca-file", "gone.pem"]),
        1,
        &["gone.pem: there is no such file"],
    );
    assert!(!project.has_lock());
    ends(&project.run(&["lock"], &["--ca-file", certificate.to_str().unwrap()]), 0, &[]);
    assert_eq!(project.digest(), digest);
    // As other programs are told.
    fs::remove_file(project.path("clp-gen.lock")).unwrap();
    let arguments = project.arguments(&["lock"], &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = crate::clp_gen(project.folder.path(), &arguments);
    command.env("DOCKER_CONFIG", project.path("docker")).env("SSL_CERT_FILE", certificate);
    ends(&crate::run(command), 0, &[]);
    assert_eq!(project.digest(), digest);
}

/// A certificate that signed itself is trusted where it is named, for its own name.
#[test]
fn a_registry_that_signed_its_certificate_itself() {
    let shelf = Shelf::new();
    let digest = Repository::new(shelf.plain(), "notes").push("1", "linux/amd64", MADE);
    for (address, code, words) in [("127.0.0.1", 0, ""), ("127.0.0.2", 4, "not valid for name")] {
        let pair = self_signed(&shelf.path(""), address);
        let registry = shelf.with_tls(&pair);
        let project = Project::new(&format!("{}/notes", registry.address));
        ends(&project.run(&["lock"], &[]), 4, &["it signed its certificate itself", "--ca-file"]);
        let done = project.run(&["lock"], &["--ca-file", pair.certificate.to_str().unwrap()]);
        ends(&done, code, &[words]);
        assert!(code != 0 || project.digest() == digest);
        // Another that signed itself is no witness for this one.
        let other = tempfile::tempdir().unwrap();
        let other = self_signed(other.path(), "127.0.0.1").certificate;
        let done = project.run(&["lock", "update"], &["--ca-file", other.to_str().unwrap()]);
        ends(&done, 4, &["no TLS connection"]);
    }
}

/// A registry that speaks TLS names a token server that does not: it is told no password.
#[test]
fn a_token_server_without_tls() {
    let shelf = Shelf::new();
    let digest = Repository::new(shelf.plain(), "open/notes").push("1", "linux/amd64", MADE);
    let authority = authority(&shelf.path(""));
    let server = serve(&authority.certificate, &authority.key);
    let realm = format!("http://{}/token", server.address);
    let pair = signed_by(&authority, &shelf.path(""));
    let registry = shelf.with_tokens(&realm, &authority.certificate, Some(&pair));
    let project = Project::new(&format!("{}/open/notes", registry.address));
    project.configure(&login(&registry.address, USER, PASSWORD));
    let trust = ["--ca-file", authority.certificate.to_str().unwrap()];
    ends(&project.run(&["lock"], &trust), 1, &["would be told the credentials without TLS"]);
    assert!(server.requests().is_empty());
    let allowed = [&trust[..], &["--plain-http", &server.address]].concat();
    ends(&project.run(&["lock"], &allowed), 0, &[]);
    assert_eq!(project.digest(), digest);
}

/// Plain HTTP is spoken only where it is asked for.
#[test]
fn tls_is_the_rule() {
    let shelf = Shelf::new();
    let repository = Repository::new(shelf.plain(), "notes");
    repository.push("1", "linux/amd64", MADE);
    let project = Project::new(&repository.name());
    let done = project.run(&["lock"], &[]);
    ends(&done, 4, &["does not speak TLS", &format!("--plain-http {}", shelf.plain())]);
    assert!(!project.has_lock());
}

#[test]
fn a_mirror_is_asked_instead() {
    let shelf = Shelf::new();
    let digest = Repository::new(shelf.plain(), "hub/library/notes").push("1", "linux/amd64", MADE);
    let project = Project::new("notes");
    let mirror = format!("docker.io={}/hub", shelf.plain());
    let done = project.run(&["lock"], &["--mirror", &mirror, "--plain-http", shelf.plain()]);
    ends(&done, 0, &[]);
    assert_eq!(project.digest(), digest);
    assert!(project.lock_text().contains("reference = \"notes:1\""), "{}", project.lock_text());
    let data: serde_json::Value = {
        let done = project.run(&["lock", "--format", "json", "--offline"], &[]);
        ends(&done, 0, &[]);
        serde_json::from_str(&stdout(&done)).unwrap()
    };
    let image = json!({
        "name": "notes", "reference": "notes:1", "change": "kept", "digest": digest, "local": null,
        "before": digest,
    });
    assert_eq!(data, json!({ "lock": "clp-gen.lock", "written": false, "images": [image] }));
    for wrong in ["docker.io", "docker.io=", "docker.io/a=b", "docker.io=https://b"] {
        let done = project.run(&["lock", "--mirror", wrong], &[]);
        assert_eq!(done.status.code(), Some(2), "{wrong}: {}", said(&done));
    }
}
