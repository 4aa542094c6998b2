use model::{Diagnostic, External, File, Name, Topology};
use serde_json::{Value, json};

use super::{Generated, generate};
use crate::spelling::Spelling;
use crate::template;

struct Plain;

impl Spelling for Plain {
    fn host(&self, service: &Name) -> String {
        service.to_string()
    }

    fn external(&self, _: &Name, external: &External, _: &str) -> Result<String, Diagnostic> {
        Ok(external.address.clone())
    }

    fn bind(&self, workload: &Name) -> String {
        workload.to_string()
    }

    fn root(&self, path: &str) -> Result<String, Diagnostic> {
        Err(Diagnostic::value(path, "there is no package directory"))
    }
}

fn file(content: Value) -> Result<Generated, Vec<Diagnostic>> {
    let topology: Topology = serde_json::from_value(json!({
        "package": { "name": "toy", "version": "1" },
        "project": "toy",
        "externals": { "database": { "address": "10.0.0.5", "ports": { "sql": 5432 } } },
    }))
    .unwrap();
    let file = json!({ "path": "etc/settings", "owner": "app", "content": content });
    let file: File = serde_json::from_value(file).unwrap();
    generate(&topology, &Plain, &Name::try_from("settings").unwrap(), &file)
}

fn text(generated: &Generated) -> &str {
    std::str::from_utf8(&generated.entry.bytes).unwrap()
}

fn port() -> Value {
    json!({ "$text": [{ "Connect": { "service": "database", "port": "sql", "part": "Port" } }] })
}

fn password() -> Value {
    json!({ "Secret": { "name": "password" } })
}

#[test]
fn a_port_alone_is_a_number() {
    let yaml = file(json!({ "Yaml": { "b": port(), "a": "yes" } })).unwrap_or_else(|_| panic!());
    assert_eq!(text(&yaml), "a: \"yes\"\nb: 5432\n");
    assert_eq!(yaml.source, "files/settings.yaml");
    assert!(!yaml.template);
    let json = file(json!({ "Json": { "b": port(), "a": ["@@"] } })).unwrap_or_else(|_| panic!());
    assert_eq!(text(&json), "{\"a\":[\"@@\"],\"b\":5432}\n");
}

#[test]
fn lines_come_from_the_content() {
    let yaml = file(json!({ "Yaml": { "a": [1, { "b": 2 }] } })).unwrap_or_else(|_| panic!());
    let lines = yaml.lines.iter().map(|it| (it.first, it.last, it.path.as_str()));
    let expected = [
        (1, 3, "files.settings.content.Yaml"),
        (1, 3, "files.settings.content.Yaml.a"),
        (2, 2, "files.settings.content.Yaml.a[0]"),
        (3, 3, "files.settings.content.Yaml.a[1]"),
        (3, 3, "files.settings.content.Yaml.a[1].b"),
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn secrets_arrive_whatever_is_in_them_and_around_them() {
    let value = "\"@@'\\\n\u{85}é: #@";
    let around = ["", "@", "@@", "@@@", "a@@@@", "\"@@literal@@", "@@secret password none none@@"];
    for (before, after) in around.iter().flat_map(|it| around.map(|other| (it, other))) {
        let late = json!({ "k@@": { "$text": [before, password(), after] }, "plain": before });
        let expected = json!({ "k@@": format!("{before}{value}{after}"), "plain": before });
        for format in ["Yaml", "Json"] {
            let generated = file(json!({ format: late })).unwrap_or_else(|_| panic!());
            assert!(generated.template);
            let rendered = render(text(&generated), value);
            assert_eq!(serde_norway::from_str::<Value>(&rendered).unwrap(), expected, "{rendered}");
        }
        let raw = json!({ "Text": { "$text": [before, password(), after] } });
        let generated = file(raw).unwrap_or_else(|_| panic!());
        assert_eq!(render(text(&generated), value), format!("{before}{value}{after}"));
    }
}

#[test]
fn every_problem_of_a_file_is_told() {
    let content = json!({ "Yaml": [{ "$text": [{ "Root": {} }] }, { "$text": [{ "Bind": {} }] }] });
    let problems = file(content).map(|_| ()).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["files.settings.content.Yaml[0]", "files.settings.content.Yaml[1]"]);
}

fn render(text: &str, value: &str) -> String {
    let parts = template::parse(text).unwrap();
    parts.iter().map(|part| part.render("", |_| value.to_owned())).collect()
}
