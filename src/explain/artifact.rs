//! Origins as an artifact holds them: the same wherever the files are.

use std::collections::BTreeMap;

use nickel::{File, Origin, Origins};
use serde_json::{Map, Value as Json, json};

use crate::names::stable;
use crate::read::Loaded;

/// Every origin as an artifact may hold it: no paths of this machine.
#[must_use]
pub fn origins(loaded: &Loaded<'_>, origins: &Origins) -> Json {
    let mut texts = BTreeMap::new();
    let mut found = Map::new();
    for (path, Origin { key: _, value, layer, mentions }) in &origins.0 {
        // Of what has to hold, an artifact has only that it does.
        if path.starts_with("assertions.") || path.starts_with("warnings.") {
            continue;
        }
        let text =
            texts.entry(&value.file).or_insert_with(|| Starts::new(loaded.text(&value.file)));
        let at = match value.file {
            // The lines of user files move with comments, which change no artifact.
            File::Config | File::Host | File::Credentials => stable(&value.file),
            _ => format!("{}:{}", stable(&value.file), text.place(value.span.start)),
        };
        let mut origin = json!({ "at": at, "layer": layer.name() });
        match loaded.input_at(value) {
            Some(input) => origin["inputs"] = json!([input]),
            None if !mentions.is_empty() => origin["inputs"] = json!(mentions),
            None => {}
        }
        found.insert(path.clone(), origin);
    }
    Json::Object(found)
}

/// A text that is asked for many places: where its lines start is found once.
struct Starts {
    text: String,
    starts: Vec<usize>,
}

impl Starts {
    fn new(text: String) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(starts).collect();
        Self { text, starts }
    }

    /// `line:column`, from 1.
    fn place(&self, offset: usize) -> String {
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = self.text.get(self.starts[line - 1]..offset);
        format!("{line}:{}", before.map_or(0, |it| it.chars().count()) + 1)
    }
}
