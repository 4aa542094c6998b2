//! What a build costs, and its parts: `cargo bench`.
//!
//! A cold build of the default configuration of the default package. The whole process, with its
//! start and its exit, is measured from outside: `docs/speed.md` says how and what came out.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;

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

criterion_group!(benches, parts);
criterion_main!(benches);
