//! The one program of the stand-in images: it takes the part of each program that a deployment
//! runs, by the name that it is called with. Linked statically, it needs nothing beside it.
//!
//! What stands in for a server listens only some seconds after its start, and lets in only who
//! knows a password that it was given. What stands in for a program of the deployed package
//! looks for its files, resolves and reaches every service that it waits for, where its own
//! arguments, environment and files name it, and ends with 1 if it cannot. Each says what it did,
//! one event a line, with the time.

mod ask;
mod client;
mod listen;
mod mounts;
mod plan;
mod record;
mod server;
mod settings;

use std::time::Duration;

/// How long a server takes before it listens. Its first health probe, after 2 s, has to fail.
const START: Duration = Duration::from_millis(2500);

/// How long a job takes.
const WORK: Duration = Duration::from_secs(2);

fn main() {
    let mut arguments = std::env::args();
    let name = arguments.next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    let arguments: Vec<String> = arguments.collect();
    let ended = match name {
        "mysqladmin" | "redis-cli" | "rabbitmq-diagnostics" | "mongosh" | "curl" => {
            ask::ask(name, &arguments)
        }
        "mariadbd" | "rabbitmq-server" | "redis-server" | "mongod" => {
            server::serve(name, &arguments)
        }
        _ => client::run(),
    };
    if let Err(reason) = ended {
        // A health probe says it to the engine, everything else to the log.
        record::event("failed", &reason);
        std::process::exit(1);
    }
}
