//! An evaluated value as JSON, with the origin of each part.
//!
//! Numbers stay exact (Nickel's own deserialiser rounds and clamps: port 70000 arrives as 65535),
//! variants become serde's externally tagged form, symbolic strings late-bound text.

use nickel_lang_core::eval::value::{Container, NickelValue, ValueContentRef};
use nickel_lang_core::identifier::LocIdent;
use nickel_lang_core::position::{PosTable, RawSpan};
use nickel_lang_core::term::record::{Field, RecordData};
use serde::Deserialize;
use serde_json::{Map, Number, Value as Json};

use crate::Layer;
use crate::origins::{File, Origin, Origins};
use crate::report::Report;
use crate::sources::Sources;
use crate::syntax::{Syntax, span};

/// What a walk needs to know.
pub(crate) struct Walk<'a> {
    pub(crate) positions: &'a PosTable,
    pub(crate) sources: &'a Sources,
    pub(crate) syntax: &'a Syntax,
    pub(crate) origins: Origins,
    pub(crate) reports: Vec<Report>,
}

/// Where a value stands: its path, its name in the record around it, and what it falls back to.
struct Here<'a> {
    path: &'a str,
    key: Option<RawSpan>,
    around: Option<RawSpan>,
}

impl Walk<'_> {
    /// `value` as JSON; `null` with a report where it is no data.
    pub(crate) fn root(&mut self, value: &NickelValue) -> Json {
        self.value(value, &Here { path: "", key: None, around: None })
    }

    fn value(&mut self, value: &NickelValue, here: &Here<'_>) -> Json {
        let place = self.place(value, here);
        self.note(here, place);
        match value.content_ref() {
            ValueContentRef::Null => Json::Null,
            ValueContentRef::Bool(value) => Json::Bool(value),
            ValueContentRef::Number(_) => match number(value) {
                Some(number) => Json::Number(number),
                None => self.too_large(here, place),
            },
            ValueContentRef::String(text) => Json::String(text.to_string()),
            ValueContentRef::Array(Container::Empty) => Json::Array(vec![]),
            ValueContentRef::Array(Container::Alloc(items)) => {
                let items = items.array.iter().enumerate();
                Json::Array(items.map(|(at, it)| self.item(it, here.path, at, place)).collect())
            }
            ValueContentRef::Record(Container::Empty) => Json::Object(Map::new()),
            ValueContentRef::Record(Container::Alloc(record)) => self.record(record, here, place),
            ValueContentRef::EnumVariant(variant) => match &variant.arg {
                None => Json::String(variant.tag.label().to_owned()),
                Some(argument) => {
                    let tag = variant.tag.label();
                    let path = join(here.path, tag);
                    let below = Here { path: &path, key: None, around: place };
                    Json::Object(
                        [(tag.to_owned(), self.value(argument, &below))].into_iter().collect(),
                    )
                }
            },
            _ => self.no_data(here, place),
        }
    }

    fn item(&mut self, item: &NickelValue, path: &str, at: usize, around: Option<RawSpan>) -> Json {
        let path = format!("{path}[{at}]");
        let around = around.and_then(|array| self.syntax.item(array, at)).or(around);
        self.value(item, &Here { path: &path, key: None, around })
    }

    fn record(&mut self, record: &RecordData, here: &Here<'_>, place: Option<RawSpan>) -> Json {
        if let Some(fragments) = fragments(record) {
            let path = join(here.path, "$text");
            let text = self.value(fragments, &Here { path: &path, key: None, around: place });
            return Json::Object([("$text".to_owned(), text)].into_iter().collect());
        }
        let fields = record.fields.iter();
        let defined = fields.filter_map(|(key, field)| Some((key, exported(field)?)));
        Json::Object(defined.map(|(key, value)| self.field(key, value, here, place)).collect())
    }

    fn field(
        &mut self,
        key: &LocIdent,
        value: &NickelValue,
        here: &Here<'_>,
        place: Option<RawSpan>,
    ) -> (String, Json) {
        let path = join(here.path, key.label());
        let below = Here { path: &path, key: span(key.pos), around: place };
        (key.label().to_owned(), self.value(value, &below))
    }

    /// The expression that gave a value: its own position, unless that is lost or inside Nickel's
    /// library; then what defines its field, or what is around it.
    fn place(&self, value: &NickelValue, here: &Here<'_>) -> Option<RawSpan> {
        let known = |span: &RawSpan| self.sources.file(span.src_id) != File::Nickel;
        span(value.pos(self.positions))
            .filter(known)
            .or_else(|| here.key.filter(known).and_then(|key| self.syntax.definition(key)))
            .or_else(|| self.syntax.field(here.around?, here.path.rsplit('.').next()?))
            .or(here.around)
    }

    fn note(&mut self, here: &Here<'_>, place: Option<RawSpan>) {
        let Some(place) = place else {
            return;
        };
        let value = self.sources.location(place);
        let layer = match value.file.layer() {
            Layer::Package if self.syntax.is_default(place) => Layer::ContractDefault,
            layer => layer,
        };
        let origin = Origin {
            key: here.key.map(|key| self.sources.location(key)),
            mentions: self.syntax.mentions(place),
            value,
            layer,
        };
        self.origins.0.insert(here.path.to_owned(), origin);
    }

    fn too_large(&mut self, here: &Here<'_>, place: Option<RawSpan>) -> Json {
        let report = Report::new(format!("`{}` is too large a number", here.path)).key(here.path);
        self.reports.push(match place {
            Some(place) => report.at(self.sources.location(place), "here"),
            None => report,
        });
        Json::Null
    }

    fn no_data(&mut self, here: &Here<'_>, place: Option<RawSpan>) -> Json {
        let report = Report::new(format!("`{}` is a function or a contract, not data", here.path))
            .key(here.path)
            .help("Put it in a `let`, or mark the field `| not_exported`");
        self.reports.push(match place {
            Some(place) => report.at(self.sources.location(place), "this is no data"),
            None => report,
        });
        Json::Null
    }
}

fn exported(field: &Field) -> Option<&NickelValue> {
    field.value.as_ref().filter(|_| !field.metadata.not_exported())
}

/// The fragments of a symbolic string with the prefix `text`.
fn fragments(record: &RecordData) -> Option<&NickelValue> {
    let field = |name: &str| record.fields.get(&LocIdent::from(name))?.value.as_ref();
    let prefix = field("prefix")?.as_enum_tag()?;
    (prefix.label() == "text").then(|| field("fragments"))?
}

fn number(value: &NickelValue) -> Option<Number> {
    let exact = value.as_number().map(ToString::to_string).unwrap_or_default();
    if let Ok(whole) = exact.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = exact.parse::<u64>() {
        return Some(whole.into());
    }
    f64::deserialize(value.clone()).ok().and_then(Number::from_f64)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
