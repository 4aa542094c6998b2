//! Kubernetes: a Helm chart.
//!
//! **Invariant.** Values never decide what exists or what a container's configuration says; that
//! is compiled in. What a chart cannot express is refused, what it does in its own way is listed
//! in its README.

mod chart;
mod claim;
mod container;
mod edges;
mod expression;
mod file;
mod health;
mod mount;
mod names;
mod pod;
mod readme;
mod secret;
mod service;
mod spec;
mod text;
mod values;
mod wait;
mod workload;

use std::collections::BTreeMap;

use chart::Chart;
use expression::into_template;
use model::{Diagnostic, Job, Name, Service, Topology};
use serde::Serialize;
use text::Composed;

use crate::at::At;
use crate::installation::{INSTALLATION, Installation};
use crate::yaml::{self, Printed};
use crate::{Entry, Lowered, TracedLines};

/// What Helm leaves out of a packaged chart: what stands beside the chart in an artifact.
const IGNORED: &str = "\
# What describes this chart is no part of it; secrets are no part of anything.
installation.json
manifest.json
topology.json
trace.json
values.secret.yaml
";

/// The chart of `topology`.
///
/// # Errors
///
/// Every place that a chart cannot express.
pub(crate) fn lower(topology: &Topology) -> Result<Lowered, Vec<Diagnostic>> {
    let mut chart = Chart::new(topology);
    chart.problems.extend(expression::check(topology));
    chart.problems.extend(names::check("volumes", topology.volumes.keys()));
    chart.problems.extend(claim::check(topology));
    let mut lowered = Lowered::default();
    for (name, service) in &topology.services {
        write_service(&mut chart, &mut lowered, name, service);
    }
    for (name, job) in &topology.jobs {
        write_job(&mut chart, &mut lowered, name, job);
    }
    write_files(&mut chart, &mut lowered);
    write_claims(&mut chart, &mut lowered);
    write_waits(&chart, &mut lowered);
    let suffixes = names::suffixes(topology, &chart.claims);
    chart.problems.extend(names::check_length(&suffixes));
    if !chart.problems.is_empty() {
        return Err(distinct(chart.problems));
    }
    write_chart(&chart, &mut lowered, names::room(&suffixes));
    Ok(lowered)
}

/// Each problem once, however many places have it.
fn distinct(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut result = vec![];
    for problem in problems {
        if !result.contains(&problem) {
            result.push(problem);
        }
    }
    result
}

/// A template in the making.
#[derive(Default)]
struct Template {
    text: String,
    lines: Vec<TracedLines>,
}

impl Template {
    /// Adds template text of our own.
    fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a document, whose lines come from `path`.
    fn document<T: Serialize>(&mut self, path: &str, document: T) {
        let before = self.text.lines().count();
        let Printed { text, lines } = yaml::print(&At::new(path, document));
        self.text.push_str(&into_template(&text));
        self.lines.extend(lines.into_iter().map(|TracedLines { first, last, path }| TracedLines {
            first: first + before,
            last: last + before,
            path,
        }));
    }

    fn write(self, lowered: &mut Lowered, path: String) {
        lowered.trace.insert(path.clone(), self.lines);
        lowered.files.insert(path, Entry::text(self.text));
    }
}

fn write_service(chart: &mut Chart<'_>, lowered: &mut Lowered, name: &Name, service: &Service) {
    let path = format!("services.{name}");
    let mut template = Template::default();
    match chart.is_stateful(service) {
        true => template.document(&path, chart.stateful_set(name, service)),
        false => template.document(&path, chart.deployment(name, service)),
    }
    if let Some(object) = chart.service(name, service) {
        template.raw("---\n");
        template.document(&format!("{path}.ports"), object);
    }
    if let Some(object) = chart.ingress(name, service) {
        let asked = format!("(index .Values.services \"{name}\").ingress.enabled");
        template.raw(&format!("{{{{- if {asked} }}}}\n---\n"));
        template.document(&format!("{path}.ports"), object);
        template.raw("{{- end }}\n");
    }
    template.write(lowered, format!("templates/{name}.yaml"));
}

/// A job's specification cannot be changed, so another one is another job: its name ends in the
/// digest of what the template renders to. Helm takes the old one away. No time to live: who waits
/// for a job has to find it later as well.
fn write_job(chart: &mut Chart<'_>, lowered: &mut Lowered, name: &Name, job: &Job) {
    let path = format!("jobs.{name}");
    let spec = format!("spec.{name}");
    let mut template = Template::default();
    template.raw(&format!("{{{{- define \"{}.{spec}\" -}}}}\n", chart.name));
    template.document(&path, chart.job(name, job));
    template.raw("{{- end }}\n");
    let digest = format!("{} | sha256sum | trunc 8", chart.call(&spec, "."));
    let start = into_template(&chart.object(name.as_str()));
    let define = format!("{{{{- define \"{}.job.{name}\" }}}}", chart.name);
    template.raw(&format!("{define}{start}-{{{{ {digest} }}}}{{{{ end }}}}\n"));
    let object = spec::Object {
        api_version: "batch/v1",
        kind: "Job",
        metadata: chart.metadata(name.as_str(), chart.include(&format!("job.{name}"), ".")),
        spec: expression::bare(&format!("{{{{- {} | nindent 2 }}}}", chart.call(&spec, "."))),
    };
    template.document(&path, object);
    template.write(lowered, format!("templates/{name}.yaml"));
}

/// Generated files: their texts, and the `ConfigMap` of those without secrets.
fn write_files(chart: &mut Chart<'_>, lowered: &mut Lowered) {
    let mut plain: BTreeMap<String, Composed> = BTreeMap::new();
    for (name, file) in &chart.topology.files {
        // What no container reads is for the tools of a host.
        if !chart.is_mounted(name) {
            continue;
        }
        let composed = chart.content(name, file);
        if composed.secrets.is_empty() {
            plain.insert(name.to_string(), composed);
        } else {
            chart.derived.insert(format!("file.{name}"), composed);
        }
    }
    if plain.is_empty() {
        return;
    }
    let mapping = chart.mapping("configData", ("file", "toJson"), &plain);
    let texts = format!("{}{mapping}", chart.texts("file", &plain));
    lowered.files.insert("templates/_files.tpl".to_owned(), Entry::text(texts));
    let mut template = Template::default();
    template.document("files", chart.config_map());
    template.write(lowered, "templates/0-config.yaml".to_owned());
}

fn write_claims(chart: &mut Chart<'_>, lowered: &mut Lowered) {
    let mut template = Template::default();
    for (suffix, claim) in &chart.claims {
        template.raw("---\n");
        template.document(&format!("volumes.{}", claim.volume), chart.claim_object(suffix, claim));
    }
    if !chart.claims.is_empty() {
        template.write(lowered, "templates/0-volumes.yaml".to_owned());
    }
    for volume in chart.topology.volumes.keys() {
        if !chart.claimed.contains(volume) {
            chart.emulate(format!("volumes.{volume}"), "nothing mounts it, so nothing is claimed");
        }
    }
}

fn write_waits(chart: &Chart<'_>, lowered: &mut Lowered) {
    if chart.waits.is_empty() {
        return;
    }
    let (account, role, binding) = chart.account();
    let mut template = Template::default();
    for document in [yaml::print(&account), yaml::print(&role), yaml::print(&binding)] {
        template.raw(&format!("---\n{}", into_template(&document.text)));
    }
    if let Some(notes) = chart.completed() {
        template.raw(&format!("---\n{}", into_template(&yaml::print(&notes).text)));
    }
    template.write(lowered, "templates/0-wait.yaml".to_owned());
    let script = into_template(wait::SCRIPT);
    let define = format!("{{{{- define \"{}.wait\" }}}}{script}{{{{ end }}}}\n", chart.name);
    lowered.files.insert("templates/_wait.tpl".to_owned(), Entry::text(define));
}

/// What is made once everything else is known.
fn write_chart(chart: &Chart<'_>, lowered: &mut Lowered, room: usize) {
    if !chart.derived.is_empty() {
        write_secret(chart, lowered);
    }
    let helpers = include_str!("helpers.tpl")
        .replace("CHART", &chart.name)
        .replace("ROOM", &room.to_string())
        .replace("KEPT", &(room - 9).to_string());
    let sections = chart.sections();
    let secrets = chart.raw_secrets();
    let optional = secrets.keys().filter(|key| chart.is_optional_secret(key)).cloned().collect();
    let installation = Installation { secrets, optional, ..Installation::default() };
    let installation = serde_json::to_value(installation).expect("an installation is plain data");
    for (path, text) in [
        (".helmignore", IGNORED.to_owned()),
        ("Chart.yaml", chart_file(chart)),
        ("README.md", chart.readme(&sections)),
        (INSTALLATION, format!("{installation:#}\n")),
        ("templates/NOTES.txt", chart.notes()),
        ("templates/_helpers.tpl", helpers),
        ("values.schema.json", values::schema(&sections)),
        ("values.yaml", values::file(&sections)),
    ] {
        lowered.files.insert(path.to_owned(), Entry::text(text));
    }
}

fn write_secret(chart: &Chart<'_>, lowered: &mut Lowered) {
    let texts = chart.texts("secret", &chart.derived);
    let mapping = chart.mapping("secretData", ("secret", "b64enc | toJson"), &chart.derived);
    lowered.files.insert("templates/_secrets.tpl".to_owned(), Entry::text(texts + &mapping));
    let mut template = Template::default();
    template.raw("{{- if not .Values.existingSecret }}\n");
    template.document("secrets", chart.secret_object());
    template.raw("{{- end }}\n");
    template.write(lowered, "templates/0-secret.yaml".to_owned());
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChartFile<'a> {
    api_version: &'static str,
    name: &'a str,
    description: String,
    r#type: &'static str,
    version: String,
    app_version: yaml::Quoted,
    kube_version: &'static str,
    annotations: BTreeMap<&'static str, String>,
}

/// An image, as catalogues of charts want to know it.
#[derive(Serialize)]
struct ChartImage {
    name: String,
    image: String,
}

fn chart_file(chart: &Chart<'_>) -> String {
    let package = &chart.topology.package;
    let image = |(name, image): (&Name, &model::Image)| ChartImage {
        name: name.to_string(),
        image: model::ImageReference(image).to_string(),
    };
    let images: Vec<ChartImage> = chart.topology.images.iter().map(image).collect();
    let file = ChartFile {
        api_version: "v2",
        name: &chart.name,
        description: format!("Deploys {} {}", package.name, package.version),
        r#type: "application",
        version: chart_version(&package.version),
        app_version: yaml::Quoted(package.version.clone()),
        kube_version: ">=1.28.0-0",
        annotations: BTreeMap::from([("artifacthub.io/images", yaml::print(&images).text)]),
    };
    yaml::print(&file).text
}

/// The version of the package where it is a semantic one, which Helm insists on: a version in two
/// numbers gets a third.
fn chart_version(version: &str) -> String {
    let (core, rest) = version.split_at(version.find(['-', '+']).unwrap_or(version.len()));
    let number = |it: &str| {
        !it.is_empty()
            && it.bytes().all(|b| b.is_ascii_digit())
            && (it == "0" || !it.starts_with('0'))
    };
    let numbers: Vec<&str> = core.split('.').collect();
    let identifier = |it: &str| {
        !it.is_empty() && it.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
    };
    let rest_fits = rest.is_empty() || identifier(&rest[1..]);
    match (numbers.as_slice(), rest_fits && numbers.iter().all(|it| number(it))) {
        ([_, _, _], true) => version.to_owned(),
        ([_, _], true) => format!("{core}.0{rest}"),
        _ => "0.0.0".to_owned(),
    }
}
