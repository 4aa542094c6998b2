//! Overlays: project files and `--set`.

use std::fs;
use std::os::unix::fs::symlink;

use super::{arguments, as_data, build, in_words, label, overlay};
use crate::clp_gen;

#[test]
fn overlays_that_are_none() {
    let inside = |value: &str| format!("{{ services.webui.stop_grace_seconds = {value} }}");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let outside = "cannot import";
    let cases = [
        label("an import", "import \"/etc/hostname\" as 'Text", outside),
        label("an import upwards", "import \"../../etc/hostname\" as 'Text", outside),
        overlay("recursion", inside("let rec a = a + 1 in a"), "infinite recursion"),
        overlay("a syntax error", "{ services.webui = }", "unexpected token"),
        overlay("a wrong type", inside("\"a minute\""), "wanted a whole number, 0 or more"),
        overlay("a number", "3", "this file is no record"),
        overlay("a function", "fun x => x", "this file is no record"),
        overlay("a long number", inside(&"9".repeat(400)), "is too large a number"),
        label("a record without end", "let rec f = fun n => {a = f (n + 1)} in f 0", "wanted"),
        label("a long list", "std.array.generate (fun _ => 1) 1e15", "smaller than"),
        label("a large pattern", "std.string.is_match \"(a{999}){999}\" \"a\"", "size limit"),
        overlay("100,000 brackets", inside(&deep), "nests brackets deeper than"),
    ];
    for case in &cases {
        in_words(case, 1);
        as_data(case, 1);
    }
}

/// Where in it the evaluation is ended, and so the words, depend on the speed of the machine.
#[test]
fn overlays_without_an_end() {
    let doubled = |mark: &str, first: &str| {
        let steps = (0..40).map(|it| format!("let s{} = s{it} {mark} s{it} in ", it + 1));
        format!("let s0 = {first} in {}s40", steps.collect::<String>())
    };
    let contract = "let rec C = std.contract.custom (fun l v => std.contract.check C l v) in";
    let ended = "the evaluation was ended: it needs too m";
    let cases = [
        label("a recursion", "let rec f = fun x => f (x + 1) in f 0", ended),
        label("a list", "let rec f = fun n => [n] @ f (n + 1) in f 0", ended),
        label("a text", doubled("++", "\"ab\""), ended),
        label("a list at once", "std.array.generate (fun _ => 1) 3e8", ended),
        label("a power", "std.number.pow 10 2e9", ended),
        overlay(
            "a file",
            "let rec f = fun n => {a = f n} in {files.container_config.content = 'Yaml (f 1)}",
            ended,
        ),
        overlay("a contract", format!("{contract} {{ restart_policy | C = \"no\" }}"), ended),
    ];
    for (number, case) in cases.iter().enumerate() {
        // Each takes seconds, so each is tried in one form.
        if number % 2 == 0 { in_words(case, 1) } else { as_data(case, 1) }
    }
}

/// Large, but with a meaning: it is built, unless the machine is too slow.
#[test]
fn a_long_sum_is_a_number() {
    let sum = format!("{{ services.webui.stop_grace_seconds = {}1 }}", "1+".repeat(100_000));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let (ended, _folder) = build(&overlay("a sum", sum, ""), &["--out", out.to_str().unwrap()]);
    if ended.code == Some(0) {
        let compose = fs::read_to_string(out.join("compose.yaml")).unwrap();
        assert!(compose.contains("100001s"), "{compose}");
    } else {
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains("it needs too much time"), "{}", ended.stderr);
        assert!(!out.exists());
    }
}

#[test]
fn paths_that_lead_nowhere() {
    let set = |name, set: &str, says| arguments(name, &["--set", set], says);
    for case in [
        set("no `=`", "config.webui.port", "write a path, `=` and a Nickel expression"),
        set("no expression", "config.webui.port=", "write a path, `=` and a Nickel expression"),
        set("no path", "=3", "write a path, `=` and a Nickel expression"),
    ] {
        in_words(&case, 2);
    }
    for case in [
        set("a misspelt key", "config.webui.prot=3", "there is no field `prot` here"),
        set("no service", "services.webuy.stop_grace_seconds=3", "nothing at `services.webuy"),
        set("below a number", "config.webui.port.x=3", "wanted a port"),
        set("no name", "config..port=3", "unexpected token"),
        set("no field", "webui.port=3", "there is no field `webui` here"),
        set("a bracket", "config.webui.port=)", "unexpected token"),
        set("the environment", "config.webui.host=@env:HOME", "would read from outside"),
    ] {
        in_words(&case, 1);
        as_data(&case, 1);
    }
}

/// A link inside the project may not lead out of it.
#[test]
fn links_that_lead_out() {
    let folder = tempfile::tempdir().unwrap();
    symlink("/etc/hostname", folder.path().join("link.txt")).unwrap();
    let text = "{ services.webui.labels.a = import \"link.txt\" as 'Text }";
    fs::write(folder.path().join("deployment.ncl"), text).unwrap();
    let done = crate::run(clp_gen(folder.path(), &["build", "--target", "compose"]));
    assert_eq!(done.status.code(), Some(1));
    assert!(crate::stderr(&done).contains("a symbolic link that leads out"), "{done:?}");
    assert!(!folder.path().join("result-compose").exists());
}
