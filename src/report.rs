//! Reports as people and programs read them.
//!
//! **Invariant.** This is the only file that prints reports. Source text of a file that can hold
//! secrets is shown only line by line, with what is secret blotted out by the reader; of
//! credentials nothing is ever shown.

use std::fmt;
use std::io::{IsTerminal, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, NamedSource,
    SourceCode, SourceSpan, SpanContents,
};
use nickel::{File, Label, Report};
use serde::Serialize;

use crate::names::{Names, line_column};

/// The most characters of a message, and the longest line of a source text that is shown.
const LONGEST: usize = 1000;

/// A report with everything that is needed to print it.
#[derive(Clone, Debug)]
pub struct Shown {
    message: String,
    help: Option<String>,
    key: String,
    warning: bool,
    places: Vec<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    file: String,
    text: String,
    start: usize,
    end: usize,
    label: String,
    /// Whether its text may be shown.
    open: bool,
}

/// A report as data: one object for each mistake.
#[derive(Serialize)]
struct Data<'a> {
    severity: &'static str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    key: &'a str,
    message: &'a str,
    help: Option<&'a str>,
}

impl Shown {
    /// A report without a place.
    #[must_use]
    pub fn plain(message: impl Into<String>, help: Option<String>) -> Self {
        let message = brief(message.into());
        Self { message, help, key: String::new(), warning: false, places: vec![] }
    }

    /// A report about a whole file.
    #[must_use]
    pub fn file(file: &str, message: impl Into<String>, help: Option<String>) -> Self {
        let place = Place {
            file: file.to_owned(),
            text: String::new(),
            start: 0,
            end: 0,
            label: String::new(),
            open: false,
        };
        Self { places: vec![place], ..Self::plain(message, help) }
    }

    /// A report about a place in a text.
    #[must_use]
    pub fn at(
        file: &str,
        text: &str,
        (start, end): (usize, usize),
        message: impl Into<String>,
        help: Option<String>,
    ) -> Self {
        let place = Place {
            file: file.to_owned(),
            text: text.to_owned(),
            start,
            end,
            label: "here".to_owned(),
            open: true,
        };
        Self { places: vec![place], ..Self::plain(message, help) }
    }

    /// The same report, about this key; `open` says whether source text may be shown.
    #[must_use]
    pub fn about(mut self, key: String, open: bool) -> Self {
        self.places.iter_mut().for_each(|place| place.open = open);
        Self { key, ..self }
    }

    /// The same report, as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { warning: true, ..self }
    }

    /// A report of the front end's; `text` gives the text of a file as it may be shown.
    #[must_use]
    pub fn new(report: Report, names: &Names, text: &dyn Fn(&File) -> String) -> Self {
        let Report { message, key, labels, help, warning } = report;
        let places = labels.into_iter().map(|Label { location, message }| Place {
            file: names.shown(&location.file),
            text: text(&location.file),
            start: location.span.start,
            end: location.span.end,
            label: message,
            open: location.file != File::Credentials,
        });
        let places = places.collect();
        Self { message: brief(message), help: help.map(brief), key, warning, places }
    }

    /// Whether the deployment can be built all the same.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.warning
    }

    /// What is wrong, and what to do, in one line without a place.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.help {
            Some(help) => format!("{}. {help}", self.message),
            None => self.message.clone(),
        }
    }

    /// What reports are sorted by: the file and the place in it.
    fn order(&self) -> Option<(&str, usize)> {
        self.places.first().map(|place| (place.file.as_str(), place.start))
    }

    fn data(&self) -> Data<'_> {
        let place = self.places.first();
        let at = place.map(|place| line_column(&place.text, place.start));
        Data {
            severity: if self.warning { "warning" } else { "error" },
            file: place.map(|place| place.file.as_str()),
            line: at.map(|(line, _)| line),
            column: at.map(|(_, column)| column),
            key: &self.key,
            message: &self.message,
            help: self.help.as_deref(),
        }
    }
}

/// A text that people can read: what users wrote is quoted in it, and may be very long.
fn brief(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

/// Reports as data: one object for each mistake.
#[must_use]
pub fn data(reports: &[Shown]) -> serde_json::Value {
    serde_json::json!(reports.iter().map(Shown::data).collect::<Vec<_>>())
}

/// Prints reports, in the order of the files: as text to stderr, or as one JSON list to stdout.
///
/// A report that cannot be printed has nowhere to go, so failures to print are ignored.
pub fn print(reports: &[Shown], json: bool) {
    let mut reports = reports.to_vec();
    reports.sort_by(|one, other| one.order().cmp(&other.order()));
    let reports = reports.as_slice();
    if json {
        let data: Vec<_> = reports.iter().map(Shown::data).collect();
        let text = serde_json::to_string_pretty(&data).unwrap_or_default();
        let _ = writeln!(std::io::stdout(), "{text}");
        return;
    }
    let mut stderr = std::io::stderr();
    let _ = stderr.write_all(render(reports, stderr.is_terminal()).as_bytes());
}

/// Reports as text, with colour for a terminal.
#[must_use]
pub fn render(reports: &[Shown], colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_context_lines(1).with_width(100);
    let mut text = String::new();
    for report in reports {
        let printable = Printable::new(report);
        // Writing to memory does not fail.
        let _ = handler.render_report(&mut text, &printable);
        text.push('\n');
    }
    text
}

/// One report in miette's words: the first file's places with their lines, the others after it.
#[derive(Debug)]
struct Printable {
    message: String,
    help: Option<String>,
    severity: miette::Severity,
    source: Option<Lines>,
    labels: Vec<LabeledSpan>,
    related: Vec<Printable>,
}

impl Printable {
    fn new(report: &Shown) -> Self {
        let severity =
            if report.warning { miette::Severity::Warning } else { miette::Severity::Error };
        let mut related = vec![];
        let mut places: Vec<&Place> = report.places.iter().collect();
        while let Some(file) = places.first().map(|it| it.file.clone()) {
            let (here, rest): (Vec<_>, Vec<_>) = places.into_iter().partition(|it| it.file == file);
            related.push(here);
            places = rest;
        }
        let mut groups = related.into_iter();
        let mut message = report.message.clone();
        let (source, labels) = match groups.next() {
            Some(here) if here.iter().all(|place| place.open && has_short_lines(place)) => {
                shown(&here)
            }
            Some(here) => {
                message = format!("{}: {message}", hidden(here[0]));
                (None, vec![])
            }
            None => (None, vec![]),
        };
        let open = |it: &Vec<&Place>| it.iter().all(|place| place.open && has_short_lines(place));
        let related = groups.filter(open).map(|here| {
            let (source, labels) = shown(&here);
            let message = "see also".to_owned();
            let severity = miette::Severity::Advice;
            Self { message, help: None, severity, source, labels, related: vec![] }
        });
        let related = related.collect();
        Self { message, help: report.help.clone(), severity, source, labels, related }
    }
}

/// A text of which whole lines are shown, and no neighbours of theirs: these may hold anything.
#[derive(Debug)]
struct Lines {
    source: NamedSource<String>,
    length: usize,
}

impl SourceCode for Lines {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        if before == 0 && after == 0 {
            // Asked for the place itself, whose line and column stand in the header.
            return self.source.read_span(span, 0, 0);
        }
        let text = self.source.inner();
        let start = span.offset().min(self.length);
        let end = (start + span.len()).min(self.length);
        let start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[end..].find('\n').map_or(self.length, |at| end + at);
        self.source.read_span(&(start, end - start).into(), 0, 0)
    }
}

/// Whether the lines of a place can be shown: some texts are a single line.
fn has_short_lines(place: &Place) -> bool {
    let start = place.start.min(place.text.len());
    let end = place.end.clamp(start, place.text.len());
    let first = place.text[..start].rfind('\n').map_or(0, |at| at + 1);
    let last = place.text[end..].find('\n').map_or(place.text.len(), |at| end + at);
    place.text[first..last].lines().all(|line| line.len() <= LONGEST)
}

/// Where a place is that is not shown: `file:line`.
fn hidden(place: &Place) -> String {
    if place.text.is_empty() {
        return place.file.clone();
    }
    format!("{}:{}", place.file, line_column(&place.text, place.start).0)
}

fn shown(places: &[&Place]) -> (Option<Lines>, Vec<LabeledSpan>) {
    let Some(first) = places.first() else {
        return (None, vec![]);
    };
    let labels = places.iter().enumerate().map(|(number, place)| {
        let length = on_one_line(&place.text, place.start, place.end);
        let label = (!place.label.is_empty()).then(|| place.label.clone());
        if number == 0 {
            return LabeledSpan::new_primary_with_span(label, (place.start, length));
        }
        LabeledSpan::new_with_span(label, (place.start, length))
    });
    let source = NamedSource::new(&first.file, first.text.clone());
    (Some(Lines { source, length: first.text.len() }), labels.collect())
}

/// The length of a place, cut at the end of its first line.
fn on_one_line(text: &str, start: usize, end: usize) -> usize {
    let Some(text) = text.get(start..end.min(text.len())) else {
        return 0;
    };
    text.find('\n').unwrap_or(text.len())
}

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Printable {}

impl Diagnostic for Printable {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.related.iter().map(|it| it as &dyn Diagnostic)))
    }
}
