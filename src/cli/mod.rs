//! The command line: one file for each subcommand.
//!
//! **Invariant.** stdout carries data, stderr carries words.

mod build;
mod check;
mod completions;
mod diff;
mod explain;
mod gc;
mod graph;
mod init;
mod inputs;
mod install;
mod lock;
mod man;
mod schema;
mod store;
mod vendor;
mod verify;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::failure::Failure;
use crate::report::{self, Shown};

/// The exit code of a mistake of ours.
pub const BUG: u8 = 255;

/// Compile a deployment topology to Docker Compose, Helm or systemd
///
/// A package says what runs; your configuration, facts of the machine and overlays say how. The
/// same inputs give the same bytes, on every machine. Nothing secret is read by a build, nor
/// written by one.
///
/// Exit codes: 0 fine, 1 the input is wrong, 2 usage, 3 differs or stale, 4 the environment
/// failed, 255 a bug of clp-gen's.
#[derive(Parser)]
#[command(name = "clp-gen", version, max_term_width = 100)]
#[command(
    after_help = "Start with:\n  clp-gen build --target compose --out clp-compose\n  clp-gen explain services.webui.ports.http.publish.port"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// How data and reports are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: data on stdout, one object for each mistake
    Json,
    /// For a pull request: of `diff` only
    Markdown,
    /// The lines of files: of `diff` only
    Unified,
}

impl Format {
    /// What a command can print besides text and JSON.
    fn is_known_to(self, command: &Command) -> bool {
        match self {
            Self::Text | Self::Json => true,
            Self::Markdown | Self::Unified => matches!(command, Command::Diff(_)),
        }
    }
}

#[derive(Subcommand)]
enum Command {
    Build(build::Build),
    Check(check::Check),
    Diff(diff::Diff),
    Explain(explain::Explain),
    Gc(gc::Gc),
    Graph(graph::Draw),
    Init(init::Init),
    Inputs(inputs::Inputs),
    Install(install::Install),
    Store(store::Store),
    Verify(verify::Verify),
    Lock(Box<lock::Lock>),
    Schema(schema::Schema),
    Vendor(vendor::Vendor),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Runs the command that `arguments` name, and gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no mistakes; a closed stdout leaves nobody to tell.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let format = arguments.format;
    let json = format == Format::Json;
    if !format.is_known_to(&arguments.command) {
        let message = "this command prints `--format text` or `--format json`\n";
        let error = Arguments::command().error(ErrorKind::InvalidValue, message);
        let _ = error.print();
        return 2;
    }
    let done = match &arguments.command {
        Command::Build(command) => command.run(json),
        Command::Check(command) => command.run(json),
        Command::Diff(command) => command.run(format),
        Command::Explain(command) => command.run(json),
        Command::Gc(command) => command.run(json),
        Command::Graph(command) => command.run(json),
        Command::Init(command) => command.run(json),
        Command::Inputs(command) => command.run(json),
        Command::Install(command) => command.run(json),
        Command::Store(command) => command.run(json),
        Command::Verify(command) => command.run(json),
        Command::Lock(command) => command.run(json),
        Command::Schema(command) => command.run(json),
        Command::Vendor(command) => command.run(json),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => {
            fail(&failure, json);
            failure.code()
        }
    }
}

fn fail(failure: &Failure, json: bool) {
    match failure {
        // Data on stdout say it already.
        Failure::Differs(reports) if reports.is_empty() => {}
        Failure::Input(reports) | Failure::Differs(reports) | Failure::Network(reports) => {
            report::print(reports, json);
        }
        Failure::Environment(message) => {
            report::print(&[Shown::plain(message.clone(), None)], json);
        }
    }
}

/// Prints data.
fn data(text: &str) {
    // A closed stdout (`| head`) leaves nobody to tell.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// Prints data to the byte.
fn raw(text: &str) {
    // A closed stdout leaves nobody to tell.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Prints words.
fn words(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints warnings and notes of a command that went well.
fn aside(warnings: &[Shown], notes: &[String]) {
    let _ =
        write!(std::io::stderr(), "{}", report::render(warnings, std::io::stderr().is_terminal()));
    notes.iter().for_each(|note| words(note));
}

/// Prints warnings, rendered without and with colour, and notes.
fn warned([plain, coloured]: &[String; 2], notes: &[String]) {
    let text = if std::io::stderr().is_terminal() { coloured } else { plain };
    let _ = write!(std::io::stderr(), "{text}");
    notes.iter().for_each(|note| words(note));
}

/// Data as JSON.
fn json(value: &impl serde::Serialize) {
    data(&serde_json::to_string_pretty(value).expect("it is plain data"));
}
