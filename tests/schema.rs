//! JSON Schemas of the inputs, judged by a validator, and the reference of options.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value as Json, json};

use crate::generated::builds;
use crate::{check, clp_gen, fixtures, programs, root, run, stderr, stdout};

/// Reads a list of schema and YAML text, and prints what is wrong with each text.
const VALIDATOR: &str = r#"
import json, sys, yaml
from jsonschema import Draft7Validator
found = []
for case in json.load(sys.stdin):
    Draft7Validator.check_schema(case["schema"])
    errors = Draft7Validator(case["schema"]).iter_errors(yaml.safe_load(case["text"]))
    found.append([f"{error.json_path}: {error.message}" for error in errors])
json.dump(found, sys.stdout)
"#;

/// Fixtures whose mistake is one of a single key, so that an editor can show it.
const TOLD_BY_ONE_KEY: [&str; 11] = [
    "clp-authentication-has-too-little",
    "clp-authentication-unknown",
    "clp-directories-blank",
    "clp-enumerations-misspelt",
    "clp-keys-misspelt",
    "clp-keys-of-other-releases",
    "clp-levels-of-another-language",
    "clp-names-incomplete",
    "clp-not-a-map",
    "clp-numbers-out-of-range",
    "clp-presto-coordinator-incomplete",
];

fn schema(arguments: &[&str]) -> String {
    let arguments = [&["schema"], arguments].concat();
    let output = run(clp_gen(Path::new("/"), &arguments));
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

/// What the validator finds wrong with each text.
pub(crate) fn mistakes(schema: &str, texts: &[String]) -> Vec<Vec<String>> {
    let schema: Json = serde_json::from_str(schema).unwrap();
    let cases = texts.iter().map(|text| json!({ "schema": schema, "text": text }));
    let cases = Json::from(cases.collect::<Vec<_>>()).to_string();
    let mut command = programs::tool("python");
    command.args(["-c", VALIDATOR]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(cases.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The files of fixtures of CLP with this name.
fn written(kind: &str, name: &str) -> Vec<PathBuf> {
    let folders = fixtures(kind).into_iter();
    folders.map(|it| it.join("in/etc").join(name)).filter(|it| it.exists()).collect()
}

fn texts(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|it| fs::read_to_string(it).unwrap()).collect()
}

#[test]
fn what_is_accepted_is_valid() {
    for (subject, name) in [("config", "clp-config.yaml"), ("host", "host.yaml")] {
        let mut texts = texts(&written("accepted", name));
        assert!(!texts.is_empty(), "there are such files: {name}");
        if subject == "config" {
            texts.extend(builds());
        }
        for (text, found) in texts.iter().zip(mistakes(&schema(&[subject]), &texts)) {
            assert!(found.is_empty(), "{subject}: {found:?} in {text}");
        }
    }
}

#[test]
fn mistakes_of_one_key_are_invalid() {
    let files: Vec<PathBuf> = written("rejected", "clp-config.yaml");
    let told = |file: &PathBuf| {
        TOLD_BY_ONE_KEY.iter().any(|name| file.components().any(|it| it.as_os_str() == *name))
    };
    let files: Vec<PathBuf> = files.into_iter().filter(told).collect();
    assert_eq!(files.len(), TOLD_BY_ONE_KEY.len());
    for (file, found) in files.iter().zip(mistakes(&schema(&["config"]), &texts(&files))) {
        assert!(!found.is_empty(), "{}", file.display());
    }
}

#[test]
fn credentials_are_described_as_they_are_read() {
    let database = "database: {username: u, password: p, root_username: r, root_password: q, \
                    spider_username: s, spider_password: t}";
    let texts = [
        database.to_owned(),
        format!("{database}\nredis: {{password: 7}}"),
        "database: {username: u}".to_owned(),
        format!("{database}\nqueue: {{username: u, passwd: p}}"),
        String::new(),
    ];
    let found = mistakes(&schema(&["credentials"]), &texts);
    let valid: Vec<bool> = found.iter().map(Vec::is_empty).collect();
    assert_eq!(valid, [true, true, false, false, false], "{found:?}");
}

#[test]
fn the_schema_of_a_small_package_is_as_expected() {
    let package = root().join("fixtures/packages/notes");
    let package = package.to_str().unwrap();
    for subject in ["config", "credentials"] {
        let schema = schema(&[subject, "--package", package]);
        check(&root().join(format!("fixtures/schemas/notes-{subject}.json")), schema.as_bytes());
    }
}

#[test]
fn the_reference_of_options_is_fresh() {
    check(&root().join("docs/options.md"), schema(&["options"]).as_bytes());
}

#[test]
fn a_package_with_mistakes_is_refused() {
    let output = run(clp_gen(Path::new("/"), &["schema", "--package", "/nowhere"]));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("there is no package `/nowhere`"), "{}", stderr(&output));
}
