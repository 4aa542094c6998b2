//! Drawings, judged by the programs that draw them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::{check, clp_gen, options, programs, root, run, stderr, stdout};

/// The fixtures of CLP that differ in what runs.
const TYPES: [&str; 5] =
    ["clp-full", "clp-base", "clp-spider-full", "clp-spider-base", "clp-external"];

fn drawn(case: &str, arguments: &[&str]) -> String {
    let input = root().join("fixtures/accepted").join(case).join("in");
    let mut command = clp_gen(&input, &[&["graph"], arguments].concat());
    command.args(options(&input));
    let output = run(command);
    assert!(output.status.success(), "{case}: {}", stderr(&output));
    stdout(&output)
}

/// Gives `text` to a program, which has nothing to say about it but what it draws.
fn draw(mut program: Command, text: &str) -> String {
    let pipe = || Stdio::piped();
    let mut child = program.stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}{text}", stderr(&output));
    stdout(&output)
}

/// The nodes and edges of a drawing.
fn counted(case: &str, arguments: &[&str]) -> (Vec<String>, usize) {
    let graph = drawn(case, &[arguments, &["--format", "json"]].concat());
    let graph: Json = serde_json::from_str(&graph).unwrap();
    let groups = graph["groups"].as_array().unwrap().iter();
    let nodes = groups.flat_map(|it| it["nodes"].as_array().unwrap());
    let names = nodes.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    (names, graph["edges"].as_array().unwrap().len())
}

#[test]
fn mermaid_renders_every_type() {
    for case in TYPES {
        let text = drawn(case, &[]);
        check(&root().join(format!("fixtures/graphs/{case}.mmd")), text.as_bytes());
        let picture = draw(programs::tool("mermaid"), &text);
        let (names, edges) = counted(case, &[]);
        assert!(names.len() > 8 && edges > 8, "{case}: {names:?}, {edges}");
        // Long names are broken into lines at their hyphens.
        let flat = picture.replace("<br>", "").replace("<br/>", "");
        for name in names {
            assert!(flat.contains(&name), "{case}: {name} is drawn");
        }
        assert_eq!(picture.matches("data-edge=\"true\"").count(), edges, "{case}: edges");
    }
}

#[test]
fn graphviz_reads_every_type() {
    for case in TYPES {
        let mut dot = Command::new("dot");
        dot.arg("-Tsvg");
        let picture = draw(dot, &drawn(case, &["--as", "dot"]));
        let (names, edges) = counted(case, &[]);
        assert_eq!(picture.matches("class=\"node\"").count(), names.len(), "{case}: nodes");
        assert_eq!(picture.matches("class=\"edge\"").count(), edges, "{case}: edges");
    }
}

/// The picture of the README; it is well-formed, and twice the same.
#[test]
fn the_picture_is_as_expected() {
    let picture = drawn("clp-full", &["--as", "svg"]);
    check(&root().join("docs/clp-full.svg"), picture.as_bytes());
    assert_eq!(picture, drawn("clp-full", &["--as", "svg"]));
    let mut reader = programs::tool("python");
    reader.args(["-c", "import sys, xml.dom.minidom as m; m.parse(sys.stdin)"]);
    draw(reader, &picture);
}

/// What one side has and the other has not is marked, also without colours.
#[test]
fn differences_are_marked() {
    let folder = tempfile::tempdir().unwrap();
    let build = ["build", "--target", "compose", "--out", "full"];
    let output = run(clp_gen(folder.path(), &build));
    assert!(output.status.success(), "{}", stderr(&output));
    let before = folder.path().join("full");
    let before = before.to_str().unwrap();
    let (plain, _) = counted("clp-spider-base", &[]);
    assert!(!plain.contains(&"queue".to_owned()));
    let text = drawn("clp-spider-base", &["--diff", before]);
    check(&root().join("fixtures/graphs/full-to-spider-base.mmd"), text.as_bytes());
    draw(programs::tool("mermaid"), &text);
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&text), "the README shows it: copy it there");
    for marked in ["− queue", "+ spider-scheduler", "− healthy"] {
        assert!(text.contains(marked), "{marked} in {text}");
    }
    let picture = drawn("clp-spider-base", &["--diff", before, "--as", "svg"]);
    assert!(picture.contains("− queue") && picture.contains("+ spider-scheduler"));
}

#[test]
fn what_is_no_build_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for name in ["nowhere", "empty"] {
        let output = run(clp_gen(folder.path(), &["graph", "--diff", name]));
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
}

/// A group is one of something that there is.
#[test]
fn a_group_of_nothing_is_refused() {
    let set = ["graph", "--set", "groups.webiu=\"Interfaces\""];
    let output = run(clp_gen(Path::new("/"), &set));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no service or job `webiu`"), "{}", stderr(&output));
}
