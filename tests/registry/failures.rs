//! Each way in which a look-up fails has words of its own, and writes nothing.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::fake::{Fake, Reply};
use super::images::{MANIFEST, Repository, sha256};
use super::server::Shelf;
use super::{PASSWORD, Project, USER, ends, login, write};

/// Quick answers to what is tried again.
const ONCE: [&str; 2] = ["--retries", "0"];

/// What a manifest of no image at all looks like.
const EMPTY: &[u8] = b"{\"schemaVersion\":2}";

fn of(fake: &Fake) -> Project {
    Project::new(&format!("{}/notes", fake.address))
}

#[test]
fn not_found() {
    let shelf = Shelf::new();
    let repository = Repository::new(shelf.plain(), "notes");
    repository.push("2", "linux/amd64", "2024-05-06T07:08:09Z");
    for name in ["notes", "another"] {
        let project = Project::new(&format!("{}/{name}", shelf.plain()));
        let done = project.lock(&[]);
        // Where the user wrote it.
        ends(
            &done,
            1,
            &[&format!("has no image {}/{name}:1", shelf.plain()), "[--set:", "--from-engine"],
        );
        assert!(!project.has_lock());
    }
}

#[test]
fn names_that_no_registry_has() {
    for name in ["127.0.0.1:5000/Notes", "127.0.0.1:5000/a?b", "notes@sha256:1", "a b"] {
        let project = Project::new(name);
        let words = format!("`{name}` is no repository of images");
        ends(&project.run(&["lock"], &[]), 1, &[&words, "[--set:", "without a digest"]);
    }
}

#[test]
fn refused_and_no_host() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let project = Project::new(&format!("{address}/notes"));
    for flag in [&["--plain-http", &address.to_string()][..], &[]] {
        ends(&project.run(&["lock"], flag), 4, &["refused the connection (images: notes)"]);
    }
    let project = Project::new("registry.invalid/notes");
    ends(&project.run(&["lock"], &ONCE), 4, &["there is no host registry.invalid"]);
}

#[test]
fn no_answer_in_time() {
    // Takes the connection, and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let project = Project::new(&format!("{}/notes", listener.local_addr().unwrap()));
    for further in
        [&["--timeout", "1", "--retries", "1"][..], &["--timeout", "1", "--retries", "0"]]
    {
        let begun = Instant::now();
        ends(&project.lock(further), 4, &["did not answer in 1 s", "--timeout"]);
        assert!(begun.elapsed() < Duration::from_secs(20), "it gives up");
    }
    ends(
        &project.run(&["lock"], &["--timeout", "1", "--retries", "0"]),
        4,
        &["did not answer in 1 s"],
    );
}

#[test]
fn asked_too_often() {
    let fake = Fake::new(|_| Reply::new(429, b"").header("Retry-After", "600"));
    ends(&of(&fake).lock(&[]), 4, &["is asked too often, and wants to be asked again in 600 s"]);
    assert_eq!(fake.requests().len(), 1, "it does not insist");
    let fake = Fake::new(|_| Reply::new(429, b"").header("Retry-After", "1"));
    let begun = Instant::now();
    ends(&of(&fake).lock(&["--retries", "1"]), 4, &["is asked too often"]);
    assert_eq!(fake.requests().len(), 2);
    assert!(begun.elapsed() >= Duration::from_secs(1), "it waits as long as it is asked to");
    let fake = Fake::new(|_| Reply::new(429, b""));
    ends(&of(&fake).lock(&ONCE), 4, &["is asked too often"]);
}

/// What fails in passing is tried again.
#[test]
fn a_registry_that_recovers() {
    let shelf = Shelf::new();
    let digest =
        Repository::new(shelf.plain(), "notes").push("1", "linux/amd64", "2024-05-06T07:08:09Z");
    let real = shelf.plain().to_owned();
    let count = AtomicUsize::new(0);
    let fake = Fake::new(move |request| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::new(503, b""),
        1 => Reply::new(429, b"").header("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),
        _ => {
            let url = format!("http://{real}{}", request.target);
            let mut answer = ureq::get(url).header("accept", MANIFEST).call().unwrap();
            Reply::new(200, &answer.body_mut().read_to_vec().unwrap())
                .header("Content-Type", MANIFEST)
        }
    });
    let project = of(&fake);
    ends(&project.lock(&[]), 0, &[]);
    assert_eq!(project.digest(), digest);
    let sent = fake.requests();
    let accept = sent[0].header("accept").unwrap();
    for kind in [
        "oci.image.index.v1",
        "manifest.list.v2",
        "oci.image.manifest.v1",
        "distribution.manifest.v2",
    ] {
        assert!(accept.contains(kind), "the digest depends on what is accepted: {accept}");
    }
}

#[test]
fn a_digest_of_other_bytes() {
    let wrong = format!("sha256:{}", "0".repeat(64));
    let named = wrong.clone();
    let fake = Fake::new(move |_| Reply::new(200, EMPTY).header("Docker-Content-Digest", &named));
    let project = of(&fake);
    let words = format!("{} instead of {wrong}", sha256(EMPTY));
    ends(&project.lock(&[]), 4, &["sent other bytes for", &words]);
    assert!(!project.has_lock());
}

/// The configuration of an image is checked as well, although nothing but the platform is taken
/// from it.
#[test]
fn a_configuration_of_other_bytes() {
    let manifest = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{MANIFEST}\",\"config\":{{\"mediaType\":\
         \"application/vnd.oci.image.config.v1+json\",\"digest\":\"{}\",\"size\":1}}}}",
        sha256(b"another")
    );
    let fake = Fake::new(move |request| match request.target.contains("/manifests/") {
        true => Reply::new(200, manifest.as_bytes()),
        false => Reply::new(200, b"{\"os\":\"linux\",\"architecture\":\"evil\"}"),
    });
    ends(&of(&fake).lock(&[]), 4, &["sent other bytes for"]);
}

#[test]
fn what_is_no_image() {
    let chart = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{MANIFEST}\",\"config\":{{\"mediaType\":\
         \"application/vnd.cncf.helm.config.v1+json\",\"digest\":\"{}\",\"size\":1}}}}",
        sha256(b"")
    );
    let deep = "[".repeat(100_000);
    let large = "x".repeat(5 << 20);
    for (body, words) in [
        ("<html>please log in</html>", "its manifest cannot be read"),
        (deep.as_str(), "its manifest cannot be read"),
        ("{\"schemaVersion\":1}", "its manifest has the old schema 1"),
        ("{\"schemaVersion\":2,\"manifests\":[]}", "its index names no platform"),
        ("{\"schemaVersion\":2,\"mediaType\":\"text/plain\"}", "its media type is text/plain"),
        (chart.as_str(), "its configuration is of type application/vnd.cncf.helm.config.v1+json"),
        (large.as_str(), "what it sends is larger than 4 MiB"),
    ] {
        let body = body.as_bytes().to_vec();
        let fake = Fake::new(move |_| Reply::new(200, &body));
        let project = of(&fake);
        ends(&project.lock(&ONCE), 1, &["is no container image", words]);
        assert!(!project.has_lock());
    }
}

#[test]
fn other_answers() {
    for (status, code, words) in [
        (403, 1, "denies access to"),
        (500, 4, "answered 500 for"),
        (418, 4, "answered 418 for"),
        (401, 1, "wants to know who asks"),
    ] {
        let fake = Fake::new(move |_| Reply::new(status, b""));
        ends(&of(&fake).lock(&ONCE), code, &[words]);
    }
    let fake = Fake::new(|_| Reply::new(200, EMPTY).header("Docker-Content-Digest", "md5:1"));
    ends(&of(&fake).lock(&[]), 1, &["its digest is `md5:1`"]);
}

/// A redirect takes no credentials along.
#[test]
fn credentials_stay_where_they_belong() {
    let server = Fake::new(|_| Reply::new(200, EMPTY));
    let target = format!("http://{}/elsewhere", server.address.replace("127.0.0.1", "localhost"));
    let away = Fake::new(move |request| match request.header("authorization") {
        None => Reply::new(401, b"").header("WWW-Authenticate", "Basic realm=\"x\""),
        Some(_) => Reply::new(307, b"").header("Location", &target),
    });
    let project = of(&away);
    project.configure(&login(&away.address, USER, PASSWORD));
    let done = project.lock(&ONCE);
    assert_ne!(done.status.code(), Some(0));
    let followed = server.requests();
    assert!(!followed.is_empty(), "the redirect is followed");
    assert!(followed.iter().all(|it| it.header("authorization").is_none()), "{followed:?}");
}

/// A lock that cannot be read is not written over.
#[test]
fn a_broken_lock_stays() {
    let shelf = Shelf::new();
    let repository = Repository::new(shelf.plain(), "notes");
    repository.push("1", "linux/amd64", "2024-05-06T07:08:09Z");
    let project = Project::new(&repository.name());
    ends(&project.lock(&[]), 0, &[]);
    let good = project.lock_text();
    for (text, words) in [
        (good.replace("version = 1\n", "version = 2\n"), "this lock has format 2"),
        (good[..good.len() - 20].to_owned(), "this lock is cut off"),
        (good.replace("reference", "<<<<<<< ours\nreference"), "the marks of a merge"),
        (
            good.replace("name = \"notes\"\nversion", "name = \"clp\"\nversion"),
            "is for the package `clp`",
        ),
        (String::new(), "this lock is cut off"),
    ] {
        write(&project.path("clp-gen.lock"), &text);
        for command in [&["lock"][..], &["lock", "update"], &["lock", "check"]] {
            let done = project.run(command, &["--plain-http", shelf.plain()]);
            ends(&done, 1, &[words]);
            assert_eq!(project.lock_text(), text, "{words}");
        }
    }
}
