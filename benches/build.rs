//! What a build costs, and its parts: `cargo bench`.
//!
//! The default configuration of the default package: the steps of a cold build in one process, then
//! whole processes. `docs/speed.md` says what came out.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use criterion::{Criterion, criterion_group, criterion_main};
use nickel::{Budget, Folder, Front, Input, Inputs, Layer};
use targets::Target;

fn parts(criterion: &mut Criterion) {
    let library = BTreeMap::new();
    criterion.bench_function("standard library", |bench| {
        bench.iter(|| Front::new(Budget::default(), &library));
    });
    criterion.bench_function("standard library, parse", |bench| {
        bench.iter(|| loaded(&library));
    });
    criterion.bench_function("standard library, parse, schema", |bench| {
        bench.iter(|| loaded(&library).schema(Input::Config));
    });
    criterion.bench_function("standard library, parse, evaluate, decode", |bench| {
        bench.iter(|| loaded(&library).evaluate(&Inputs::default(), Layer::Set).unwrap());
    });
    let topology = loaded(&library).evaluate(&Inputs::default(), Layer::Set).unwrap().topology;
    criterion.bench_function("check", |bench| bench.iter(|| model::check(&topology)));
    for target in Target::ALL {
        if targets::lower(target, &topology).is_ok() {
            let name = format!("lower to {target}");
            criterion
                .bench_function(&name, |bench| bench.iter(|| targets::lower(target, &topology)));
        }
    }
    let config = include_bytes!("../fixtures/accepted/clp-full-written-out/in/etc/clp-config.yaml");
    let schema = loaded(&library).schema(Input::Config);
    criterion.bench_function("read a configuration", |bench| {
        bench.iter(|| clp_gen::document::read(config, &schema, &|path| schema.is_secret(path)));
    });
}

fn loaded(library: &BTreeMap<String, String>) -> Front<'static> {
    let mut front = Front::new(Budget::default(), library);
    front.package(Folder::Embedded("clp")).unwrap();
    front
}

/// Whole processes, with their start and exit: an unchanged build beside a cold one, a process that
/// does nothing, and Compose reading what was built.
fn processes(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let clp_gen = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clp-gen"));
        command.args(arguments).current_dir(folder.path());
        command.env("CLP_GEN_STORE", folder.path().join("store"));
        command
    };
    let run = |mut command: Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let mut group = criterion.benchmark_group("process");
    group.sample_size(20);
    group.bench_function("empty", |bench| bench.iter(|| run(Command::new("/bin/true"))));
    group.bench_function("--version", |bench| bench.iter(|| run(clp_gen(&["--version"]))));
    let build = ["build", "--target", "compose"];
    group.bench_function("cold build", |bench| {
        bench.iter(|| run(clp_gen(&[&build[..], &["--out", "out"]].concat())));
    });
    run(clp_gen(&build));
    group.bench_function("unchanged build", |bench| bench.iter(|| run(clp_gen(&build))));
    let compose = tools().join("docker-compose-2.40.3");
    if compose.exists() {
        group.bench_function("docker compose config", |bench| {
            bench.iter(|| {
                let mut command = Command::new(&compose);
                command.args(["-f", "out/compose.yaml", "config", "--no-interpolate", "--quiet"]);
                command.current_dir(folder.path());
                run(command);
            });
        });
    }
}

/// Where `scripts/tools` installs programs.
fn tools() -> PathBuf {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from);
    cache.join("clp-gen/tools/bin")
}

criterion_group!(benches, parts, processes);
criterion_main!(benches);
