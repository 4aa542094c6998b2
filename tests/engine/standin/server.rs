//! Stand-ins for the servers that other people make. Each reads what the real one reads, and nothing
//! that only we know.

use std::collections::BTreeMap;
use std::fs;

use crate::listen::{Accounts, hexadecimal, listen};
use crate::mounts::{self, written};
use crate::record::event;
use crate::{START, record};

/// Runs a server until it is asked to end.
pub fn serve(name: &str, arguments: &[String]) -> Result<(), String> {
    event("start", name);
    record::end_when_asked();
    let after = |option: &str| {
        arguments.iter().position(|it| it == option).and_then(|at| arguments.get(at + 1)).cloned()
    };
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let (port, accounts): (u16, Accounts) = match name {
        "mariadbd" => {
            kept("/var/lib/mysql")?;
            kept("/var/log/mysql")?;
            variable("MYSQL_DATABASE")?;
            let users = [
                (variable("MYSQL_USER")?, variable("MYSQL_PASSWORD")?),
                ("root".to_owned(), variable("MYSQL_ROOT_PASSWORD")?),
            ];
            (3306, accounts(&users))
        }
        "rabbitmq-server" => {
            let log = variable("RABBITMQ_LOGS")?;
            kept(log.rsplit_once('/').ok_or("RABBITMQ_LOGS is no path")?.0)?;
            (
                5672,
                accounts(&[(
                    variable("RABBITMQ_DEFAULT_USER")?,
                    variable("RABBITMQ_DEFAULT_PASS")?,
                )]),
            )
        }
        "redis-server" => {
            let settings = read(arguments.first().ok_or("no configuration file is named")?)?;
            kept("/data")?;
            let set = settings.lines().find_map(|it| it.trim().strip_prefix("requirepass "));
            let password = after("--requirepass").or_else(|| set.map(unquoted));
            (6379, password.and_then(|it| accounts(&[("default".to_owned(), it)])))
        }
        _ => {
            let settings = read(&after("--config").ok_or("no configuration file is named")?)?;
            let log = settings
                .lines()
                .find_map(|it| it.trim().strip_prefix("path: "))
                .ok_or("no log is named")?;
            kept(log.rsplit_once('/').ok_or("the log is no path")?.0)?;
            kept("/data/db")?;
            (27017, None)
        }
    };
    std::thread::sleep(START);
    let host = after("--bind_ip").unwrap_or_else(|| "0.0.0.0".to_owned());
    listen(&host, port, name, accounts)?;
    event("ready", name);
    loop {
        std::thread::park();
    }
}

fn accounts(users: &[(String, String)]) -> Accounts {
    let users = users.iter().map(|(user, password)| (hexadecimal(user), hexadecimal(password)));
    Some(users.collect::<BTreeMap<_, _>>())
}

/// What stands in double quotes, as Redis reads it.
fn unquoted(text: &str) -> String {
    let inner = text.trim().strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let (mut plain, mut characters) = (String::new(), inner.unwrap_or(text).chars());
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|it| format!("cannot read {path}: {it}"))
}

/// A directory whose content has to stay.
fn kept(path: &str) -> Result<(), String> {
    if !mounts::all()?.contains(path) {
        return Err(format!("{path} is not mounted"));
    }
    written(path)
}
