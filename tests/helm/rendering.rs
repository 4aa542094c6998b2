//! What Helm makes of a chart, as objects.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

use super::cases::Case;
use crate::programs::tool;
use crate::{run, stderr, stdout};

/// The name of the release: no part of it stands in a topology.
pub(crate) const RELEASE: &str = "zq";

/// `helm template`, of version 3 or 4.
pub(crate) fn template(helm: &str, case: &Case, arguments: &[&str]) -> Output {
    let mut command = tool(helm);
    command.args(["template", RELEASE]).arg(case.chart());
    command.arg("--values").arg(case.secrets()).args(arguments);
    run(command)
}

/// The manifests of a chart with these further arguments.
pub(crate) fn manifests(case: &Case, arguments: &[&str]) -> String {
    let output = template("helm-3", case, arguments);
    assert!(output.status.success(), "{}: {}", case.name, stderr(&output));
    assert_eq!(stderr(&output), "", "{}: without a warning", case.name);
    stdout(&output)
}

/// The objects of a chart with these further arguments.
pub(crate) fn objects(case: &Case, arguments: &[&str]) -> Vec<Json> {
    documents(&manifests(case, arguments))
}

/// The documents of a YAML text.
pub(crate) fn documents(text: &str) -> Vec<Json> {
    let program = "import json, sys, yaml
loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
json.dump([it for it in yaml.load_all(sys.stdin.buffer, loader) if it], sys.stdout)";
    let mut python = tool("python");
    python.args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let output = fed(python, text);
    assert!(output.status.success(), "no YAML: {text}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command with this standard input.
pub(crate) fn fed(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

/// The kind of an object.
pub(crate) fn kind(object: &Json) -> &str {
    object["kind"].as_str().unwrap()
}

/// The name of an object.
pub(crate) fn name(object: &Json) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

/// The objects that run pods, by the name of the workload.
pub(crate) fn workloads(objects: &[Json]) -> BTreeMap<String, &Json> {
    let runs = |it: &&Json| ["Deployment", "StatefulSet", "Job"].contains(&kind(it));
    let named = objects.iter().filter(runs).map(|it| {
        let label = &it["metadata"]["labels"]["app.kubernetes.io/component"];
        (label.as_str().unwrap().to_owned(), it)
    });
    named.collect()
}

/// The specification of the pods of an object.
pub(crate) fn pod(object: &Json) -> &Json {
    &object["spec"]["template"]["spec"]
}

/// The data of the objects of a kind, by key, as text.
pub(crate) fn data(objects: &[Json], wanted: &str) -> BTreeMap<String, String> {
    let found = objects.iter().filter(|it| kind(it) == wanted);
    let entries = found.filter_map(|it| it["data"].as_object()).flatten();
    let text = |value: &Json| {
        let value = value.as_str().unwrap();
        match wanted {
            "Secret" => String::from_utf8(decoded(value)).unwrap(),
            _ => value.to_owned(),
        }
    };
    entries.map(|(key, value)| (key.clone(), text(value))).collect()
}

/// The bytes of a text in Base64.
fn decoded(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0u32;
    let mut count = 0;
    let mut result = vec![];
    for byte in text.bytes().filter(|it| *it != b'=') {
        let digit = digits.iter().position(|it| *it == byte).unwrap();
        bits = bits << 6 | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            result.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    result
}

/// Whether a program that `scripts/tools` installed says nothing against a file.
pub(crate) fn accepted(mut command: Command, path: &Path) {
    let output = run({
        command.arg(path);
        command
    });
    let said = stdout(&output) + &stderr(&output);
    assert!(output.status.success(), "{}: {said}", path.display());
}
