//! Programs and their arguments.
//!
//! **Invariant.** No secret is an argument of Podman's. Where one is an argument of the
//! container's, the container gets it as an environment variable, and a shell in the container
//! puts it in: `sh -c 'exec redis-server --requirepass "$ARGUMENT_3"'`. The image needs `sh`
//! then; where the image's own entrypoint stays, it sees `sh` as the program to run.

use model::{Text, Workload};

use super::draft::{Draft, free_variable};
use super::unit;

/// Writes the entrypoint and the arguments of `workload`.
pub(super) fn write(draft: &mut Draft, workload: &Workload) {
    let entrypoint = spelt(draft, workload.entrypoint.as_deref(), "entrypoint");
    let command = spelt(draft, workload.command.as_deref(), "command");
    let all = entrypoint.iter().chain(&command).flatten();
    if all.clone().any(needs_shell) {
        let all: Vec<Text> = all.cloned().collect();
        let field = if command.is_some() { "command" } else { "entrypoint" };
        let script = script(draft, workload, &all, "ARGUMENT", field);
        let shell = ["sh".to_owned(), "-c".to_owned(), script];
        match entrypoint {
            Some(_) => draft.option(&entrypoint_option(&shell), "entrypoint"),
            None => draft.words("Exec", shell.to_vec(), "command"),
        }
        return;
    }
    if let Some(entrypoint) = entrypoint {
        let words: Vec<String> = entrypoint.iter().map(literal).collect();
        draft.option(&entrypoint_option(&words), "entrypoint");
    }
    match command.as_deref() {
        // With an entrypoint, Podman forgets the image's own arguments.
        Some([]) if workload.entrypoint.is_none() => {
            let message = "systemd cannot take the image's own arguments away";
            draft.refuse("command", message, "Write the `entrypoint` too");
        }
        None | Some([]) => {}
        Some(command) => draft.words("Exec", command.iter().map(literal).collect(), "command"),
    }
}

/// A line for the container's shell that runs `program`, whose secrets become environment
/// variables called after `prefix`.
pub(super) fn script(
    draft: &mut Draft,
    workload: &Workload,
    program: &[Text],
    prefix: &str,
    field: &str,
) -> String {
    let mut words = vec!["exec".to_owned()];
    for (at, text) in program.iter().enumerate() {
        if let Some(literal) = text.as_literal() {
            words.push(shell_quoted(literal));
            continue;
        }
        let variable = free_variable(workload, format!("{prefix}_{at}"));
        words.push(format!("\"${variable}\""));
        draft.secret_variable(&variable, text.clone(), field);
    }
    words.join(" ")
}

/// The text of an argument without secrets.
pub(super) fn literal(text: &Text) -> String {
    text.as_literal().unwrap_or_default().to_owned()
}

/// A JSON array, as Podman takes programs in one argument.
pub(super) fn json(words: &[String]) -> String {
    serde_json::to_string(words).expect("strings always serialise")
}

fn entrypoint_option(words: &[String]) -> String {
    format!("--entrypoint={}", json(words))
}

fn spelt(draft: &mut Draft, texts: Option<&[Text]>, field: &str) -> Option<Vec<Text>> {
    Some(texts?.iter().map(|text| draft.spell(text, field)).collect())
}

fn needs_shell(text: &Text) -> bool {
    text.as_literal().is_none_or(unit::is_misread)
}

/// `text` as one word of a POSIX shell.
fn shell_quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
