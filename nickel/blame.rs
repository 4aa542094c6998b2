//! Nickel's errors as reports at the user's own lines.

use std::collections::BTreeSet;

use nickel_lang_core::error::{
    Diagnostic, Error, EvalError, EvalErrorKind, IntoDiagnostics, LabelStyle,
};
use nickel_lang_core::eval::value::{Container, NickelValue, ValueContentRef};
use nickel_lang_core::files::{FileId, Files};
use nickel_lang_core::position::{PosTable, TermPos};

use crate::front::Inputs;
use crate::sources::Sources;
use crate::{Document, File, Layer, Location, Report, unknown};

/// Reports for everything that an evaluation found wrong, each place once.
pub(crate) fn evaluation(
    errors: Vec<EvalError>,
    files: &mut Files,
    sources: &Sources,
    inputs: &Inputs,
    spent: bool,
) -> Vec<Report> {
    let mut seen = BTreeSet::new();
    let mut reports = vec![];
    for error in errors {
        for report in one(error, files, sources, inputs, spent) {
            let place = report.labels.first().map(|it| it.location.clone());
            if seen.insert((report.key.clone(), place, report.message.clone())) {
                reports.push(report);
            }
        }
    }
    reports
}

fn one(
    error: EvalError,
    files: &mut Files,
    sources: &Sources,
    inputs: &Inputs,
    spent: bool,
) -> Vec<Report> {
    let positions = error.ctxt.pos_table.clone();
    let context = Context { positions: &positions, sources, inputs };
    let known = match &error.error {
        EvalErrorKind::BlameError { evaluated_arg, label } => {
            let detail = label.diagnostics.iter().rev().find_map(|it| it.message.clone());
            match (detail, evaluated_arg) {
                (Some(detail), Some(value)) if detail.starts_with("extra field") => {
                    context.extra(&detail, value, &label.typ)
                }
                (detail, value) => {
                    let at = positions.get(label.arg_pos);
                    let name = label.field_name.map(|it| it.label().to_owned());
                    context.broken(detail, value.as_ref(), at, name, &label.typ)
                }
            }
        }
        EvalErrorKind::MissingFieldDef { metadata, .. } if metadata.opt => return vec![],
        EvalErrorKind::MissingFieldDef { id, pos_record, .. } => {
            context.missing(id.label(), positions.get(*pos_record), id.pos)
        }
        EvalErrorKind::MergeIncompatibleArgs { left_arg, right_arg, .. } => {
            context.conflict(left_arg, right_arg)
        }
        _ => None,
    };
    let mut reports = match known {
        Some(reports) => reports,
        None => nickel(Error::EvalError(error), files, sources),
    };
    if spent {
        let message = "the evaluation was ended: it needs too many steps or too much memory";
        let help = "Look for a recursion or a list that never ends";
        reports.truncate(1);
        reports.iter_mut().for_each(|it| {
            message.clone_into(&mut it.message);
            it.help = Some(help.to_owned());
        });
    }
    reports
}

struct Context<'a> {
    positions: &'a PosTable,
    sources: &'a Sources,
    /// The credentials are among them only where they are what was evaluated.
    inputs: &'a Inputs,
}

impl Context<'_> {
    /// Keys that a closed record contract does not know.
    fn extra(
        &self,
        detail: &str,
        value: &NickelValue,
        contract: &nickel_lang_core::typ::Type,
    ) -> Option<Vec<Report>> {
        let ValueContentRef::Record(Container::Alloc(record)) = value.content_ref() else {
            return None;
        };
        let known = contract_fields(contract);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let names: Vec<&str> = detail.split('`').skip(1).step_by(2).collect();
        let keys = record.fields.keys().filter(|key| names.contains(&key.label()));
        let reports = keys.filter_map(|key| {
            let location = self.sources.place(key.pos)?;
            let name = key.label();
            let report = Report::new(format!("there is no field `{name}` here"))
                .key(self.key(&location).unwrap_or_else(|| name.to_owned()))
                .at(location, "this field is unknown");
            Some(match unknown::similar(name, &known) {
                Some(meant) => report.help(format!("Did you mean `{meant}`?")),
                None if known.is_empty() => report,
                None => report.help(format!("The fields here are: {}", known.join(", "))),
            })
        });
        let reports: Vec<_> = reports.collect();
        (!reports.is_empty()).then_some(reports)
    }

    /// A value that its contract does not allow.
    fn broken(
        &self,
        detail: Option<String>,
        value: Option<&NickelValue>,
        at: TermPos,
        name: Option<String>,
        contract: &nickel_lang_core::typ::Type,
    ) -> Option<Vec<Report>> {
        let own = value.and_then(|it| self.sources.place(it.pos(self.positions)));
        let location = own
            .filter(|it| it.file != File::Nickel)
            .or_else(|| self.sources.place(at))
            .filter(|it| it.file != File::Nickel)?;
        let key = self.key(&location).or(name).unwrap_or_default();
        let detail = match detail.as_deref() {
            None => generic(contract, value),
            // What Nickel says of any record contract.
            Some("expected a Record") => wanted("a map of keys", value),
            Some(detail) => detail.to_owned(),
        };
        let subject = if key.is_empty() { "the file".to_owned() } else { format!("`{key}`") };
        let report = Report::new(format!("{subject}: {detail}")).key(key).at(location, "here");
        Some(vec![with_suggestion(report, &detail)])
    }

    fn missing(&self, name: &str, record: TermPos, declared: TermPos) -> Option<Vec<Report>> {
        let credentials = self.inputs.credentials.as_ref();
        let location = self
            .sources
            .place(record)
            .filter(|it| it.file != File::Nickel)
            .or_else(|| Some(Location { file: File::Credentials, span: credentials?.root.span }))
            .or_else(|| self.sources.place(declared))?;
        if let File::Set(number) = location.file {
            // One report, whatever would have to be there besides.
            let path = self.inputs.sets.get(number).and_then(|it| it.split('=').next())?.trim();
            let report = Report::new(format!("there is nothing at `{path}` that could be set"))
                .key(path)
                .at(location, "this leads nowhere")
                .help("Check the path, or write the whole record that is to be there");
            return Some(vec![report]);
        }
        if location.file == File::Credentials && credentials.is_some_and(|it| it.root.is_empty()) {
            return Some(vec![Report::no_credentials()]);
        }
        let key = match self.key(&location).as_deref() {
            None | Some("") => name.to_owned(),
            Some(section) => format!("{section}.{name}"),
        };
        let report = Report::new(format!("`{key}` is missing"))
            .key(key)
            .at(location, "it has to be in here")
            .help(format!("Add `{name}`"));
        Some(vec![report])
    }

    /// Two values for one field, neither of which is stronger.
    fn conflict(&self, left: &NickelValue, right: &NickelValue) -> Option<Vec<Report>> {
        let places = [left, right].map(|it| self.sources.place(it.pos(self.positions)));
        let [Some(left), Some(right)] = places else {
            return None;
        };
        let (first, second) =
            if left.file.layer() >= right.file.layer() { (left, right) } else { (right, left) };
        let key = self.key(&first).unwrap_or_default();
        let help = if first.file.layer() == Layer::Deployment {
            "Say which one wins: `field | force = value`"
        } else {
            "Take one of them away"
        };
        let report = Report::new("two values for one field")
            .key(key)
            .at(first, "one value")
            .at(second, "another value")
            .help(help);
        Some(vec![report])
    }

    /// The key path of a place in a user's YAML file.
    fn key(&self, location: &Location) -> Option<String> {
        let document: &Document = match location.file {
            File::Config => self.inputs.config.as_ref()?,
            File::Host => self.inputs.host.as_ref()?,
            File::Credentials => self.inputs.credentials.as_ref()?,
            File::Package(_)
            | File::Library(_)
            | File::Project(_)
            | File::Set(_)
            | File::Nickel => {
                return None;
            }
        };
        document.root.path_at(location.span)
    }
}

fn with_suggestion(report: Report, detail: &str) -> Report {
    let Some((choices, found)) =
        detail.strip_prefix("wanted one of ").and_then(|it| it.split_once(", found \""))
    else {
        return report;
    };
    let choices: Vec<&str> = choices.split(", ").collect();
    match unknown::similar(found.trim_end_matches('"'), &choices) {
        Some(meant) => report.help(format!("Did you mean `{meant}`?")),
        None => report,
    }
}

fn generic(contract: &nickel_lang_core::typ::Type, value: Option<&NickelValue>) -> String {
    match contract_fields(contract).as_slice() {
        [] => wanted(&contract.to_string(), value),
        _ => wanted("a map of keys", value),
    }
}

fn wanted(what: &str, value: Option<&NickelValue>) -> String {
    format!("wanted {what}, found {}", value.map_or("something else", found))
}

fn found(value: &NickelValue) -> &'static str {
    match value.content_ref() {
        ValueContentRef::Null => "null",
        ValueContentRef::Bool(_) => "true or false",
        ValueContentRef::Number(_) => "a number",
        ValueContentRef::String(_) => "a string",
        ValueContentRef::Array(_) => "a list",
        ValueContentRef::Record(_) => "a map",
        ValueContentRef::EnumVariant(_) => "an enum tag",
        _ => "something else",
    }
}

/// The fields of a record contract.
fn contract_fields(contract: &nickel_lang_core::typ::Type) -> Vec<String> {
    use nickel_lang_core::term::Term;
    use nickel_lang_core::typ::TypeF;

    let TypeF::Contract(value) = &contract.typ else {
        return vec![];
    };
    let fields = |record: &nickel_lang_core::term::record::RecordData| {
        record.fields.keys().map(|it| it.label().to_owned()).collect()
    };
    match value.content_ref() {
        ValueContentRef::Record(Container::Alloc(record)) => fields(record),
        ValueContentRef::Term(Term::RecRecord(data)) => fields(&data.record),
        _ => vec![],
    }
}

/// Any error of Nickel's, in its own words.
pub(crate) fn nickel(error: Error, files: &mut Files, sources: &Sources) -> Vec<Report> {
    let diagnostics = error.into_diagnostics(files);
    let errors = diagnostics.into_iter().filter(|it| format!("{:?}", it.severity) == "Error");
    errors.map(|it| diagnostic(it, files, sources)).collect()
}

fn diagnostic(diagnostic: Diagnostic<FileId>, files: &Files, sources: &Sources) -> Report {
    let mut labels = diagnostic.labels;
    labels.sort_by_key(|label| {
        let inside = files.is_stdlib(label.file_id) || sources.file(label.file_id) == File::Nickel;
        (inside, label.style != LabelStyle::Primary)
    });
    let mut report = Report::new(diagnostic.message.replace('\n', " "));
    for label in labels {
        let span = crate::Span { start: label.range.start, end: label.range.end };
        let location = Location { file: sources.file(label.file_id), span };
        if location.file != File::Nickel {
            report = report.at(location, label.message);
        }
    }
    if !diagnostic.notes.is_empty() {
        report.help = Some(diagnostic.notes.join("\n"));
    }
    report
}
