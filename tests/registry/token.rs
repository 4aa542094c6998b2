//! A token server, as registries name them: it signs what a registry believes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

use super::fake::{Fake, Reply, Request};
use super::{PASSWORD, USER, base64};

/// The token that somebody who logged in holds instead of a password.
pub(super) const REFRESH: &str = "a-secret-word-to-refresh";

/// Starts one: it lets anybody read `open/…`, and whoever is logged in read everything.
pub(super) fn serve(certificate: &Path, key: &Path) -> Fake {
    let (certificate, key) = (certificate.to_owned(), key.to_owned());
    Fake::new(move |request| grant(request, &certificate, &key))
}

fn grant(request: &Request, certificate: &Path, key: &PathBuf) -> Reply {
    let header = format!("Basic {}", base64(&format!("{USER}:{PASSWORD}")));
    let known = match request.method.as_str() {
        "POST" => request.body.contains(&format!("refresh_token={REFRESH}")),
        _ => match request.header("authorization") {
            Some(sent) if sent == header => true,
            Some(_) => return Reply::new(401, b"no"),
            None => false,
        },
    };
    if request.method == "POST" && !known {
        return Reply::new(401, b"no");
    }
    let asked = if request.method == "POST" { &request.body } else { &request.target };
    let scope = asked.split(['?', '&']).find_map(|it| it.strip_prefix("scope="));
    let scope = scope.unwrap().replace("%3A", ":").replace("%2F", "/").replace("%2C", ",");
    let name = scope.split(':').nth(1).unwrap().to_owned();
    let allowed = known || name.starts_with("open/");
    let token = signed(if allowed { Some(&name) } else { None }, certificate, key);
    // Both names are in use.
    let key = if known { "access_token" } else { "token" };
    Reply::new(200, json!({ key: token }).to_string().as_bytes())
}

/// A token that allows to read a repository, or nothing.
fn signed(name: Option<&String>, certificate: &Path, key: &PathBuf) -> String {
    let pem = std::fs::read_to_string(certificate).unwrap();
    let body: String = pem.lines().filter(|it| !it.starts_with("-----")).collect();
    BASE64_STANDARD.decode(&body).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let access: Vec<_> = name
        .iter()
        .map(|it| json!({ "type": "repository", "name": it, "actions": ["pull"] }))
        .collect();
    let header = json!({ "typ": "JWT", "alg": "RS256", "x5c": [body] });
    let claims = json!({
        "iss": "tests", "sub": USER, "aud": "tests", "jti": now.to_string(), "access": access,
        "iat": now, "nbf": now - 10, "exp": now + 300,
    });
    let encoded =
        [header, claims].map(|it| BASE64_URL_SAFE_NO_PAD.encode(it.to_string())).join(".");
    let mut openssl = Command::new("openssl");
    openssl
        .args(["dgst", "-sha256", "-sign"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut openssl = openssl.spawn().unwrap();
    openssl.stdin.take().unwrap().write_all(encoded.as_bytes()).unwrap();
    let signature = openssl.wait_with_output().unwrap();
    assert!(signature.status.success());
    format!("{encoded}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.stdout))
}
