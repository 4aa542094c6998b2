//! What an installation for Kubernetes writes: the chart, the chart as one file, and its secrets.
//!
//! **Invariant.** Helm does the rest. The values of secrets stand in one file, which nobody else may
//! read and no package of the chart holds.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use targets::{Entry, INSTALLATION, Installation};

use super::render::{Rendered, beside};
use super::secrets::Values;
use super::tree::Tree;
use crate::build::Built;
use crate::failure::Failure;

/// The values that hold secrets.
const SECRETS: &str = "values.secret.yaml";

/// What says what a chart is called.
const CHART: &str = "Chart.yaml";

/// Every file that is installed, complete.
///
/// # Errors
///
/// A secret that the chart needs and whose variable is not set.
pub fn render(
    built: &Built,
    installation: &Installation,
    values: &Values,
) -> Result<Vec<Rendered>, Failure> {
    let (name, version) = chart(built);
    let files = built.lowered.files.iter().filter(|(path, _)| *path != INSTALLATION);
    let files: BTreeMap<String, &Entry> =
        files.map(|(path, entry)| (format!("{name}/{path}"), entry)).collect();
    let package = package(&files).expect("memory takes every byte");
    let plain = |(path, entry): (String, &Entry)| {
        let Entry { bytes, mode } = entry;
        file(path, bytes.clone(), *mode, false)
    };
    let mut rendered = vec![
        file(format!("{name}-{version}.tgz"), package, 0o644, false),
        file(SECRETS.to_owned(), secrets(installation, values)?.into_bytes(), 0o600, true),
    ];
    rendered.extend(files.into_iter().map(plain));
    rendered.extend(beside(built));
    Ok(rendered)
}

/// What to do with an installed chart, by what it is for.
#[must_use]
pub fn commands(built: &Built, tree: &Tree) -> Vec<(&'static str, String)> {
    let (name, version) = chart(built);
    let place = |path: &str| super::commands::quoted(&tree.final_place(path).display().to_string());
    let (package, secrets) = (place(&format!("{name}-{version}.tgz")), place(SECRETS));
    let release = format!("{name} --namespace {name}");
    vec![
        (
            "start",
            format!(
                "helm upgrade --install {release} --create-namespace --values {secrets} {package} \
                 --wait --timeout 15m"
            ),
        ),
        ("stop", format!("helm uninstall {release}")),
        ("status", format!("helm status {release}")),
    ]
}

fn file(path: String, bytes: Vec<u8>, mode: u32, secret: bool) -> Rendered {
    Rendered { path, bytes, mode, owner: None, secret }
}

/// The name and the version of the chart, as it says them itself.
fn chart(built: &Built) -> (String, String) {
    let text = String::from_utf8_lossy(&built.lowered.files[CHART].bytes).into_owned();
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        line.expect("the back end writes it").trim_matches('"').to_owned()
    };
    (value("name"), value("version"))
}

/// A packaged chart: the same bytes for the same files, without times, owners or names of machines.
fn package(files: &BTreeMap<String, &Entry>) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().operating_system(255).write(vec![], Compression::default());
    let mut archive = tar::Builder::new(gzip);
    archive.mode(tar::HeaderMode::Deterministic);
    // Helm wants the description of the chart first.
    let first = |path: &String| !path.ends_with(&format!("/{CHART}"));
    let mut files: Vec<(&String, &Entry)> = files.iter().map(|(path, it)| (path, *it)).collect();
    files.sort_by_key(|(path, _)| (first(path), *path));
    for (path, Entry { bytes, mode }) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(*mode);
        header.set_mtime(0);
        archive.append_data(&mut header, path, bytes.as_slice())?;
    }
    let mut gzip = archive.into_inner()?;
    gzip.flush()?;
    gzip.finish()
}

/// The values that hold secrets, as they are: the chart encodes them itself.
fn secrets(installation: &Installation, values: &Values) -> Result<String, Failure> {
    let mut known = BTreeMap::new();
    for (key, text) in &installation.secrets {
        let (name, _) = text.secrets().next().expect("a chart's secrets are single ones");
        match values.has(name) {
            true => drop(known.insert(key.as_str(), values.get(name))),
            false if installation.optional.contains(key) => {}
            false => {
                let message =
                    format!("the chart needs `secrets.{key}`, and its variable is not set");
                return Err(Failure::input(message, "Set the variable for whoever installs"));
            }
        }
    }
    Ok(targets::yaml_text(&BTreeMap::from([("secrets", known)])))
}
