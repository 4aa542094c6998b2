//! Generated files: the content of a [`File`] in the words of its format.
//!
//! **Invariant.** A secret is a token of a template here, never a value; a file without secrets
//! holds no tokens and is taken as it stands.

use std::collections::BTreeMap;

use model::{Connect, Content, Data, Diagnostic, File, Name, Segment, Text, Topology};
use serde::{Serialize, Serializer};
use serde_json::Number;

use crate::at::At;
use crate::spelling::{Spelling, spell};
use crate::yaml::{self, Quoted};
use crate::{Entry, TracedLines, template};

/// A generated file as it stands in an artifact.
pub(crate) struct Generated {
    /// Its path in the artifact: `files/settings.yaml`.
    pub(crate) source: String,
    /// Its bytes.
    pub(crate) entry: Entry,
    /// Whether secrets have to be filled in at activation.
    pub(crate) template: bool,
    /// Where its lines come from.
    pub(crate) lines: Vec<TracedLines>,
}

/// Writes the file called `name` in the words of its format and of `spelling`'s target.
pub(crate) fn generate(
    topology: &Topology,
    spelling: &dyn Spelling,
    name: &Name,
    file: &File,
) -> Result<Generated, Vec<Diagnostic>> {
    // Where it goes and who may read it is for whoever installs it.
    let File { path: _, content, owner: _, discreet: _ } = file;
    let template = content.is_secret();
    let mut writer = Writer { topology, spelling, template, problems: vec![] };
    let (extension, text, lines) = writer.content(&format!("files.{name}.content"), content);
    if !writer.problems.is_empty() {
        return Err(writer.problems);
    }
    let source = format!("files/{name}.{extension}");
    Ok(Generated { source, entry: Entry::text(text), template, lines })
}

/// The extension of a file with this content.
pub(crate) fn extension(content: &Content) -> &'static str {
    match content {
        Content::Yaml(_) => "yaml",
        Content::Json(_) => "json",
        Content::Text(_) => "txt",
    }
}

/// The extension of a file, its content and its trace.
type Written = (&'static str, String, Vec<TracedLines>);

/// Spells what stands in one file, and keeps every problem with it.
struct Writer<'a> {
    topology: &'a Topology,
    spelling: &'a dyn Spelling,
    template: bool,
    problems: Vec<Diagnostic>,
}

impl Writer<'_> {
    fn content(&mut self, path: &str, content: &Content) -> Written {
        match content {
            Content::Yaml(data) => {
                let path = format!("{path}.Yaml");
                let value = self.data(&path, data);
                let printed = yaml::print(&traced(path, &value));
                ("yaml", printed.text, printed.lines)
            }
            Content::Json(data) => {
                let path = format!("{path}.Json");
                let value = self.data(&path, data);
                let json = serde_json::to_string(&value).expect("the keys are strings");
                ("json", json + "\n", whole(path, 1))
            }
            Content::Text(text) => {
                let path = format!("{path}.Text");
                let text = self.text(&path, text, false);
                let last = text.lines().count().max(1);
                ("txt", text, whole(path, last))
            }
        }
    }

    fn data(&mut self, path: &str, data: &Data) -> Value {
        match data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Number(value) => Value::Number(value.clone()),
            Data::Text(text) => self.leaf(path, text),
            Data::List(items) => {
                let items = items.iter().enumerate();
                Value::List(items.map(|(at, it)| self.data(&format!("{path}[{at}]"), it)).collect())
            }
            Data::Map(items) => {
                let mut value = |(key, it): (&String, &Data)| {
                    (self.literal(key), self.data(&format!("{path}.{key}"), it))
                };
                Value::Map(items.iter().map(&mut value).collect())
            }
        }
    }

    fn leaf(&mut self, path: &str, text: &Text) -> Value {
        let spelt = self.text(path, text, true);
        if text.is_secret() {
            return Value::Secret(Quoted(spelt));
        }
        match (text.segments(), spelt.parse::<u16>()) {
            ([Segment::Connect { part: Connect::Port, .. }], Ok(port)) => {
                Value::Number(port.into())
            }
            _ => Value::Text(spelt),
        }
    }

    /// `text` with tokens for its secrets, which are escaped as in JSON where `json` says so.
    fn text(&mut self, path: &str, text: &Text, json: bool) -> String {
        let spelt = spell(self.topology, self.spelling, None, path, text);
        let spelt = spelt.unwrap_or_else(|problem| {
            self.problems.push(problem);
            Text::default()
        });
        spelt.segments().iter().map(|segment| self.segment(segment, json)).collect()
    }

    fn segment(&self, segment: &Segment, json: bool) -> String {
        match segment {
            Segment::Literal(text) => self.literal(text),
            Segment::Secret { name, encoding } => template::secret(name, *encoding, json),
            Segment::Image(_) | Segment::Root | Segment::Connect { .. } | Segment::Bind => {
                unreachable!("spelling leaves literals and secrets only")
            }
        }
    }

    fn literal(&self, text: &str) -> String {
        match self.template {
            true => template::literal(text),
            false => text.to_owned(),
        }
    }
}

fn whole(path: String, last: usize) -> Vec<TracedLines> {
    vec![TracedLines { first: 1, last, path }]
}

/// [`Data`] that is spelt.
#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// Quoted always, so that no value can change what the text around it means.
    Secret(Quoted),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

/// A value with its path, printed with the paths of everything in it.
struct Traced<'a> {
    path: String,
    value: &'a Value,
}

/// `value` as coming from `path`.
fn traced(path: String, value: &Value) -> At<Traced<'_>> {
    At::new(path.clone(), Traced { path, value })
}

impl Serialize for Traced<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { path, value } = self;
        match value {
            Value::List(items) => {
                let items = items.iter().enumerate();
                serializer.collect_seq(items.map(|(at, it)| traced(format!("{path}[{at}]"), it)))
            }
            Value::Map(items) => {
                let items = items.iter();
                serializer
                    .collect_map(items.map(|(key, it)| (key, traced(format!("{path}.{key}"), it))))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) => {
                value.serialize(serializer)
            }
        }
    }
}

#[cfg(test)]
mod tests;
