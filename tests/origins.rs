//! Origins are right: to edit the place that is named for a value is to change the value.
//!
//! A property over every leaf of each of the fixtures below. Each distinct place is edited once; as
//! many edits as possible share one evaluation.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use clp_gen::explain::lookup;
use clp_gen::failure::Failure;
use clp_gen::read::with_loaded;
use clp_gen::request::Request;
use nickel::{Evaluated, File, Layer, Location};
use serde_json::Value as Json;

use crate::{files, options, root};

/// The toy package in all its forms, and CLP with its defaults and with everything configured. The
/// other configurations of CLP select among the same files.
const FIXTURES: [&str; 5] =
    ["notes", "notes-overlay", "notes-without-uploads", "clp-full", "clp-customised"];

/// The texts of the files that took part, to be edited.
type Texts = BTreeMap<File, String>;

/// One place, what depends on it, and what may be written there instead.
struct Edit {
    place: Location,
    leaves: Vec<String>,
    candidates: Vec<String>,
}

/// A fixture, and how to evaluate it with other texts.
struct Subject {
    request: Request,
    texts: Texts,
    record: Json,
}

#[test]
fn to_edit_the_origin_of_a_leaf_changes_it() {
    for name in FIXTURES {
        let fixture = root().join("fixtures/accepted").join(name);
        let shown = fixture.display().to_string();
        let property = move || property(&fixture);
        let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(property).unwrap();
        let leaves = thread.join().unwrap_or_else(|_| panic!("{shown} failed"));
        assert!(leaves > 20, "{shown} has leaves");
    }
}

/// Checks a fixture; gives the number of leaves that were checked.
fn property(fixture: &Path) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let request = copy(fixture, folder.path());
    let (evaluated, texts) = evaluate(&request, &Texts::new()).expect("the fixture is accepted");
    let subject = Subject { request, texts, record: evaluated.record.clone() };
    let (edits, leaves) = edits(&subject, &evaluated);
    let mut failed = vec![];
    for edits in disjoint(edits) {
        failed.extend(check(&subject, &edits.iter().collect::<Vec<_>>()));
    }
    assert!(failed.is_empty(), "{}: {failed:#?}", fixture.display());
    leaves
}

/// The request of a fixture, with its package and inputs copied to where they can be edited.
fn copy(fixture: &Path, folder: &Path) -> Request {
    // An edit may break a rule of the package; where a value comes from does not depend on it.
    let mut request = Request { sets: vec!["assertions={}".to_owned()], ..Request::default() };
    let mut arguments = options(&fixture.join("in")).into_iter();
    while let Some(name) = arguments.next() {
        let value = arguments.next().expect("options come in pairs");
        match name.as_str() {
            "--package" => request.package = Some(value),
            "--set" => request.sets.push(value),
            other => panic!("the fixture's option {other} is not known here"),
        }
    }
    write(&folder.join("in"), &files(&fixture.join("in")));
    let sources: BTreeMap<_, _> = match &request.package {
        Some(package) => files(&fixture.join("in").join(package)),
        None if fixture.join("in/deployment.ncl").exists() => {
            files(&root().join("fixtures/packages/notes"))
        }
        None => files(&root().join("nickel/packages/clp")),
    };
    write(&folder.join("package"), &sources);
    request.package = Some(folder.join("package").display().to_string());
    let existing = |name: &str| Some(folder.join("in").join(name)).filter(|it| it.exists());
    request.config = existing("notes.yaml").or_else(|| existing("etc/clp-config.yaml"));
    request.host = existing("host.yaml").or_else(|| existing("etc/host.yaml"));
    request.deployment = existing("deployment.ncl");
    request
}

fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// The request with some texts replaced.
fn written(request: &Request, texts: &Texts) -> Request {
    let mut request = request.clone();
    for (file, text) in texts {
        match file {
            File::Package(path) => {
                let package = request.package.as_ref().unwrap();
                fs::write(Path::new(package).join(path), text).unwrap();
            }
            File::Config => fs::write(request.config.as_ref().unwrap(), text).unwrap(),
            File::Host => fs::write(request.host.as_ref().unwrap(), text).unwrap(),
            File::Project(_) => fs::write(request.deployment.as_ref().unwrap(), text).unwrap(),
            File::Set(number) => {
                let expression =
                    text.strip_suffix(" }").unwrap().rsplit_once("force = ").unwrap().1;
                let path = request.sets[*number].split_once('=').unwrap().0.to_owned();
                request.sets[*number] = format!("{path}={expression}");
            }
            File::Library(path) => {
                request.library.insert(path.clone(), text.clone());
            }
            File::Nickel | File::Credentials => {}
        }
    }
    request
}

/// Evaluates with some texts replaced; gives also the texts that took part.
fn evaluate(request: &Request, texts: &Texts) -> Option<(Evaluated, Texts)> {
    let request = written(request, texts);
    let result = with_loaded(&request, false, |loaded| {
        let evaluated = loaded.evaluate(Layer::Set)?;
        let files = evaluated.origins.0.values().map(|it| it.value.file.clone());
        let files: BTreeSet<File> = files.collect();
        let texts = files.into_iter().map(|file| {
            let text = loaded.text(&file);
            (file, text)
        });
        let texts = texts.collect();
        Ok((evaluated, texts))
    });
    result.ok()
}

/// The tag of an enumeration that has no other: nothing else can be written there.
const ONLY_TAG: &str = "Http";

/// Every distinct place that a leaf of the topology comes from, and the number of leaves.
fn edits(subject: &Subject, evaluated: &Evaluated) -> (Vec<Edit>, usize) {
    let mut leaves: BTreeMap<&Location, Vec<String>> = BTreeMap::new();
    let mut count = 0;
    for (path, origin) in &evaluated.origins.0 {
        let value = lookup(&subject.record, path);
        let leaf = value.is_some_and(|it| !it.is_object() && !it.is_array() && *it != ONLY_TAG);
        let input = ["config", "host", "inputs", "assertions", "warnings", "deployment"];
        if leaf && !input.contains(&path.split('.').next().unwrap()) {
            leaves.entry(&origin.value).or_default().push(path.clone());
            count += 1;
        }
    }
    let edits = leaves.into_iter().map(|(place, leaves)| {
        let whole = whole(evaluated, place, &leaves);
        let value = lookup(&subject.record, &whole).unwrap();
        let yaml = matches!(place.file, File::Config | File::Host);
        Edit { place: place.clone(), leaves, candidates: candidates(value, yaml) }
    });
    (edits.collect(), count)
}

/// The outermost path around a leaf that comes from the same place.
fn whole(evaluated: &Evaluated, place: &Location, leaves: &[String]) -> String {
    let mut outermost = leaves[0].clone();
    while let Some(at) = outermost.rfind(['.', '[']) {
        let around = &outermost[..at];
        if evaluated.origins.0.get(around).is_none_or(|it| it.value != *place) {
            break;
        }
        outermost.truncate(at);
    }
    outermost
}

/// What can be written instead of a value, so that some of it passes any contract.
fn candidates(value: &Json, yaml: bool) -> Vec<String> {
    match value {
        Json::Null => vec!["\"x\"".to_owned(), "1".to_owned()],
        Json::Bool(value) => vec![(!value).to_string(), value.to_string()],
        Json::Number(number) => {
            let number = number.as_f64().unwrap();
            vec![format!("{}", number + 1.0), format!("{}", number - 1.0)]
        }
        Json::String(text) => strings(text, yaml),
        // Late-bound text, which plain text may stand for; or a variant with an argument.
        Json::Array(_) | Json::Object(_) => {
            vec!["\"changed\"".to_owned(), "'No".to_owned(), "'Deployed".to_owned()]
        }
    }
}

/// Other strings, and the tags of every enumeration of the topology.
fn strings(text: &str, yaml: bool) -> Vec<String> {
    let quoted = |text: &str| serde_json::to_string(text).unwrap().replace("%{", "%%{");
    let words = [
        "clp",
        "clp-s",
        "presto",
        "mariadb",
        "mysql",
        "celery",
        "spider",
        "fs",
        "s3",
        "INFO",
        "DEBUG",
        "always",
        "database",
        "queue",
        "redis",
        "results_cache",
        "127.0.0.2",
        "10.9.8.7",
        "1.2.3",
    ];
    let mut found = vec![quoted(&format!("{text}x")), quoted(&format!("/x{text}"))];
    found.extend(words.iter().filter(|it| **it != text).map(|it| quoted(it)));
    let tags = [
        "Started",
        "Healthy",
        "Completed",
        "None",
        "UserInfo",
        "Query",
        "Host",
        "Port",
        "HostPort",
        "Single",
        "Shared",
        "Tcp",
        "Udp",
        "No",
        "Always",
        "UnlessStopped",
        "Deployed",
        "Absent",
    ];
    if !yaml && tags.contains(&text) {
        found = tags.iter().filter(|it| **it != text).map(|it| format!("'{it}")).collect();
    }
    found
}

/// Groups of edits whose places do not overlap.
fn disjoint(edits: Vec<Edit>) -> Vec<Vec<Edit>> {
    let mut groups: Vec<Vec<Edit>> = vec![];
    for edit in edits {
        let free = |group: &&mut Vec<Edit>| group.iter().all(|it| !overlap(&it.place, &edit.place));
        match groups.iter_mut().find(free) {
            Some(group) => group.push(edit),
            None => groups.push(vec![edit]),
        }
    }
    groups
}

fn overlap(one: &Location, other: &Location) -> bool {
    one.file == other.file && one.span.start < other.span.end && other.span.start < one.span.end
}

/// What went wrong with edits, each with the candidate that is tried. Edits that do not evaluate
/// together are tried in halves; what is not shown by all together is shown by each alone.
fn check(subject: &Subject, edits: &[&Edit]) -> Vec<String> {
    if let [edit] = edits {
        return check_alone(subject, edit);
    }
    let first: Vec<_> = edits.iter().map(|edit| (*edit, 0)).collect();
    let Some(record) = edited(subject, &first) else {
        let (some, rest) = edits.split_at(edits.len() / 2);
        return [some, rest].into_iter().flat_map(|it| check(subject, it)).collect();
    };
    // A leaf that is gone may have been taken away by another edit, so it shows nothing.
    let shows = |leaf: &String| {
        lookup(&record, leaf).is_some_and(|it| Some(it) != lookup(&subject.record, leaf))
    };
    let unclear = edits.iter().filter(|edit| !edit.leaves.iter().all(shows));
    unclear.flat_map(|edit| check_alone(subject, edit)).collect()
}

/// One edit: candidates are tried until each of its leaves was seen to change.
fn check_alone(subject: &Subject, edit: &Edit) -> Vec<String> {
    let mut open: Vec<&String> = edit.leaves.iter().collect();
    for candidate in 0..edit.candidates.len() {
        if let Some(record) = edited(subject, &[(edit, candidate)]) {
            open.retain(|leaf| lookup(&record, leaf) == lookup(&subject.record, leaf));
        }
        if open.is_empty() {
            return vec![];
        }
    }
    for candidate in 0..edit.candidates.len() {
        open.retain(|leaf| {
            let value = edited_leaf(subject, edit, candidate, leaf);
            value.is_none() || value.as_ref() == lookup(&subject.record, leaf)
        });
    }
    if open.is_empty() {
        return vec![];
    }
    vec![format!("{:?}: nothing that is written there changes {open:?}", edit.place)]
}

/// The value of a leaf after an edit, where only the service or file around it is evaluated: the
/// edit may make a configuration that is none as a whole.
fn edited_leaf(subject: &Subject, edit: &Edit, candidate: usize, leaf: &str) -> Option<Json> {
    let request = written(&subject.request, &apply(subject, &[(edit, candidate)]));
    let around: Vec<&str> = leaf.split('.').take(2).collect();
    let part = with_loaded(&request, false, |loaded| {
        let part = loaded.front.part(&loaded.inputs, Layer::Set, &around);
        part.map_err(|_| Failure::Input(vec![]))
    });
    restore(subject);
    let below: Vec<&str> = leaf.split('.').skip(2).collect();
    lookup(&part.ok()?, &below.join(".")).cloned()
}

fn edited(subject: &Subject, edits: &[(&Edit, usize)]) -> Option<Json> {
    let evaluated = evaluate(&subject.request, &apply(subject, edits));
    restore(subject);
    Some(evaluated?.0.record)
}

/// The texts with edits made, the last place of each file first.
fn apply(subject: &Subject, edits: &[(&Edit, usize)]) -> Texts {
    let mut edits: Vec<_> = edits.to_vec();
    edits.sort_by(|one, other| other.0.place.cmp(&one.0.place));
    let mut texts = Texts::new();
    for (edit, candidate) in edits {
        let Location { file, span } = &edit.place;
        let text = texts.entry(file.clone()).or_insert_with(|| subject.texts[file].clone());
        let written = &edit.candidates[candidate];
        let nickel = !matches!(file, File::Config | File::Host);
        let written = if nickel { format!("({written})") } else { written.clone() };
        text.replace_range(span.start..span.end, &written);
    }
    texts
}

/// Writes the original texts back.
fn restore(subject: &Subject) {
    let request = &subject.request;
    for (file, text) in &subject.texts {
        let path = match file {
            File::Package(path) => Path::new(request.package.as_ref().unwrap()).join(path),
            File::Config => request.config.clone().unwrap(),
            File::Host => request.host.clone().unwrap(),
            File::Project(_) => request.deployment.clone().unwrap(),
            File::Library(_) | File::Nickel | File::Credentials | File::Set(_) => continue,
        };
        fs::write(path, text).unwrap();
    }
}
