//! Stand-ins for the programs of the deployed package.

use std::fs;
use std::time::{Duration, Instant};

use crate::listen::{hexadecimal, listen, request};
use crate::plan::{Place, Reach, Workload, own};
use crate::record::event;
use crate::settings::scalars;
use crate::{START, WORK, mounts, record};

/// How long a worker without edges tries.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a workload of the package to its end, or until it is asked to end.
pub fn run() -> Result<(), String> {
    let begun = Instant::now();
    let command: Vec<String> = std::env::args().collect();
    event("start", &command[0]);
    record::end_when_asked();
    let workload = own(&command)?;
    event("is", &workload.name);
    files(&command)?;
    for (place, read_only) in &workload.mounts {
        mounts::check(place, *read_only)?;
    }
    for reach in &workload.reaches {
        reached(reach, &command, &workload)?;
    }
    root(&command, &workload)?;
    if workload.is_job {
        std::thread::sleep(WORK.saturating_sub(begun.elapsed()));
        event("end", &workload.name);
        return Ok(());
    }
    std::thread::sleep(START.saturating_sub(begun.elapsed()));
    for (host, port) in ports(&command)? {
        listen(&host, port, &workload.name, None)?;
    }
    event("ready", &workload.name);
    loop {
        std::thread::park();
    }
}

fn option(command: &[String], names: &[&str]) -> Option<String> {
    let at = command.iter().position(|it| names.contains(&it.as_str()))?;
    command.get(at + 1).cloned()
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set"))
}

/// The file that the program takes its configuration from, if it takes one.
fn configuration(command: &[String]) -> Option<String> {
    option(command, &["--config", "--config-path"])
        .or_else(|| std::env::var("CLP_CONFIG_PATH").ok())
}

/// What the program names has to be there.
fn files(command: &[String]) -> Result<(), String> {
    if let Some(path) = configuration(command) {
        fs::File::open(&path).map_err(|it| format!("cannot read {path}: {it}"))?;
    }
    for name in ["CLP_LOGS_DIR", "SPIDER_LOG_DIR"] {
        if let Ok(folder) = std::env::var(name) {
            mounts::written(&folder)?;
        }
    }
    for name in ["CLP_WORKER_LOG_PATH", "SPIDER_LOG_FILE"] {
        if let Ok(file) = std::env::var(name) {
            mounts::written(file.rsplit_once('/').ok_or(format!("{name} is no path"))?.0)?;
        }
    }
    Ok(())
}

/// Reaches a service and, where it asks for it, logs in.
fn reached(reach: &Reach, command: &[String], workload: &Workload) -> Result<(), String> {
    let Target { host, port, login } = Target::find(&reach.place, command)?;
    let line = match (reach.identity.as_str(), login) {
        ("mariadbd" | "redis-server" | "rabbitmq-server", Some((user, password))) => {
            login_line(&user, &password)
        }
        ("mariadbd", None) => login_line(&variable("CLP_DB_USER")?, &variable("CLP_DB_PASS")?),
        _ => "HELLO".to_owned(),
    };
    let end = Instant::now() + PATIENCE;
    loop {
        let problem = match request(&host, port, &line) {
            Ok(answer) if answer == format!("OK {}", reach.identity) => break,
            Ok(answer) => return Err(format!("{}: {host}:{port} says {answer}", reach.service)),
            Err(problem) => format!("{}: {problem}", reach.service),
        };
        if !workload.retries || Instant::now() > end {
            return Err(problem);
        }
        event("retry", &problem);
        std::thread::sleep(Duration::from_millis(500));
    }
    event("reached", &format!("{} at {host}:{port}", reach.service));
    Ok(())
}

fn login_line(user: &str, password: &str) -> String {
    format!("LOGIN {} {}", hexadecimal(user), hexadecimal(password))
}

struct Target {
    host: String,
    port: u16,
    login: Option<(String, String)>,
}

impl Target {
    fn find(place: &Place, command: &[String]) -> Result<Self, String> {
        match place {
            Place::Argument(at) => Self::parse(command.get(*at).ok_or("an argument is missing")?),
            Place::Variable(name) => Self::parse(&variable(name)?),
            Place::File { path, host, port } => {
                let text =
                    fs::read_to_string(path).map_err(|it| format!("cannot read {path}: {it}"))?;
                let found = scalars(&text);
                let value = |key: &str| {
                    found.get(key).cloned().ok_or_else(|| format!("{path} has no {key}"))
                };
                let port =
                    value(port)?.parse().map_err(|_| format!("{path}: {port} is no port"))?;
                Ok(Self { host: value(host)?, port, login: None })
            }
        }
    }

    /// `scheme://[user:password@]host:port[/path][?user=…&password=…]`
    fn parse(url: &str) -> Result<Self, String> {
        // The URL holds a password: it is not shown.
        let wrong = || "a URL cannot be read".to_owned();
        let (_, rest) = url.split_once("://").ok_or_else(wrong)?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let place = place.split('/').next().unwrap_or_default();
        let (login, place) =
            place.rsplit_once('@').map_or((None, place), |(login, place)| (Some(login), place));
        let (host, port) = place.rsplit_once(':').ok_or_else(wrong)?;
        let field =
            |name: &str| query.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        let pair = match login {
            Some(login) => login.split_once(':'),
            None => field("user").zip(field("password")),
        };
        let login = match pair {
            Some((user, password)) => {
                Some((decoded(user).ok_or_else(wrong)?, decoded(password).ok_or_else(wrong)?))
            }
            None => None,
        };
        Ok(Self { host: host.to_owned(), port: port.parse().map_err(|_| wrong())?, login })
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = vec![];
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            // Everything else that is special in a URL has to be encoded.
            it if it.is_ascii_alphanumeric() || b"-._~".contains(&it) => it,
            _ => return None,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Who has the database's root makes the users that others log in as.
fn root(command: &[String], workload: &Workload) -> Result<(), String> {
    let Ok(root) = std::env::var("CLP_DB_ROOT_USER") else { return Ok(()) };
    let database = workload
        .reaches
        .iter()
        .find(|it| it.identity == "mariadbd")
        .ok_or("there is no database")?;
    let Target { host, port, login: _ } = Target::find(&database.place, command)?;
    let words = [
        root,
        variable("CLP_DB_ROOT_PASS")?,
        variable("SPIDER_DB_USER")?,
        variable("SPIDER_DB_PASS")?,
    ];
    let answer =
        request(&host, port, &format!("GRANT {}", words.map(|it| hexadecimal(&it)).join(" ")))?;
    answer
        .starts_with("OK")
        .then_some(())
        .ok_or_else(|| format!("{host}:{port} says {answer} to root"))
}

/// Where the program listens: by its options, by its environment, or by its own section of the
/// configuration.
fn ports(command: &[String]) -> Result<Vec<(String, u16)>, String> {
    let parsed = |it: &str| it.parse::<u16>().map_err(|_| format!("{it} is no port"));
    if let Some(port) = option(command, &["--port"]) {
        let host = option(command, &["--host"]).ok_or("no host to listen on")?;
        return Ok(vec![(host, parsed(&port)?)]);
    }
    if let Ok(port) = std::env::var("PORT") {
        return Ok(vec![(variable("HOST")?, parsed(&port)?)]);
    }
    let module = option(command, &["-m"]).unwrap_or_default();
    let section = module.rsplit('.').next().unwrap_or_default().to_owned();
    let Some(text) = configuration(command).and_then(|it| fs::read_to_string(it).ok()) else {
        return Ok(vec![]);
    };
    let settings = scalars(&text);
    let value = |key: &str| settings.get(&format!("{section}.{key}"));
    let Some((host, first)) = value("host").zip(value("port").or(value("base_port"))) else {
        return Ok(vec![]);
    };
    let count = option(command, &["--concurrency"]).map_or(Ok(1), |it| parsed(&it))?;
    let first = parsed(first)?;
    Ok((first..first + count).map(|port| (host.clone(), port)).collect())
}
