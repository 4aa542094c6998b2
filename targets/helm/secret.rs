//! The `Secret`, and the templates that compose what stands in it.
//!
//! **Invariant.** A value of a secret is known to templates only; what they make of it is written
//! in Base64, so that no byte of it is read as YAML.

use std::collections::{BTreeMap, BTreeSet};

use model::{Encoding, Name, Segment, Text};

use super::chart::Chart;
use super::expression::{bare, expression, into_template};
use super::spec::Keys;
use super::text::{Composed, given};
use crate::yaml;

impl Chart<'_> {
    /// The `Secret`, whose data the chart's own templates make.
    pub(super) fn secret_object(&self) -> Keys {
        Keys {
            api_version: "v1",
            kind: "Secret",
            metadata: self.metadata("", self.object("secret")),
            data: bare(&format!("{{{{- {} | nindent 2 }}}}", self.call("secretData", "."))),
        }
    }

    /// The secrets of the topology that the chart reads, by their key in the values.
    pub(super) fn raw_secrets(&self) -> BTreeMap<String, Text> {
        let names: BTreeSet<&Name> = self.derived.values().flat_map(|it| &it.secrets).collect();
        let raw = |name: &Name| Segment::Secret { name: name.clone(), encoding: Encoding::None };
        names.into_iter().map(|name| (name.to_string(), Text::new([raw(name)]))).collect()
    }

    /// A template for each of `texts`, called `<kind>.<key>`, which renders to it exactly.
    pub(super) fn texts(&self, kind: &str, texts: &BTreeMap<String, Composed>) -> String {
        let define = |(key, it): (&String, &Composed)| {
            let name = format!("{}.{kind}.{key}", self.name);
            let start = expression(&format!("{{{{- define \"{name}\" }}}}"));
            let end = expression("{{ end }}");
            into_template(&format!("{start}{}{end}", it.text)) + "\n"
        };
        texts.iter().map(define).collect()
    }

    /// The template of a mapping: a line for each of `texts`, through `filter`.
    pub(super) fn mapping(
        &self,
        template: &str,
        (kind, filter): (&str, &str),
        texts: &BTreeMap<String, Composed>,
    ) -> String {
        let line = |(key, it): (&String, &Composed)| {
            let call = self.call(&format!("{kind}.{key}"), ".");
            let value = bare(&format!("{{{{ {call} | {filter} }}}}"));
            let line = yaml::print(&BTreeMap::from([(key, value)])).text;
            if !it.optional {
                return line;
            }
            format!("{}{line}{}", given(&it.secrets), expression("{{ end }}"))
        };
        let lines: String = texts.iter().map(line).collect();
        let start = expression(&format!("{{{{- define \"{}.{template}\" }}}}", self.name));
        into_template(&format!("{start}{lines}{}", expression("{{ end }}"))) + "\n"
    }
}
