//! Installs of packages without a version.

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::knowledge::managers::{self, is_plain_package};
use crate::knowledge::{self, Family, Verb, base_name};
use crate::model::Model;
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "pinned-packages",
    summary: "find installs of packages without a version",
    offers: Offers::Findings,
    codes: &["DL3008", "DL3013", "DL3016", "DL3018", "DL3028", "DL3033", "DL3037", "DL3041", "DL3062"],
    readme: include_str!("README.md"),
    options: &[],
    // Whether to pin the packages of a distribution is debated: old versions leave its mirrors.
    opt_in: true,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for stage in &model.stages {
        let mut has_sources = false;
        for index in stage.range.clone() {
            match model.inner(index).keyword {
                Keyword::Copy | Keyword::Add => has_sources = true,
                Keyword::Run => in_run(model, index, has_sources, proposals),
                _ => {}
            }
        }
    }
}

fn in_run(model: &Model<'_, '_>, index: usize, has_sources: bool, proposals: &mut Proposals) {
    let Some(script) = model.script(index) else { return };
    for simple in script.simple_commands() {
        let words: Vec<Option<&str>> = simple
            .words
            .iter()
            .map(|word| word.literal.as_deref().or_else(|| with_extras(script.str(word.range))))
            .collect();
        let Some((form, unpinned)) = without_version(&words, has_sources) else { continue };
        let Some(first) = unpinned.first() else { continue };
        let names: Vec<&str> = unpinned.iter().filter_map(|at| words[*at]).collect();
        proposals.leave(
            script.span(simple.words[*first].range),
            format!(
                "the day of the build decides on the version of `{}`, so that two builds of one file differ; name the \
                 version, as in `{form}`",
                names.join(" ")
            ),
        );
    }
}

/// `uvicorn[standard]`: a pattern to the shell, which stays as it is where no file is named so.
fn with_extras(word: &str) -> Option<&str> {
    let (name, extras) = word.split_once('[')?;
    let plain = |text: &str, more: &[char]| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(&c));
    let (extras, version) = extras.split_once(']')?;
    let is_package = !name.is_empty() && plain(name, &['.', '_', '-']) && plain(extras, &['.', '_', '-', ',']);
    (is_package && plain(version, &['.', '_', '-', '=', '~', '!', '+'])).then_some(word)
}

/// How a version is written, and which words of an install name none; `has_sources` tells whether files of the
/// project are in the image.
fn without_version(words: &[Option<&str>], has_sources: bool) -> Option<(&'static str, Vec<usize>)> {
    let start = managers::wrapper_len(words);
    match base_name(words.get(start).copied().flatten()?) {
        "gem" => return gems(words, start),
        "go" => return go_programs(words, start, has_sources),
        _ => {}
    }
    let found = knowledge::invocation(words)?;
    if found.verb != Verb::Install || found.verb_word == "ci" {
        return None;
    }
    let option = |names: &[&str]| found.options.iter().filter_map(|at| words[*at]).any(|word| names.contains(&word));
    let (form, pinned): (&str, fn(&str) -> bool) = match found.manager.family {
        Family::Debian => ("curl=8.5.0-2", |word| word.contains(['=', '/'])),
        Family::Alpine => ("curl=8.5.0-r0", |word| word.contains(['=', '~', '<', '>'])),
        Family::RedHat => ("curl-8.5.0", has_rpm_version),
        // A pattern or a patch has no version of its own to name.
        Family::Suse if names_other_type(&found, words) => return None,
        Family::Suse => ("curl=8.5.0", |word| word.contains(['=', '<', '>']) || has_rpm_version(word)),
        // What a file of requirements or constraints says is not looked into.
        Family::Pip if option(&["-r", "--requirement", "-c", "--constraint"]) => return None,
        Family::Pip => ("flask==3.0.3", has_python_version),
        Family::Npm => ("express@4.19.2", has_npm_version),
        _ => return None,
    };
    // Words after one that is not understood may be its value.
    let clear = |at: &usize| found.unclear.is_none_or(|unclear| *at < unclear || words[unclear].is_none());
    let is_package = |word: &str| match found.manager.family {
        Family::Npm => {
            let file = [".tgz", ".tar.gz"].iter().any(|end| word.ends_with(end));
            !file && !word.starts_with(['.', '/', '~'])
        }
        Family::Pip => !is_local_python(word),
        _ => is_plain_package(word),
    };
    let unpinned = found
        .operands
        .iter()
        .copied()
        .filter(clear)
        .filter(|at| words[*at].is_some_and(|word| is_package(word) && !pinned(word)));
    Some((form, unpinned.collect()))
}

/// `zypper install -t pattern devel`.
fn names_other_type(found: &knowledge::Invocation<'_>, words: &[Option<&str>]) -> bool {
    let options: Vec<&str> = found.options.iter().filter_map(|at| words[*at]).collect();
    let types = options.iter().any(|word| matches!(*word, "-t" | "--type") || word.starts_with("--type="));
    types && !options.iter().any(|word| matches!(*word, "package" | "--type=package"))
}

/// `name-1.2-3`: a part that starts with a digit. Source: hadolint's DL3041.
fn has_rpm_version(word: &str) -> bool {
    word.split('-').skip(1).any(|part| part.starts_with(|c: char| c.is_ascii_digit())) || word.contains('*')
}

fn is_local_python(word: &str) -> bool {
    let file = [".whl", ".tar.gz", ".zip", ".txt"].iter().any(|end| word.ends_with(end));
    let path = word.contains('/') && !word.contains("://") && !word.contains(" @ ");
    file || path || word.starts_with('.')
}

fn has_python_version(word: &str) -> bool {
    let address = word.contains("://");
    if address {
        let repository = ["git+", "hg+", "svn+", "bzr+"].iter().any(|scheme| word.contains(scheme));
        let path = word.split_once("://").map_or(word, |(_, path)| path);
        return !repository || path.split_once('/').is_some_and(|(_, path)| path.contains('@'));
    }
    word.contains(['=', '<', '>', '~', '!']) || word.contains(" @ ")
}

fn has_npm_version(word: &str) -> bool {
    if word.contains("://") || word.starts_with("git@") || word.starts_with("github:") {
        return word.contains('#') || word.starts_with("http") && word.strip_suffix(".git").is_none();
    }
    let name = word.strip_prefix('@').unwrap_or(word);
    name.split_once('@').is_some_and(|(_, version)| !matches!(version, "" | "latest" | "next" | "canary" | "*"))
}

fn gems(words: &[Option<&str>], start: usize) -> Option<(&'static str, Vec<usize>)> {
    if !matches!(words.get(start + 1), Some(Some("install" | "i"))) {
        return None;
    }
    let mut unpinned = Vec::new();
    let mut at = start + 2;
    while at < words.len() {
        match words[at] {
            None => return None,
            Some("--") => break,
            Some(word) if word == "-v" || word.starts_with("--version") => return None,
            // A file of gems with their versions.
            Some(word) if matches!(word, "-g" | "--file") || word.starts_with("--file=") => return None,
            Some(
                "--without" | "--document" | "--build-root" | "-p" | "--http-proxy" | "-i" | "--install-dir" | "-n"
                | "--bindir" | "-s" | "--source" | "--platform" | "-P" | "--trust-policy",
            ) => {
                at += 1;
            }
            Some(word) if word.starts_with('-') => {}
            Some(word) if word.strip_suffix(".gem").is_some() || word.contains(':') || word.contains('/') => {}
            Some(_) => unpinned.push(at),
        }
        at += 1;
    }
    Some(("rake:13.2.1", unpinned))
}

/// `go install path@latest`; without `@` the version may stand in a `go.mod` of the project.
fn go_programs(words: &[Option<&str>], start: usize, has_sources: bool) -> Option<(&'static str, Vec<usize>)> {
    if !matches!(words.get(start + 1), Some(Some("install" | "get" | "run"))) {
        return None;
    }
    let is_remote =
        |word: &str| word.split_once('/').is_some_and(|(host, _)| host.contains('.') && !host.starts_with('.'));
    let moving = |word: &str| match word.rsplit_once('@') {
        Some((_, version)) => matches!(version, "latest" | "master" | "main" | "upgrade" | "HEAD"),
        None => !has_sources && is_remote(word) && !word.starts_with('-'),
    };
    let found = (start + 2..words.len()).filter(|at| words[*at].is_some_and(moving));
    Some(("golang.org/x/tools/cmd/stringer@v0.24.0", found.collect()))
}
