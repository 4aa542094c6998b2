//! `explain`: the line of an output file leads to a value, and a value to its lines. That the place
//! of a value is right is shown in `origins`.

use std::fs;

use serde_json::Value as Json;

use crate::schema::mistakes;
use crate::{clp_gen, root, run, stderr, stdout};

fn explain(arguments: &[&str]) -> (i32, String, String) {
    let folder = root().join("fixtures/accepted/clp-full/in");
    let output = run(clp_gen(&folder, &[&["explain"], arguments].concat()));
    (output.status.code().unwrap(), stdout(&output), stderr(&output))
}

/// Where a port of the host goes, and from each of these lines back to it.
#[test]
fn a_value_is_found_from_each_of_its_lines() {
    let path = "services.webui.ports.http.publish.port";
    let (code, text, error) = explain(&[path, "--format", "json"]);
    assert_eq!(code, 0, "{error}");
    let data: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(data["contract"]["wanted"], "whole number, 1 to 65535");
    let mut count = 0;
    for target in data["targets"].as_array().unwrap() {
        for place in target["places"].as_array().unwrap() {
            let line = format!("{}:{}", place["file"].as_str().unwrap(), place["last"]);
            let (code, text, error) =
                explain(&[&line, "--target", target["target"].as_str().unwrap()]);
            assert_eq!(code, 0, "{error}");
            assert!(
                text.starts_with(&format!("{line} comes from services.webui.ports.http")),
                "{text}"
            );
            count += 1;
        }
    }
    assert!(count > 2, "{text}");
}

#[test]
fn explanations_fit_their_schema() {
    let schema = fs::read_to_string(root().join("docs/schemas/explain.json")).unwrap();
    let paths =
        ["config.webui.port", "services.webui", "compose.yaml:5", "volumes.archives", "host.cpus"];
    let set = ["--set", "config.webui.port=8000", "--format", "json"];
    let found = paths.map(|path| explain(&[&[path], &set[..]].concat()).1);
    for (text, mistakes) in found.iter().zip(mistakes(&schema, &found)) {
        assert!(mistakes.is_empty(), "{mistakes:?} in {text}");
    }
}

#[test]
fn what_leads_nowhere_is_said() {
    for (asked, said) in [
        ("compose.yaml:100000", "compose.yaml has only"),
        ("compose.yaml:2", "line 2 of compose.yaml comes from no single value"),
        ("no-such-file:1", "no target writes a file no-such-file"),
        ("services.webuu", "there is nothing at `services.webuu`"),
    ] {
        let (code, _, error) = explain(&[asked]);
        assert_eq!(code, 1);
        assert!(error.contains(said), "{error}");
    }
}
