//! Generated files: a template each, in the `ConfigMap`, or in the `Secret` with a secret in it.
//!
//! **Invariant.** A file holds the same bytes as on any other target, but for names of hosts and
//! images, which belong to the release.

use model::{Content, Data, File, MountSource, Name};

use super::chart::Chart;
use super::expression::bare;
use super::spec::Keys;
use super::text::{Composed, Escape};
use crate::generated::{Generated, generate};
use crate::template::{self, Part};

impl Chart<'_> {
    /// What stands in a file.
    pub(super) fn content(&mut self, name: &Name, file: &File) -> Composed {
        let File { path, content, owner, discreet: _ } = file;
        for text in content.texts() {
            self.require(&format!("files.{name}.content"), text);
        }
        let content = self.with_images(content);
        let file = File { path: path.clone(), content, owner: owner.clone(), discreet: false };
        let generated = match generate(self.topology, &self.release(), name, &file) {
            Ok(generated) => generated,
            Err(problems) => {
                self.problems.extend(problems);
                return Composed::default();
            }
        };
        let Generated { source: _, entry, template, lines: _ } = generated;
        let text = String::from_utf8(entry.bytes).expect("generated files are text");
        if !template {
            return Composed { text, ..Composed::default() };
        }
        self.filled_in(&text)
    }

    /// A template of the other targets as one of Helm's.
    fn filled_in(&self, text: &str) -> Composed {
        let mut composed = Composed::default();
        for part in template::parse(text).expect("what is generated as a template is one") {
            match part {
                Part::Literal(literal) => composed.text.push_str(&literal),
                Part::Secret { name, encoding, json } => {
                    let escape = if json { Escape::Json } else { Escape::None };
                    composed.text.push_str(&self.secret(&name, encoding, escape));
                    composed.secrets.insert(name);
                }
                Part::Root | Part::With(_) => {
                    unreachable!("a chart refuses the package directory, and has no such lines")
                }
            }
        }
        composed
    }

    fn with_images(&self, content: &Content) -> Content {
        match content {
            Content::Yaml(data) => Content::Yaml(self.data(data)),
            Content::Json(data) => Content::Json(self.data(data)),
            Content::Text(text) => Content::Text(self.text_with_images(text)),
        }
    }

    fn data(&self, data: &Data) -> Data {
        match data {
            Data::Null | Data::Bool(_) | Data::Number(_) => data.clone(),
            Data::Text(text) => Data::Text(self.text_with_images(text)),
            Data::List(items) => Data::List(items.iter().map(|it| self.data(it)).collect()),
            Data::Map(items) => {
                let items = items.iter().map(|(key, it)| (key.clone(), self.data(it)));
                Data::Map(items.collect())
            }
        }
    }

    /// Whether a workload reads the generated file called `name`.
    pub(super) fn is_mounted(&self, name: &Name) -> bool {
        let services = self.topology.services.values().map(|it| &it.workload);
        let workloads = services.chain(self.topology.jobs.values().map(|it| &it.workload));
        let mut mounts = workloads.flat_map(|it| it.mounts.values());
        mounts.any(|mount| matches!(&mount.source, MountSource::File(file) if file == name))
    }

    /// The `ConfigMap` of the files without secrets.
    pub(super) fn config_map(&self) -> Keys {
        Keys {
            api_version: "v1",
            kind: "ConfigMap",
            metadata: self.metadata("", self.object("config")),
            data: bare(&format!("{{{{- {} | nindent 2 }}}}", self.call("configData", "."))),
        }
    }
}
