//! Stand-ins for the programs that health probes call.

use crate::listen::{hexadecimal, request};

/// Asks a server, as the real program would; an error is its exit code 1.
pub fn ask(name: &str, arguments: &[String]) -> Result<(), String> {
    let after = |option: &str| {
        arguments.iter().position(|it| it == option).and_then(|at| arguments.get(at + 1)).cloned()
    };
    let given = |option: &str| after(option).ok_or_else(|| format!("{name} has no {option}"));
    match name {
        "mysqladmin" => {
            let password = arguments
                .iter()
                .find_map(|it| it.strip_prefix("--password=").map(ToOwned::to_owned))
                .or_else(|| std::env::var("MYSQL_PWD").ok())
                .ok_or("no password")?;
            expect("ping", arguments)?;
            answered(&given("-h")?, "3306", &login(&given("-u")?, &password))
        }
        "redis-cli" => {
            expect("PING", arguments)?;
            let password =
                after("-a").or_else(|| std::env::var("REDISCLI_AUTH").ok()).ok_or("no password")?;
            answered(&given("-h")?, &given("-p")?, &login("default", &password))
        }
        "rabbitmq-diagnostics" => {
            expect("check_running", arguments)?;
            answered("127.0.0.1", "5672", "HELLO")
        }
        "mongosh" => {
            let script = std::io::read_to_string(std::io::stdin()).map_err(|it| it.to_string())?;
            expect("db.runCommand(\"ping\").ok", &[script.trim().to_owned()])?;
            let place = arguments.first().ok_or("no place")?.split('/').next().unwrap_or_default();
            let (host, port) = place.split_once(':').ok_or("no port")?;
            answered(host, port, "HELLO")
        }
        _ => {
            let url =
                arguments.last().ok_or("no URL")?.strip_prefix("http://").ok_or("no http://")?;
            let (place, path) = url.split_once('/').ok_or("no path")?;
            let (host, port) = place.split_once(':').unwrap_or((place, "80"));
            answered(host, port, &format!("GET /{path} HTTP/1.1"))
        }
    }
}

fn login(user: &str, password: &str) -> String {
    format!("LOGIN {} {}", hexadecimal(user), hexadecimal(password))
}

fn expect(word: &str, arguments: &[String]) -> Result<(), String> {
    arguments
        .iter()
        .any(|it| it == word)
        .then_some(())
        .ok_or_else(|| format!("nobody asked for {word}"))
}

fn answered(host: &str, port: &str, line: &str) -> Result<(), String> {
    let port = port.parse().map_err(|_| format!("{port} is no port"))?;
    let answer = request(host, port, line)?;
    match answer.starts_with("OK") || answer.starts_with("HTTP/1.1 200") {
        true => Ok(()),
        false => Err(format!("{host}:{port} says {answer}")),
    }
}
