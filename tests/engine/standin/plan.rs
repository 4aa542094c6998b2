//! What the image's plan, written by the test from the built topology, says of a workload. It holds places
//! of values, never values: these come from the container itself.
//!
//! The lines of a workload, each of words with tabs between them:
//!
//! ```text
//! workload NAME service|job
//! word INDEX TEXT                                 a word of its command
//! mount PLACE true|false                          whether it is read-only
//! reach SERVICE IDENTITY file PLACE HOST PORT     where in which file the host and the port stand
//! reach SERVICE IDENTITY argument INDEX           which argument is a URL
//! reach SERVICE IDENTITY variable NAME
//! retry                                           nothing is waited for before it starts
//! ```

use std::collections::BTreeMap;
use std::fs;

/// A workload.
#[derive(Default)]
pub struct Workload {
    pub name: String,
    pub is_job: bool,
    pub words: BTreeMap<usize, String>,
    pub mounts: Vec<(String, bool)>,
    pub reaches: Vec<Reach>,
    pub retries: bool,
}

/// A service that has to be reached.
pub struct Reach {
    pub service: String,
    /// What it has to say that it is.
    pub identity: String,
    pub place: Place,
}

/// Where it is named.
pub enum Place {
    File { path: String, host: String, port: String },
    Argument(usize),
    Variable(String),
}

/// The workload of the plan whose command is most like this one. A changed argument changes what
/// the workload does, not which one it is.
pub fn own(command: &[String]) -> Result<Workload, String> {
    let text = fs::read_to_string("/plan").map_err(|it| format!("the image has no plan: {it}"))?;
    let alike = |it: &Workload| {
        it.words.iter().filter(|(at, word)| command.get(**at) == Some(word)).count()
    };
    let best = parse(&text)?.into_iter().max_by_key(alike).ok_or("the plan is empty")?;
    match alike(&best) {
        0 => Err(format!("the plan knows no {command:?}")),
        _ => Ok(best),
    }
}

fn parse(text: &str) -> Result<Vec<Workload>, String> {
    let mut found: Vec<Workload> = vec![];
    for line in text.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        if let ["workload", name, kind] = words.as_slice() {
            found.push(Workload {
                name: (*name).to_owned(),
                is_job: *kind == "job",
                ..Workload::default()
            });
            continue;
        }
        let wrong = || format!("the plan has a line {line}");
        let last = found.last_mut().ok_or_else(wrong)?;
        match words.as_slice() {
            ["word", at, text] => {
                drop(last.words.insert(at.parse().map_err(|_| wrong())?, (*text).to_owned()))
            }
            ["mount", place, read_only] => {
                last.mounts.push(((*place).to_owned(), *read_only == "true"))
            }
            ["reach", service, identity, place @ ..] => last.reaches.push(Reach {
                service: (*service).to_owned(),
                identity: (*identity).to_owned(),
                place: parse_place(place).ok_or_else(wrong)?,
            }),
            ["retry"] => last.retries = true,
            _ => return Err(wrong()),
        }
    }
    Ok(found)
}

fn parse_place(words: &[&str]) -> Option<Place> {
    match words {
        ["file", path, host, port] => {
            let [path, host, port] = [path, host, port].map(|it| (*it).to_owned());
            Some(Place::File { path, host, port })
        }
        ["argument", at] => at.parse().ok().map(Place::Argument),
        ["variable", name] => Some(Place::Variable((*name).to_owned())),
        _ => None,
    }
}
