//! Listening, and the one protocol that all stand-ins speak: a request is a line, words in it are
//! hexadecimal, the answer is `OK <identity>` or `DENIED`. HTTP is answered too.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

use crate::record::event;

/// Who may log in: passwords by user. `None` if the service asks for none.
pub type Accounts = Option<BTreeMap<String, String>>;

/// Listens on a port for ever; each connection has a thread.
pub fn listen(host: &str, port: u16, identity: &str, accounts: Accounts) -> Result<(), String> {
    let listener = TcpListener::bind((host, port))
        .map_err(|it| format!("cannot listen on {host}:{port}: {it}"))?;
    event("listening", &port.to_string());
    let accounts: &'static Mutex<Accounts> = Box::leak(Box::new(Mutex::new(accounts)));
    let identity: &'static str = Box::leak(identity.to_owned().into_boxed_str());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, identity, accounts));
        }
    });
    Ok(())
}

fn answer(stream: TcpStream, identity: &str, accounts: &Mutex<Accounts>) {
    // A probe comes from inside the container.
    let inside = match (stream.peer_addr(), stream.local_addr()) {
        (Ok(peer), Ok(own)) => peer.ip() == own.ip(),
        _ => false,
    };
    let mut line = String::new();
    let mut writer = stream.try_clone().expect("a socket can be cloned");
    if BufReader::new(stream).read_line(&mut line).is_err() {
        return;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let granted = match words.as_slice() {
        [] | ["HELLO"] => true,
        ["GET", "/health", ..] => true,
        ["LOGIN", user, password] => knows(accounts, user, password),
        ["GRANT", user, password, new_user, new_password] => {
            knows(accounts, user, password) && grant(accounts, new_user, new_password)
        }
        _ => false,
    };
    if inside {
        event(if granted { "probed" } else { "denied" }, words.first().unwrap_or(&"connect"));
    }
    let said = match (words.first(), granted) {
        (Some(&"GET"), true) => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
        (Some(&"GET"), false) => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        (_, true) => format!("OK {identity}\n"),
        (_, false) => "DENIED\n".to_owned(),
    };
    // Who only connects does not wait for an answer.
    let _ = writer.write_all(said.as_bytes());
}

fn knows(accounts: &Mutex<Accounts>, user: &str, password: &str) -> bool {
    let accounts = accounts.lock().expect("no thread panics");
    accounts.as_ref().is_none_or(|it| it.get(user).is_some_and(|it| it == password))
}

fn grant(accounts: &Mutex<Accounts>, user: &str, password: &str) -> bool {
    let mut accounts = accounts.lock().expect("no thread panics");
    let Some(accounts) = accounts.as_mut() else { return false };
    accounts.insert(user.to_owned(), password.to_owned());
    true
}

/// A word of the protocol's.
pub fn hexadecimal(text: &str) -> String {
    // A leading letter keeps the empty text a word.
    text.bytes().fold("x".to_owned(), |line, byte| format!("{line}{byte:02x}"))
}

/// Connects, sends a request and reads the answer.
pub fn request(host: &str, port: u16, line: &str) -> Result<String, String> {
    let place = format!("{host}:{port}");
    let addresses = std::net::ToSocketAddrs::to_socket_addrs(&(host, port))
        .map_err(|it| format!("cannot resolve {place}: {it}"))?;
    let mut problem = "no address".to_owned();
    for address in addresses {
        match TcpStream::connect_timeout(&address, std::time::Duration::from_secs(1)) {
            Ok(stream) => {
                return exchange(stream, line)
                    .map_err(|it| format!("{place} does not answer: {it}"));
            }
            Err(error) => problem = error.to_string(),
        }
    }
    Err(format!("cannot reach {place}: {problem}"))
}

fn exchange(mut stream: TcpStream, line: &str) -> std::io::Result<String> {
    stream.set_read_timeout(Some(std::time::Duration::from_secs(2)))?;
    stream.write_all(format!("{line}\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
