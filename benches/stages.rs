//! The stages of the way from a text to a diff, over the cases of all transforms, or every tenth file of `DOCKMOD_CORPUS`.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark may panic and reads files"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dockmod::context::LazyContext;
use dockmod::edit::{Options, Proposals, Selected, Settings, Subject, fix_source};
use dockmod::model::Model;
use dockmod::prove::{Claim, Demand, Facts, Version, prove};
use dockmod::report::diff::unified;
use dockmod::{shell, syntax, transforms};

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            find(&path, found);
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().contains("ockerfile")) {
            found.push(path);
        }
    }
}

/// The texts that BuildKit would take.
fn texts() -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    let step = if let Some(corpus) = std::env::var_os("DOCKMOD_CORPUS") {
        find(&Path::new(&corpus).join("dockerfiles"), &mut paths);
        10
    } else {
        find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("transforms"), &mut paths);
        1
    };
    let read = |path: &PathBuf| std::fs::read(path).ok().filter(|text| std::str::from_utf8(text).is_ok());
    let taken = |text: &Vec<u8>| syntax::parse(text).is_ok_and(|file| syntax::validate::refusal(&file).is_none());
    paths.iter().step_by(step).filter_map(read).filter(taken).collect()
}

fn stages(criterion: &mut Criterion) {
    let texts = texts();
    let bytes: usize = texts.iter().map(Vec::len).sum();
    let files: Vec<_> = texts.iter().map(|text| syntax::parse(text).expect("it parses")).collect();
    let models: Vec<_> = files.iter().map(Model::of).collect();
    let versions: Vec<_> = files.iter().map(Version::of).collect();
    let settings = Settings {
        transforms: transforms::ALL
            .iter()
            .filter(|transform| !transform.opt_in)
            .map(|transform| Selected { transform, by_name: false })
            .collect(),
        ..Settings::default()
    };
    let changed: Vec<(&Vec<u8>, Vec<u8>)> =
        texts.iter().filter_map(|text| Some((text, fix_source(text, &settings, &|_| None).ok()?.changed?))).collect();

    let mut group = criterion.benchmark_group("stages");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| texts.iter().filter(|text| syntax::parse(black_box(text)).is_ok()).count());
    });
    let scripts: Vec<(String, bool)> = models
        .iter()
        .flat_map(|model| (0..model.instructions.len()).filter_map(|index| model.script(index)))
        .map(|script| (String::from_utf8_lossy(script.text.text()).into_owned(), script.bash))
        .collect();
    // What was read before is remembered: each time other texts.
    let mut round = 0_usize;
    let mut others = || {
        round += 1;
        scripts.iter().map(|(text, bash)| (format!("{text} # {round}"), *bash)).collect::<Vec<_>>()
    };
    group.bench_function("shell", |bencher| {
        let read = |scripts: Vec<(String, bool)>| {
            scripts.into_iter().filter(|(text, bash)| shell::script_of(black_box(text.clone()), *bash).is_ok()).count()
        };
        bencher.iter_batched(&mut others, read, BatchSize::LargeInput);
    });
    group.bench_function("model", |bencher| {
        bencher.iter(|| files.iter().map(|file| Model::of(black_box(file)).stages.len()).sum::<usize>());
    });
    group.bench_function("trace", |bencher| {
        bencher.iter(|| files.iter().map(|file| Version::of(black_box(file)).trace().tokens.len()).sum::<usize>());
    });
    group.bench_function("prove", |bencher| {
        let proved = |version: &Version<'_, '_>| {
            prove(version, black_box(version), Claim::Layout, Demand::SameImage, Facts::default()).is_ok()
        };
        bencher.iter(|| versions.iter().filter(|version| proved(version)).count());
    });
    group.bench_function("fix", |bencher| {
        let fixed = |text: &Vec<u8>| fix_source(black_box(text), &settings, &|_| None).is_ok();
        bencher.iter(|| texts.iter().filter(|text| fixed(text)).count());
    });
    group.bench_function("diff", |bencher| {
        bencher
            .iter(|| changed.iter().map(|(old, new)| unified("Dockerfile", old, black_box(new)).len()).sum::<usize>());
    });
    group.finish();

    let mut group = criterion.benchmark_group("transforms");
    group.sample_size(20);
    let options = Options::default();
    for transform in transforms::ALL {
        group.bench_function(transform.id, |bencher| {
            // A model remembers what transforms ask it for.
            let fresh = || files.iter().map(Model::of).collect::<Vec<_>>();
            let propose = |models: Vec<Model<'_, '_>>| {
                let mut proposals = Proposals::default();
                for model in &models {
                    let context = LazyContext::NONE;
                    let subject = Subject { model, context, beside: None, images: None, options: &options };
                    (transform.propose)(black_box(&subject), &mut proposals);
                }
                proposals.fixes.len()
            };
            bencher.iter_batched(fresh, propose, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
