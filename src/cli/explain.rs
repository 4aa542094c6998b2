//! `clp-gen explain`.

use std::fmt::Write;

use clap::Args;

use super::data;
use crate::explain::{self, Candidate, Explanation, Mention};
use crate::failure::Failure;
use crate::request::Request;

/// Explain where a value comes from
///
/// Prints the value at a path of the package's record, the file, line and layer that set it, the
/// input fields that it was computed from, and what it won against. Values of secrets are not
/// known here.
#[derive(Args)]
pub(super) struct Explain {
    /// A path: `services.webui.ports.http.publish.port`, `config.webui.port`
    path: String,

    #[command(flatten)]
    request: Request,
}

impl Explain {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let explanation = explain::explain(&self.request, &self.path, json)?;
        if json {
            super::json(&explanation);
        } else {
            data(&text(&explanation));
        }
        Ok(())
    }
}

fn text(explanation: &Explanation) -> String {
    let Explanation { path, won, lost, inputs } = explanation;
    let mut text = format!("{path} = {}\n", won.value);
    line(&mut text, "set at", won);
    for Mention { path, place, value } in inputs {
        // Writing to memory does not fail.
        let _ = writeln!(text, "  computed from {path}{}, {place}", shown(value));
    }
    for candidate in lost {
        line(&mut text, &format!("won against {},", candidate.value), candidate);
    }
    text
}

fn line(text: &mut String, what: &str, candidate: &Candidate) {
    let Candidate { layer, place, .. } = candidate;
    // Writing to memory does not fail.
    let _ = writeln!(text, "  {what} {place} ({layer})");
}

/// A value that fits on a line; a whole section is named only.
fn shown(value: &serde_json::Value) -> String {
    if value.is_object() { String::new() } else { format!(" = {value}") }
}
