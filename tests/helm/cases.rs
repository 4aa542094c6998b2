//! CLP in its four types, each as it comes, with S3, with services elsewhere, and so on.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::{clp_gen, run, stderr};

/// The package directory of the Compose deployment.
pub(crate) const ROOT: &str = "/srv/deployment";

/// A configuration, installed for Helm and staged for Compose.
pub(crate) struct Case {
    /// `spider-base-s3`.
    pub(crate) name: String,
    folder: tempfile::TempDir,
}

impl Case {
    /// Installs `config` for both targets.
    pub(crate) fn new(name: &str, config: &Json) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("clp-config.yaml"), config.to_string()).unwrap();
        fs::write(folder.path().join("credentials.yaml"), credentials().to_string()).unwrap();
        fs::write(folder.path().join("host.yaml"), "instance_id: ab12\ncpus: 8\n").unwrap();
        let case = Self { name: name.to_owned(), folder };
        case.install("helm", &["--root", "helm"]);
        case.install("compose", &["--root", ROOT, "--destdir", "stage"]);
        case
    }

    fn install(&self, target: &str, place: &[&str]) {
        let install = || {
            let mut command = clp_gen(self.folder.path(), &["install", "--target", target]);
            command.args(place).args(["--config", "clp-config.yaml", "--host", "host.yaml"]);
            command.args(["--credentials", "credentials.yaml"]);
            run(command)
        };
        let mut output = install();
        // A machine that is too busy for an evaluation says: try again.
        for _ in 0..10 {
            if output.status.code() == Some(4) {
                std::thread::sleep(Duration::from_secs(3));
                output = install();
            }
        }
        assert!(output.status.success(), "{}: {target}: {}", self.name, stderr(&output));
    }

    /// The folder of the chart.
    pub(crate) fn chart(&self) -> PathBuf {
        self.folder.path().join("helm/clp")
    }

    /// The values that hold secrets.
    pub(crate) fn secrets(&self) -> PathBuf {
        self.folder.path().join("helm/values.secret.yaml")
    }

    /// Where a path of the machine that Compose runs on is staged.
    pub(crate) fn staged(&self, path: &str) -> PathBuf {
        self.folder.path().join("stage").join(path.trim_start_matches('/'))
    }

    /// The topology that was installed.
    pub(crate) fn topology(&self) -> Json {
        let text = fs::read(self.folder.path().join("helm/.clp-gen/topology.json")).unwrap();
        let document: Json = serde_json::from_slice(&text).unwrap();
        document["topology"].clone()
    }
}

/// Passwords with everything in them that means something to somebody.
pub(crate) fn credentials() -> Json {
    json!({
        "database": {
            "username": "clp-user", "password": "p@ss/w:rd% $x $(y) $$",
            "root_username": "root", "root_password": "r {{ .Values }} 'q\" \\ #",
            "spider_username": "spider-user", "spider_password": "s&p=i?d+e r%20",
        },
        "queue": { "username": "clp-user", "password": "q#u@e/u%:e" },
        "redis": { "password": "ünïcödé !*|>" },
    })
}

/// The types, by name, with what makes a configuration one of them.
fn types() -> Json {
    let presto = json!({ "query_engine": "presto" });
    let address = json!({ "host": "presto.example.org", "port": 8889 });
    let kept = json!({ "retention_period": null });
    json!({
        "full": {},
        "base": { "package": presto, "presto": address, "results_cache": kept },
        "spider-full": { "compression_scheduler": { "type": "spider" }, "spider_scheduler": {} },
        "spider-base": {
            "package": presto, "presto": address, "results_cache": kept,
            "compression_scheduler": { "type": "spider" }, "spider_scheduler": {},
        },
    })
}

/// What is not as it comes, by name.
fn variants() -> Json {
    let keys = json!({ "access_key_id": "AKIA", "secret_access_key": "k/e+y= \"" });
    let authentication = json!({ "type": "credentials", "credentials": keys });
    let place = json!({
        "region_code": "us-east-1", "bucket": "b", "key_prefix": "k/",
        "aws_authentication": authentication,
    });
    let s3 = json!({ "type": "s3", "s3_config": place });
    json!({
        "default": {},
        "s3": {
            "logs_input": { "type": "s3", "aws_authentication": authentication },
            "archive_output": { "storage": s3 }, "stream_output": { "storage": s3 },
        },
        "external": {
            "bundled": [],
            "database": { "host": "db.example.org", "port": 3307 },
            "queue": { "host": "queue.example.org" },
            "redis": { "host": "10.0.0.6", "query_backend_database": 4 },
            "results_cache": { "host": "cache.example.org", "port": 27018 },
        },
        "retention-off": {
            "archive_output": { "retention_period": null },
            "results_cache": { "retention_period": null },
        },
        "mcp": { "mcp_server": {} },
        "mysql": { "database": { "type": "mysql" } },
    })
}

/// One configuration over another.
fn merged(lower: &Json, upper: &Json) -> Json {
    let (Json::Object(lower), Json::Object(upper)) = (lower, upper) else {
        return upper.clone();
    };
    let mut result = lower.clone();
    for (key, value) in upper {
        let below = lower.get(key).unwrap_or(&Json::Null);
        result.insert(key.clone(), merged(below, value));
    }
    Json::Object(result)
}

/// A case that is installed once somebody asks for it.
struct Planned {
    name: String,
    config: Json,
    case: OnceLock<Case>,
}

impl Planned {
    fn case(&self) -> &Case {
        self.case.get_or_init(|| Case::new(&self.name, &self.config))
    }
}

/// Every type with every variant, but for Spider, which takes no MySQL.
fn planned() -> &'static [Planned] {
    static PLANNED: OnceLock<Vec<Planned>> = OnceLock::new();
    PLANNED.get_or_init(|| {
        let (types, variants) = (types(), variants());
        let mut planned = vec![];
        for (kind, lower) in types.as_object().unwrap() {
            for (variant, upper) in variants.as_object().unwrap() {
                if !(kind.starts_with("spider") && variant == "mysql") {
                    let (name, config) = (format!("{kind}-{variant}"), merged(lower, upper));
                    planned.push(Planned { name, config, case: OnceLock::new() });
                }
            }
        }
        planned
    })
}

/// All of them.
pub(crate) fn cases() -> impl Iterator<Item = &'static Case> {
    planned().iter().map(Planned::case)
}

/// One of them.
pub(crate) fn case(name: &str) -> &'static Case {
    planned().iter().find(|it| it.name == name).unwrap().case()
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
