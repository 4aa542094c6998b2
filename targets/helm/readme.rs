//! What a chart says to people: its README, and its notes after an installation.
//!
//! **Invariant.** Nothing here is read by a machine.

use std::collections::BTreeMap;
use std::fmt::Write;

use model::{Name, Publish, Service};

use super::chart::Chart;
use super::expression::{expression, into_template};
use super::text::Composed;
use super::values::Section;

impl Chart<'_> {
    /// `README.md`.
    pub(super) fn readme(&self, sections: &[Section]) -> String {
        let topology = self.topology;
        let mut text = format!("# {}\n\n", self.name);
        let line = format!("Deploys {} {}", topology.package.name, topology.package.version);
        text.push_str(&line);
        match &topology.variant {
            Some(variant) => text.push_str(&format!(" ({variant}).\n")),
            None => text.push_str(".\n"),
        }
        text.push_str(INSTALLING);
        for (path, default) in sections.iter().flat_map(Section::rows) {
            writeln!(text, "| `{path}` | `{default}` |").expect("a string takes everything");
        }
        text.push_str(REACHED);
        if !self.derived.is_empty() {
            text.push_str(SECRETS);
            for (key, composed) in &self.derived {
                let Composed { text: _, secrets, optional } = composed;
                let from: Vec<String> = secrets.iter().map(|it| format!("`{it}`")).collect();
                let optional = if *optional { ", optional" } else { "" };
                writeln!(text, "- `{key}`, from {}{optional}", from.join(", "))
                    .expect("a string takes everything");
            }
        }
        text.push_str(&self.emulations());
        text
    }

    /// What is done otherwise, and which places of the topology it is about.
    fn emulations(&self) -> String {
        let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (path, how) in &self.emulated {
            places.entry(how).or_default().push(path);
        }
        if places.is_empty() {
            return String::new();
        }
        let one = |(how, paths): (&&str, &Vec<&str>)| {
            let paths: String = paths.iter().map(|path| format!("  - `{path}`\n")).collect();
            format!("- {how}:\n{paths}")
        };
        EMULATED.to_owned() + &places.iter().map(one).collect::<String>()
    }

    /// `templates/NOTES.txt`.
    pub(super) fn notes(&self) -> String {
        let mut text = format!("{} {} is installed.\n", self.name, self.topology.package.version);
        let published: Vec<String> =
            self.topology.services.iter().flat_map(|it| self.forwards(it)).collect();
        if !published.is_empty() {
            text.push_str("\nTo reach it from this machine:\n\n");
            text.push_str(&published.concat());
        }
        into_template(&text)
    }

    fn forwards(&self, (name, service): (&Name, &Service)) -> Vec<String> {
        let published = service.ports.values().filter_map(|it| Some((it, it.publish.as_ref()?)));
        let forward = |(port, publish): (&model::Port, &Publish)| {
            let Publish { address: _, port: host } = publish;
            let namespace = expression("{{ .Release.Namespace }}");
            let command = format!("  kubectl --namespace {namespace} port-forward");
            let object = self.object(name.as_str());
            format!("{command} service/{object} {host}:{}\n", port.container)
        };
        published.map(forward).collect()
    }
}

const INSTALLING: &str = "
This chart is generated: it is changed where it comes from, and generated again. What a cluster
decides is in `values.yaml`.

    helm install my-release . --namespace my-namespace --values values.secret.yaml

What is waited for, and who may ask, is in `templates/0-wait.yaml`: no right reaches beyond the
namespace. An upgrade restarts what reads what has changed; a changed job runs again.

## Values

What each is for stands in `values.yaml`.

| value | default |
|---|---|
";

const REACHED: &str = "
## What stays

`helm uninstall` leaves the claims of what is kept, so that nothing is lost by mistake; they have
the label `app.kubernetes.io/instance`.
";

const SECRETS: &str = "
## Secrets

`values.secret.yaml` gives them as they are, under `secrets`. In place of it `existingSecret` may
name a Secret with these keys, composed as `templates/_secrets.tpl` does it:

";

const EMULATED: &str = "
## What Kubernetes does in its own way

";
