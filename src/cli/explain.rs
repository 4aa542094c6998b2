//! `clp-gen explain`.

use clap::Args;

use super::build::Chosen;
use super::data;
use crate::explain::{self, Candidate, Contract, Destination, Explanation, Lines, Mention};
use crate::failure::Failure;
use crate::request::Request;

/// How many places of one kind are printed; `--format json` has all.
const MOST: usize = 8;

/// The most characters of a value that are printed.
const LONGEST: usize = 200;

/// Explain where a value comes from, and where it goes
///
/// Prints the value at a path of the package's record, or of a line of an output file: the file,
/// line and layer that set it, the input fields that it was computed from, what it won against and
/// why, its contract, and the lines of each target's files that come from it. Values of secrets are
/// not known here.
#[derive(Args)]
pub(super) struct Explain {
    /// A path (`services.webui.ports.http.publish.port`, `config.webui.port`), or a line of an output
    /// file (`compose.yaml:120`)
    path: String,

    /// The target whose file is meant, where several have one of that name
    #[arg(long, value_enum)]
    target: Option<Chosen>,

    #[command(flatten)]
    request: Request,
}

impl Explain {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let target = self.target.map(|Chosen(target)| target);
        let explanation = explain::explain(&self.request, &self.path, target, json)?;
        if json {
            super::json(&explanation);
        } else {
            data(&text(&explanation));
        }
        Ok(())
    }
}

fn text(explanation: &Explanation) -> String {
    let Explanation { path, line: asked, won, lost, inputs, contract, feeds, targets } =
        explanation;
    let mut text = String::new();
    let asked = asked.as_ref().map_or(String::new(), |it| format!("{it} comes from "));
    row(&mut text, &format!("{asked}{path} = {}", brief(&won.value)));
    row(&mut text, &format!("  set at {} ({})", won.place, won.layer));
    for Mention { path, place, value } in inputs {
        row(&mut text, &format!("  computed from {path}{}, {place}", shown(value)));
    }
    for Candidate { layer, place, value, .. } in lost {
        let why = format!("{} wins over {layer}", won.layer);
        row(&mut text, &format!("  won against {}, {place}: {why}", brief(value)));
    }
    if let Some(contract) = contract {
        row(&mut text, &format!("  {}", described(contract, path)));
    }
    for path in feeds.iter().take(MOST) {
        row(&mut text, &format!("  goes into {path}"));
    }
    if feeds.len() > MOST {
        row(&mut text, &format!("  and into {} more", feeds.len() - MOST));
    }
    if feeds.is_empty() && explain::is_input(path) {
        row(&mut text, "  goes into no value by itself, only by way of others");
        return text;
    }
    targets.iter().for_each(|it| row(&mut text, &format!("  {}", destination(it))));
    text
}

/// A contract in a line: what may stand there, and what it is for.
fn described(contract: &Contract, path: &str) -> String {
    let Contract { path: about, wanted, doc } = contract;
    let whose = if about == path { String::new() } else { format!(" of {about}") };
    let words: Vec<&str> = [wanted.as_str(), doc.as_deref().unwrap_or_default()]
        .into_iter()
        .filter(|it| !it.is_empty())
        .collect();
    format!("contract{whose}: {}", words.join(". "))
}

/// Where a value goes in one target.
fn destination(destination: &Destination) -> String {
    let Destination { target, places, refused } = destination;
    if let Some(first) = refused.first() {
        return format!("{target}: refuses this deployment: {first}");
    }
    if places.is_empty() {
        return format!("{target}: no line of its own");
    }
    let shown = places.iter().take(MOST).map(|Lines { file, first, last }| match last - first {
        0 => format!("{file}:{first}"),
        _ => format!("{file}:{first}-{last}"),
    });
    let more = places.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{target}: {}{more}", shown.collect::<Vec<_>>().join(", "))
}

fn row(text: &mut String, row: &str) {
    text.push_str(row);
    text.push('\n');
}

/// A value in one line, cut where it gets long.
fn brief(value: &serde_json::Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

/// A value that fits on a line; a whole section is named only.
fn shown(value: &serde_json::Value) -> String {
    if value.is_object() { String::new() } else { format!(" = {value}") }
}
