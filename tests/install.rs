//! An installation, staged: secrets arrive byte for byte and nowhere else, modes and owners are
//! right, and what is gone is removed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value as Json, json};

use crate::programs::tool;
use crate::{clp_gen, files, root, run, stderr, stdout};

/// Everything that a shell, a `.env` file, YAML, a URL or Compose could take for something else.
const HOSTILE: [&str; 6] = [
    "$HOME ${HOME} $$ #hash",
    "'single' \"double\" `back` \\ \\n \\",
    "%41 @ : / {x} = & ! * ? ; | < >",
    "-leading dash, \ttab, trailing space ",
    "ünïcödé 日本 \u{85}\u{2028}",
    "@@secret x none none@@ {{ .Values.x }} ~",
];

/// The package directory, as the deployment knows it.
const ROOT: &str = "/home/deployment";

struct Staged {
    folder: tempfile::TempDir,
    package: PathBuf,
}

impl Staged {
    /// An empty folder to install into, with credentials and facts of the machine.
    fn new(package: &str, credentials: &Json) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // These break lines in YAML, so they are written as escapes.
        let credentials = credentials.to_string();
        let credentials = credentials.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028");
        fs::write(folder.path().join("credentials.yaml"), credentials).unwrap();
        fs::write(folder.path().join("host.yaml"), "instance_id: ab12\nuid: 1000\ngid: 1000\n")
            .unwrap();
        Self { folder, package: package.into() }
    }

    fn install(&self, further: &[&str]) -> Output {
        let package = self.package.to_str().unwrap();
        let mut arguments = vec!["install", "--target", "compose", "--destdir", "stage"];
        if !further.contains(&"--root") {
            arguments.extend(["--root", ROOT]);
        }
        arguments.extend(["--package", package, "--host", "host.yaml"]);
        arguments.extend(["--credentials", "credentials.yaml"]);
        arguments.extend(further);
        run(clp_gen(self.folder.path(), &arguments))
    }

    fn installed(&self, further: &[&str]) -> Output {
        let output = self.install(further);
        assert!(output.status.success(), "{}", stderr(&output));
        output
    }

    /// Where a path below the package directory is staged.
    fn staged(&self, path: &str) -> PathBuf {
        self.folder.path().join("stage").join(&ROOT[1..]).join(path)
    }

    /// What Compose makes of the installation.
    fn resolved(&self, version: &str) -> Json {
        let mut command = tool(&format!("docker-compose-{version}"));
        command.args(["--project-directory", ROOT, "--env-file"]).arg(self.staged(".env"));
        command.arg("-f").arg(self.staged("compose.yaml")).args(["config", "--format", "json"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn notes() -> String {
    root().join("fixtures/packages/notes").display().to_string()
}

fn clp_credentials(secret: impl Fn(&str) -> String) -> Json {
    json!({
        "database": {
            "username": secret("database.username"), "password": secret("database.password"),
            "root_username": secret("database.root_username"),
            "root_password": secret("database.root_password"),
            "spider_username": secret("database.spider_username"),
            "spider_password": secret("database.spider_password"),
        },
        "queue": { "username": secret("queue.username"), "password": secret("queue.password") },
        "redis": { "password": secret("redis.password") },
    })
}

/// `docker compose config` prints a dollar sign twice.
fn undollared(value: &Json) -> String {
    value.as_str().unwrap().replace("$$", "$")
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = vec![];
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            decoded.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).unwrap()
}

#[test]
fn hostile_secrets_arrive_byte_for_byte() {
    for hostile in HOSTILE {
        let staged =
            Staged::new("clp", &clp_credentials(|name| format!("{hostile}{name}{hostile}")));
        staged.installed(&[]);
        for version in ["2.40.3", "5.5.1"] {
            let resolved = staged.resolved(version);
            let wanted = |name: &str| format!("{hostile}{name}{hostile}");
            let database = &resolved["services"]["database"];
            let environment = &database["environment"];
            assert_eq!(undollared(&environment["MYSQL_PASSWORD"]), wanted("database.password"));
            assert_eq!(undollared(&environment["MYSQL_USER"]), wanted("database.username"));
            let health = database["healthcheck"]["test"].as_array().unwrap().last().unwrap();
            assert_eq!(undollared(health), format!("--password={}", wanted("database.password")));
            let command = resolved["services"]["redis"]["command"].as_array().unwrap();
            assert_eq!(undollared(command.last().unwrap()), wanted("redis.password"));
            let url = &resolved["services"]["query-worker"]["environment"]["BROKER_URL"];
            let url = url.as_str().unwrap().strip_prefix("amqp://").unwrap();
            let (user, rest) = url.split_once(':').unwrap();
            let (password, host) = rest.split_once('@').unwrap();
            assert_eq!(decoded(user), wanted("queue.username"));
            assert_eq!(decoded(password), wanted("queue.password"));
            assert_eq!(host, "queue:5672");
        }
    }
}

#[test]
fn hostile_secrets_arrive_in_files() {
    for hostile in HOSTILE {
        let staged = Staged::new(&notes(), &json!({ "database": { "password": hostile } }));
        staged.installed(&[]);
        let text = fs::read_to_string(staged.staged("etc/settings.yaml")).unwrap();
        let mut python = tool("python");
        python.args([
            "-c",
            "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)",
        ]);
        python.stdin(fs::File::open(staged.staged("etc/settings.yaml")).unwrap());
        let read: Json = serde_json::from_slice(&python.output().unwrap().stdout).expect(&text);
        assert_eq!(read["database"]["password"], hostile);
    }
}

#[test]
fn a_secret_of_several_lines_is_refused_at_its_line() {
    for secret in ["two\nlines", "null\u{0}byte"] {
        let credentials = format!("database:\n  password: {}\n", json!(secret));
        let staged = Staged::new(&notes(), &Json::Null);
        fs::write(staged.folder.path().join("credentials.yaml"), credentials).unwrap();
        let output = staged.install(&[]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains("credentials.yaml:2"), "{}", stderr(&output));
        assert!(!staged.folder.path().join("stage").exists(), "nothing is written");
    }
}

/// A canary in every secret turns up in the files that hold secrets, and nowhere else.
#[test]
fn secrets_are_nowhere_else() {
    let staged = Staged::new("clp", &clp_credentials(|name| format!("canary-{name}")));
    let config = "archive_output:\n  storage:\n    type: s3\n    s3_config:\n      region_code: us-east-1\n      \
                  bucket: archives\n      key_prefix: a/\n      aws_authentication:\n        type: credentials\n        \
                  credentials: {access_key_id: canary-key, secret_access_key: canary-secret}\n";
    fs::write(staged.folder.path().join("config.yaml"), config).unwrap();
    let output = staged.installed(&["--config", "config.yaml"]);
    let build =
        ["build", "--config", "config.yaml", "--credentials", "credentials.yaml", "--target"];
    for target in crate::TARGETS {
        let built =
            run(clp_gen(staged.folder.path(), &[&build[..], &[target, "--out", target]].concat()));
        assert!(!stdout(&built).contains("canary") && !stderr(&built).contains("canary"));
        for (path, bytes) in files(&staged.folder.path().join(target)) {
            assert!(!String::from_utf8_lossy(&bytes).contains("canary"), "{target}/{path}");
        }
    }
    assert!(!stdout(&output).contains("canary") && !stderr(&output).contains("canary"));
    let mut holders = vec![];
    for (path, bytes) in files(&staged.staged("")) {
        if String::from_utf8_lossy(&bytes).contains("canary") {
            assert_eq!(mode(&staged.staged(&path)), 0o600, "{path}");
            holders.push(path);
        }
    }
    assert_eq!(holders, [".env", "var/log/.clp-config.yaml"]);
}

#[test]
fn reports_about_secrets_show_none() {
    let wrong = [
        "database:\n  password: [canary]\n",
        "database:\n  pasword: canary\n",
        "database: {password: canary\n",
        "database:\n  password: canary\n  password: canary\n",
        "database: canary\n",
        "password: canary\n",
    ];
    for credentials in wrong {
        let staged = Staged::new(&notes(), &Json::Null);
        fs::write(staged.folder.path().join("credentials.yaml"), credentials).unwrap();
        for further in [&[][..], &["--format", "json"]] {
            let output = staged.install(further);
            assert_eq!(output.status.code(), Some(1), "{credentials}");
            let said = stdout(&output) + &stderr(&output);
            assert!(said.contains("credentials.yaml") && !said.contains("canary"), "{said}");
        }
    }
}

#[test]
fn the_next_installation_removes_what_is_gone() {
    let staged = Staged::new(&notes(), &json!({ "database": { "password": "secret" } }));
    staged.installed(&[]);
    let settings = staged.staged("etc/settings.yaml");
    assert!(settings.exists() && staged.staged("var/uploads").is_dir());
    let data = staged.staged("var/uploads/kept");
    fs::write(&data, "a user's").unwrap();
    let moved =
        ["--set", "files.settings.path=\"etc/moved.yaml\"", "--set", "config.uploads=false"];
    staged.installed(&moved);
    assert!(!settings.exists(), "a file that is no part any more is removed");
    assert!(staged.staged("etc/moved.yaml").exists());
    assert_eq!(fs::read_to_string(&data).unwrap(), "a user's", "data stays");
}

#[test]
fn what_somebody_else_wrote_is_not_written_over() {
    let staged = Staged::new(&notes(), &json!({ "database": { "password": "secret" } }));
    fs::create_dir_all(staged.staged("etc")).unwrap();
    fs::write(staged.staged("etc/settings.yaml"), "mine").unwrap();
    let output = staged.install(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("etc/settings.yaml"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(staged.staged("etc/settings.yaml")).unwrap(), "mine");
    assert!(!staged.staged("compose.yaml").exists(), "nothing is written");
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    let staged = Staged::new(&notes(), &json!({ "database": { "password": "secret" } }));
    staged.installed(&[]);
    assert_eq!(mode(&staged.staged(".env")), 0o600);
    assert_eq!(mode(&staged.staged("etc/settings.yaml")), 0o600, "there is a secret in it");
    assert_eq!(mode(&staged.staged("compose.yaml")), 0o644);
    assert_eq!(mode(&staged.staged("var/uploads")), 0o755);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Compose takes a path as it is written, without asking the disk where `..` leads to. So do we:
/// what it mounts is what is made.
#[test]
fn paths_with_dots_are_where_compose_looks() {
    let staged = Staged::new("clp", &clp_credentials(str::to_owned));
    let config = "logs_directory: var/../log/.\ndata_directory: ../beside/./data//\n\
                  archive_output: {storage: {directory: /mnt/disk/../archives}}\n\
                  stream_output: {storage: {directory: ../../../above/streams}}\n";
    fs::write(staged.folder.path().join("config.yaml"), config).unwrap();
    // `log` is beside this link, not beside what it leads to.
    fs::create_dir_all(staged.staged("elsewhere/var")).unwrap();
    std::os::unix::fs::symlink("elsewhere/var", staged.staged("var")).unwrap();
    staged.installed(&["--config", "config.yaml"]);
    for directory in ["log", "../beside/data/database", "../../mnt/archives", "../../above/streams"]
    {
        assert!(staged.staged(directory).is_dir(), "{directory}");
    }
    assert!(!staged.staged("elsewhere/log").exists());
    for version in ["2.40.3", "5.5.1"] {
        let resolved = staged.resolved(version);
        let services = resolved["services"].as_object().unwrap().values();
        let mounts = services.flat_map(|it| it["volumes"].as_array().into_iter().flatten());
        let sources: Vec<_> = mounts.map(|it| it["source"].as_str().unwrap()).collect();
        assert!(sources.len() > 20);
        for source in sources.into_iter().filter(|it| *it != "/") {
            // The engine takes away the part before `..` where Compose has not.
            let source = source.replace("/disk/..", "");
            let place = staged.folder.path().join("stage").join(&source[1..]);
            assert!(!source.contains("..") && place.exists(), "{source} is mounted, and made");
        }
    }
    assert_eq!(fs::read_to_string(staged.staged("log/instance-id")).unwrap(), "ab12");
    staged.installed(&["--config", "config.yaml"]);
    assert_eq!(stdout(&staged.installed(&["--config", "config.yaml", "--check"])).trim(), "");
    staged.installed(&["--undo"]);
    assert!(!staged.staged("log").exists() && !staged.staged("../../above").exists());
}

#[test]
fn the_package_directory_may_be_written_with_dots() {
    for root in ["/home/./other/../deployment", "../../../../../../../../../home/deployment/."] {
        let staged = Staged::new(&notes(), &json!({ "database": { "password": "secret" } }));
        staged.installed(&["--root", root]);
        let compose = fs::read_to_string(staged.staged("compose.yaml")).unwrap();
        assert!(!compose.contains("..") && staged.staged("var/uploads").is_dir());
    }
}

/// A file that another spelling of its path names is still the same file.
#[test]
fn another_way_to_write_a_path_removes_nothing() {
    let staged = Staged::new("clp", &clp_credentials(str::to_owned));
    fs::create_dir_all(staged.staged("disk")).unwrap();
    fs::create_dir_all(staged.staged("var")).unwrap();
    std::os::unix::fs::symlink("../disk", staged.staged("var/log")).unwrap();
    for directory in ["var/log", "/home/deployment/var/log", "./var/x/../log/", "disk"] {
        let config = format!("logs_directory: {directory}\n");
        fs::write(staged.folder.path().join("config.yaml"), config).unwrap();
        staged.installed(&["--config", "config.yaml"]);
        for file in ["instance-id", ".clp-config.yaml"] {
            assert!(staged.staged("disk").join(file).exists(), "{directory}: {file} stays");
        }
    }
}
