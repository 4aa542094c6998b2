//! Configurations that nobody wrote: each builds, or is refused at its own lines.

use std::collections::BTreeSet;
use std::fs;

use clp_gen::check::{Verdict, check};
use clp_gen::failure::Failure;
use clp_gen::report;
use clp_gen::request::Request;
use serde_json::{Map, Value as Json, json};
use targets::Target;

use crate::fixtures;

/// What the configuration is called.
const CONFIG: &str = "clp-config.yaml";

/// How many configurations are made up.
const CONFIGURATIONS: u64 = 60;

/// What becomes of a configuration.
enum Outcome {
    /// It can be built for these targets.
    Builds(Vec<Target>),
    /// It is refused, with these reports.
    Refused(Vec<Json>),
}

/// Checks a configuration.
fn outcome(config: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(CONFIG);
    fs::write(&path, config).unwrap();
    let request = Request { config: Some(path), ..Request::default() };
    let evaluation = move || match check(&request, None, false) {
        Ok(checked) => {
            let lowers = |(target, verdict): &(Target, Verdict)| match verdict {
                Verdict::Lowers(_) => Some(*target),
                Verdict::Refuses(_) => None,
            };
            Outcome::Builds(checked.targets.iter().filter_map(lowers).collect())
        }
        Err(Failure::Input(reports)) => {
            Outcome::Refused(report::data(&reports).as_array().unwrap().clone())
        }
        Err(failure) => panic!("{failure:?}"),
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(evaluation).unwrap();
    thread.join().unwrap_or_else(|_| panic!("panicked over: {config}"))
}

/// Numbers from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn choice(&mut self, values: &Json) -> Json {
        let values = values.as_array().unwrap();
        values[self.below(values.len())].clone()
    }
}

/// Values that a key may have; the last one of each is wrong, or wrong beside most others.
fn values() -> Vec<(String, Json)> {
    let level = json!(["DEBUG", "WARN", "ERROR", "LOUD"]);
    let port = json!([4444, "5555", 61000, 0]);
    let count = json!([1, "7", 1_000_000, -1]);
    let host = json!(["localhost", "0.0.0.0", "10.1.2.3", "nowhere.example.org"]);
    let text = json!(["a", " b ", "$x: {{ y }} %z \"'", ""]);
    let path = json!(["data", "./data/", "/data/x", "/usr/x"]);
    let credentials = json!({"access_key_id": "A", "secret_access_key": "S"});
    let authentication = json!([
        {"type": "ec2"}, {"type": "env_vars"}, {"type": "credentials", "credentials": credentials},
        {"type": "profile"},
    ]);
    let bucket = json!({"bucket": "b", "key_prefix": "k/", "aws_authentication": {"type": "ec2"}});
    let storage = json!([
        {}, {"directory": "/data/a"}, {"s3_config": bucket}, {"type": "s3"},
    ]);
    let first = json!({
        "container_image_ref": ["registry.example.org/clp:1", null, "clp", "clp@sha256:0"],
        "logs_input.type": ["fs", "fs", "fs", "s3"],
        "logs_input.directory": ["/", "/logs", "/logs/../x", "logs"],
        "logs_input.aws_authentication": authentication,
        "bundled": [[], ["database"], ["queue", "redis", "queue"], ["mongo"]],
        "database.type": ["mariadb", "mysql", "mariadb", "postgres"],
        "database.host": host, "database.port": port,
        "database.names": [{"clp": "a", "spider": "b"}, {"clp": "a b", "spider": "a&b"}, {}],
        "database.ssl_cert": [null, "/cert.pem", ""], "database.compress": [true, false, "maybe"],
        "queue": [{}, {"port": 5673}, null], "queue.host": host, "queue.password": ["p", null, 1],
        "redis": [{}, {"port": 6380}, null], "redis.query_backend_database": [0, "3", 15, 0.5],
        "reducer.upsert_interval": count, "reducer.logging_level": level,
        "results_cache.host": host, "results_cache.port": port, "results_cache.db_name": text,
        "results_cache.stream_collection_name": text,
        "results_cache.retention_period": [1, null, 90, 0],
        "compression_scheduler.jobs_poll_delay": [1, 0.25, "0.5", 0],
        "compression_scheduler.max_concurrent_tasks_per_job": [0, 3, "4", -1],
        "compression_scheduler.logging_level": level,
        "query_scheduler.num_archives_to_search_per_sub_job": count,
    });
    let second = json!({
        "webui.host": host, "webui.port": port, "webui.rate_limit": count,
        "webui.results_metadata_collection_name": text, "webui.hots": ["localhost"],
        "garbage_collector.sweep_interval.archive": count,
        "api_server": [{}, {"port": 3333}, null, []], "log_ingestor": [{}, null, {"port": 3334}, 1],
        "api_server.query_job_polling": [{"initial_backoff_ms": 5}, {"max_backoff": "9"}, {"x": 1}],
        "mcp_server": [{}, null, {"host": "0.0.0.0"}, "yes"], "mcp_server.port": port,
        "archive_output.storage": storage, "stream_output.storage": storage,
        "archive_output.compression_level": [1, 19, "7", 20],
        "archive_output.retention_period": [null, 60, "61", 0.5],
        "data_directory": path, "logs_directory": path, "tmp_directory": path,
        "aws_config_directory": [null, null, null, "~/.aws"],
    });
    let maps = [first, second].map(|it| it.as_object().unwrap().clone());
    maps.into_iter().flatten().collect()
}

/// What makes each of the deployment types.
fn types() -> Json {
    let spider = json!({"type": "spider"});
    let presto = json!({"query_engine": "presto"});
    let coordinator = json!({"host": "presto.example.org", "port": 8889});
    json!([
        {},
        {"package": {"storage_engine": "clp", "query_engine": "clp"}, "log_ingestor": null,
         "api_server": null},
        {"compression_scheduler": spider, "spider_scheduler": {}},
        {"package": presto, "presto": coordinator, "results_cache": {"retention_period": null}},
        {"package": presto, "presto": coordinator, "results_cache": {"retention_period": null},
         "compression_scheduler": spider, "spider_scheduler": {"port": 6001}},
    ])
}

/// A configuration, and whether wrong values were among those to choose from.
fn configuration(random: &mut Random, wrong: bool) -> Json {
    let mut config = random.choice(&types());
    for (path, values) in values() {
        if random.below(6) == 0 {
            let mut values = values.as_array().unwrap().clone();
            if !wrong && values.len() > 1 {
                values.pop();
            }
            set(&mut config, &path, random.choice(&Json::Array(values)));
        }
    }
    config
}

/// Sets the value at a path, where only maps are on the way to it.
fn set(config: &mut Json, path: &str, value: Json) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(it, rest)| (it, Some(rest)));
    let Json::Object(fields) = config else { return };
    match rest {
        None => {
            fields.insert(first.to_owned(), value);
        }
        Some(rest) => {
            set(fields.entry(first).or_insert_with(|| Map::new().into()), rest, value);
        }
    }
}

/// Made-up configurations that build.
pub(crate) fn builds() -> Vec<String> {
    let made = (0..CONFIGURATIONS / 4).map(|seed| configuration(&mut Random(seed), seed % 2 == 1));
    let texts = made.map(|config| format!("{config:#}\n"));
    let built: Vec<_> = texts.filter(|it| matches!(outcome(it), Outcome::Builds(_))).collect();
    assert!(built.len() > 3, "some build");
    built
}

#[test]
fn generated_configurations_build_or_are_refused_at_their_lines() {
    let mut built = 0;
    let mut refused = 0;
    for seed in 0..CONFIGURATIONS {
        let config = configuration(&mut Random(seed), seed % 2 == 1);
        let config = format!("{config:#}\n");
        match outcome(&config) {
            Outcome::Builds(targets) => {
                assert!(
                    targets.contains(&Target::Compose),
                    "{seed}: Compose can say all: {config}"
                );
                built += 1;
            }
            Outcome::Refused(reports) => {
                assert!(!reports.is_empty(), "{seed}");
                for report in reports {
                    at_its_line(&report, &config);
                }
                refused += 1;
            }
        }
    }
    assert!(built > 10 && refused > 10, "both happen: {built}, {refused}");
}

/// A report is at a line of the configuration that holds the last part of its key, or something
/// that this key depends on.
fn at_its_line(report: &Json, config: &str) {
    let shown = format!("{report} over {config}");
    assert!(report["file"].as_str().is_some_and(|it| it.ends_with(CONFIG)), "{shown}");
    let line = usize::try_from(report["line"].as_u64().unwrap()).unwrap();
    assert!((1..=config.lines().count()).contains(&line), "{shown}");
    assert_ne!(report["key"], "", "{shown}");
    assert_ne!(report["message"], "", "{shown}");
}

/// The same mistakes with comments before them, and without line breaks: the lines move along,
/// the keys stay.
#[test]
fn lines_move_with_the_file() {
    let rejected = fixtures("rejected").into_iter();
    let configs = rejected.map(|it| it.join("in/etc/clp-config.yaml")).filter(|it| it.exists());
    let mut count = 0;
    for config in configs {
        let text = fs::read_to_string(&config).unwrap();
        let here = reports(&text);
        let shown = config.display();
        assert!(!here.is_empty(), "{shown}");
        let moved = reports(&format!("# One.\n\n# Two: {{\n{text}"));
        let expected = here.iter().map(|(key, line)| (key.clone(), line.map(|it| it + 3)));
        assert_eq!(moved, expected.collect(), "{shown}");
        let Some(flow) = flow(&text) else { continue };
        let expected = here.iter().map(|(key, line)| (key.clone(), line.map(|_| 1)));
        assert_eq!(reports(&flow), expected.collect(), "{shown}: {flow}");
        count += 1;
    }
    assert!(count > 20, "most of them can be written in one line");
}

/// Key and line of each mistake of a configuration; no line where the file is not the user's.
fn reports(config: &str) -> BTreeSet<(String, Option<u64>)> {
    let Outcome::Refused(reports) = outcome(config) else {
        panic!("it is refused: {config}");
    };
    let reports = reports.iter().map(|it| {
        let own = it["file"].as_str().is_some_and(|it| it.ends_with(CONFIG));
        (it["key"].as_str().unwrap().to_owned(), it["line"].as_u64().filter(|_| own))
    });
    reports.collect()
}

/// A YAML text in one line, where it is plain data.
fn flow(text: &str) -> Option<String> {
    let parsed = clp_gen::yaml::parse(text.as_bytes()).ok()?;
    let plain = !text.contains('&') && !text.contains('*');
    plain.then(|| String::from_utf8(clp_gen::yaml::canonical(&parsed)).unwrap() + "\n")
}
