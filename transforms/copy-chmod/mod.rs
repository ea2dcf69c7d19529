//! COPY sets a file's mode itself, without a RUN chmod below it.

use crate::edit::{Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::{base_name, files};
use crate::model::Model;
use crate::prove::Claim;
use crate::rewrite::CopyThenCommand;
use crate::syntax::{DirectiveKind, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "copy-chmod",
    summary: "COPY --chmod instead of a RUN chmod below the COPY",
    offers: Offers::Unsafe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["chmod"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let Some(found) = CopyThenCommand::at(model, index) else { continue };
        let ["chmod", mode, paths @ ..] = found.words.as_slice() else { continue };
        if paths.is_empty() || mode.starts_with('-') {
            continue;
        }
        match fix(subject, &found, mode, paths) {
            Ok(Some(fix)) => proposals.fixes.push(fix),
            Ok(None) => {}
            Err(reason) => proposals.leave(
                model.instructions[found.run].span,
                format!("`chmod` stores the file once more, `COPY --chmod` would not: {reason}"),
            ),
        }
    }
}

/// None where the command is about something else than what is copied.
fn fix(
    subject: &Subject<'_, '_, '_>,
    found: &CopyThenCommand<'_>,
    mode: &str,
    paths: &[&str],
) -> Result<Option<Fix>, String> {
    let model = subject.model;
    let mut named: Vec<String> = paths.iter().map(|path| found.absolute(model, path)).collect();
    named.sort();
    let targets: Vec<(String, &String)> = match found.in_unwritten_folder(model) {
        Some((target, source)) if named == [target.as_str()] => vec![(target, source)],
        _ => targets(model, found),
    };
    if !targets.iter().any(|(target, _)| named.contains(target)) {
        return Ok(None);
    }
    let mut brought: Vec<String> = targets.iter().map(|(target, _)| target.clone()).collect();
    brought.sort();
    if brought != named || paths.iter().any(|path| path.ends_with('/')) {
        return Err("it names other paths than the files that are copied".to_owned());
    }
    let flags = model.flags(found.copy);
    if let Some(flag) = flags.iter().find(|flag| !flag.starts_with("--from=") && !flag.starts_with("--chown=")) {
        return Err(format!("the COPY has `{flag}` already"));
    }
    if let Some(user) = found.other_user(model) {
        return Err(format!("it is run as `{user}`"));
    }
    if let Some(source) = targets.iter().find(|(target, source)| !is_file(subject, found, target, source)) {
        return Err(format!("`{}` may be a folder, of which it changes only the top", source.1));
    }
    let (value, doubt) = mode_for_copy(mode)?;
    let guessed = targets.iter().find(|(_, source)| !is_file_by_evidence(subject, found, source));
    let guess = guessed.map_or_else(String::new, |(_, source)| {
        format!("`{source}` is taken for a file, of a folder every file would get the mode; and ")
    });
    knows_chmod(model)?;
    let Some(edits) = found.edits(model, &format!("--chmod={value}")) else {
        return Err("a comment stands in its RUN".to_owned());
    };
    Ok(Some(Fix {
        title: format!("copy with `--chmod={value}`"),
        reason: format!("{}; unsafe because {guess}{doubt}", gain(found)),
        edits,
        safety: Safety::Unsafe,
        claim: Claim::CopyOwnerAndMode,
        alternatives: Vec::new(),
    }))
}

/// Where each source lands if it is a file, and the source.
fn targets<'f>(model: &Model<'_, '_>, found: &'f CopyThenCommand<'_>) -> Vec<(String, &'f String)> {
    let destination = found.absolute(model, &found.destination);
    if found.sources.is_empty() {
        return vec![(destination, &found.destination)];
    }
    let into_folder = found.into_folder() || found.sources.len() > 1;
    let target = |source: &'f String| {
        let name = base_name(source);
        let path =
            if into_folder { found.absolute(model, &format!("{destination}/{name}")) } else { destination.clone() };
        (path, source)
    };
    found.sources.iter().map(target).collect()
}

/// Whether the build context shows that a source is a file; `None` where it tells nothing.
fn seen(subject: &Subject<'_, '_, '_>, found: &CopyThenCommand<'_>, source: &str) -> Option<bool> {
    let elsewhere = subject.model.flags(found.copy).iter().any(|flag| flag.starts_with("--from="));
    let path = source.trim_start_matches("./").trim_start_matches('/');
    let context = subject.context.get().filter(|context| !elsewhere && context.exists(path))?;
    Some(!context.is_dir(path))
}

/// Whether the build context or its own name shows that a source is a file, and not just where it goes.
fn is_file_by_evidence(subject: &Subject<'_, '_, '_>, found: &CopyThenCommand<'_>, source: &str) -> bool {
    found.sources.is_empty() || seen(subject, found, source).unwrap_or_else(|| files::is_file_name(base_name(source)))
}

/// Whether a source is a file, as far as can be told.
fn is_file(subject: &Subject<'_, '_, '_>, found: &CopyThenCommand<'_>, target: &str, source: &str) -> bool {
    if found.sources.is_empty() {
        return true;
    }
    if let Some(file) = seen(subject, found, source) {
        return file;
    }
    let name = base_name(source);
    if files::is_standing_folder(target) {
        return false;
    }
    let in_bin = ["bin", "sbin"].iter().any(|bin| target.split('/').rev().nth(1) == Some(bin));
    let is_path = !matches!(name, "" | "." | "..");
    is_path && (found.into_folder() || in_bin || files::is_file_name(name) || files::is_file_name(base_name(target)))
}

/// The mode for COPY, and what is not certain about it.
fn mode_for_copy(mode: &str) -> Result<(&str, &'static str), String> {
    const BUILDER: &str = "builders without BuildKit have no `--chmod`";
    const USUAL: &str =
        "the file is taken to have one of the usual modes 644 and 755, and builders without BuildKit have no `--chmod`";
    let digits = mode.strip_prefix('0').filter(|rest| rest.len() == 3).unwrap_or(mode);
    match mode {
        "+x" | "a+x" | "ugo+x" => Ok(("755", USUAL)),
        _ if digits.len() == 3 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7')) => Ok((mode, BUILDER)),
        _ => Err(format!("`{mode}` depends on the mode that the file has")),
    }
}

/// The frontend that the file asks for must know `--chmod`: Docker's own does from 1.2 on.
fn knows_chmod(model: &Model<'_, '_>) -> Result<(), String> {
    let file = model.file;
    let Some(syntax) = file.directives.iter().find(|directive| directive.kind == DirectiveKind::Syntax) else {
        return Ok(());
    };
    let value = lossy(syntax.value.slice(file.source));
    let (image, tag) = value.split_once(':').unwrap_or((&value, "latest"));
    let tag = tag.split('@').next().unwrap_or_default();
    let old = ["1.0", "1.1"]
        .iter()
        .any(|old| tag.strip_prefix(old).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())));
    let dockers = matches!(image, "docker/dockerfile" | "docker.io/docker/dockerfile");
    if dockers && !old && !tag.contains("experimental") {
        Ok(())
    } else {
        Err(format!("`# syntax={value}` may not know it"))
    }
}

fn gain(found: &CopyThenCommand<'_>) -> &'static str {
    if found.is_whole_run() {
        "the RUN goes, and with it a layer that holds the file once more"
    } else {
        "`chmod` in a RUN stores the file once more"
    }
}
