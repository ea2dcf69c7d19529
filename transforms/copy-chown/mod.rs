//! COPY sets the owner itself, without a RUN chown below it.

use crate::edit::{Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::{base_name, files};
use crate::model::copy::below;
use crate::model::{Model, Workdir};
use crate::prove::Claim;
use crate::rewrite::CopyThenCommand;
use crate::syntax::lossy;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "copy-chown",
    summary: "COPY --chown instead of a RUN chown below the COPY",
    offers: Offers::Unsafe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["chown"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let Some(found) = CopyThenCommand::at(model, index) else { continue };
        let (recursive, owner, paths) = match found.words.as_slice() {
            ["chown", "-R" | "--recursive", owner, paths @ ..] => (true, *owner, paths),
            ["chown", owner, paths @ ..] if !owner.starts_with('-') => (false, *owner, paths),
            _ => continue,
        };
        match fix(subject, &found, recursive, owner, paths) {
            Ok(Some(fix)) => proposals.fixes.push(fix),
            Ok(None) => {}
            Err(reason) => proposals.leave(
                model.instructions[found.run].span,
                format!("`chown` stores the files once more, `COPY --chown` would not: {reason}"),
            ),
        }
    }
}

/// None where the command is about something else than what is copied.
fn fix(
    subject: &Subject<'_, '_, '_>,
    found: &CopyThenCommand<'_>,
    recursive: bool,
    owner: &str,
    paths: &[&str],
) -> Result<Option<Fix>, String> {
    let model = subject.model;
    let absolute: Vec<String> = paths.iter().map(|path| found.absolute(model, path)).collect();
    let destination = found.absolute(model, &found.destination);
    if !absolute.iter().any(|path| below(path, &destination).is_some()) {
        return Ok(None);
    }
    let flags = model.flags(found.copy);
    if let Some(flag) = flags.iter().find(|flag| !flag.starts_with("--from=") && !flag.starts_with("--chmod=")) {
        return Err(format!("the COPY has `{flag}` already"));
    }
    if let Some(user) = found.other_user(model) {
        return Err(format!("it is run as `{user}`"));
    }
    let from_elsewhere = flags.iter().any(|flag| flag.starts_with("--from="));
    if !from_elsewhere && matches!(owner, "root" | "0" | "root:root" | "0:0") {
        return Err("what COPY brings is root's already".to_owned());
    }
    let value = owner_for_copy(owner, from_elsewhere)?;
    let mut named = absolute.clone();
    named.sort();
    let targets = match found.in_unwritten_folder(model) {
        Some((target, _)) if named == [target.as_str()] => Ok(named.clone()),
        _ => targets(subject, found),
    };
    let doubt = match targets {
        Ok(mut files) => {
            files.sort();
            if files != named {
                return Err("it names other paths than the files that are copied".to_owned());
            }
            "folders that COPY makes for the files get the owner too".to_owned()
        }
        Err(source) => {
            if absolute != [destination.clone()] {
                return Err("it names other paths than the folder that is copied to".to_owned());
            }
            if !recursive {
                return Err(format!("`{source}` may be a folder, of which it changes only the top"));
            }
            is_there_before(model, found.copy, &destination)?;
            format!(
                "folders above it that COPY makes get the owner too, and what lies in `{}` already, and the folder \
                 itself if it is there, keeps its owner",
                found.destination
            )
        }
    };
    let Some(edits) = found.edits(model, &format!("--chown={value}")) else {
        return Err("a comment stands in its RUN".to_owned());
    };
    Ok(Some(Fix {
        title: format!("copy with `--chown={value}`"),
        reason: format!("{}; unsafe because {doubt}", gain(found)),
        edits,
        safety: Safety::Unsafe,
        claim: Claim::CopyOwnerAndMode,
        alternatives: Vec::new(),
    }))
}

/// `chown u` keeps the group, which is 0 for what the build context brings; COPY would take the group from the user.
/// What another stage or image brings keeps the owner and the group that it has there.
fn owner_for_copy(owner: &str, from_elsewhere: bool) -> Result<String, String> {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with('-')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    match owner.split_once(':') {
        Some((user, group)) if is_name(user) && is_name(group) => Ok(owner.to_owned()),
        None if is_name(owner) && from_elsewhere => {
            Err("it keeps the group, and which one that is the other stage or image says".to_owned())
        }
        None if is_name(owner) => Ok(format!("{owner}:0")),
        _ => Err(format!("`{owner}` is not a user, or a user and a group")),
    }
}

/// Where each source lands, where each is a file; else the source that may be a folder.
fn targets(subject: &Subject<'_, '_, '_>, found: &CopyThenCommand<'_>) -> Result<Vec<String>, String> {
    let model = subject.model;
    let destination = found.absolute(model, &found.destination);
    if found.sources.is_empty() {
        return Ok(vec![destination]);
    }
    let elsewhere = model.flags(found.copy).iter().any(|flag| flag.starts_with("--from="));
    let context = subject.context.get().filter(|_| !elsewhere);
    let mut targets = Vec::new();
    for source in &found.sources {
        let name = base_name(source);
        let path = source.trim_start_matches("./").trim_start_matches('/');
        let is_file = match context.filter(|context| context.exists(path)) {
            Some(context) => !context.is_dir(path),
            None => files::is_file_name(name),
        };
        if !is_file {
            return Err(source.clone());
        }
        let into_folder = found.into_folder() || found.sources.len() > 1;
        targets.push(if into_folder {
            format!("{}/{name}", destination.trim_end_matches('/'))
        } else {
            destination.clone()
        });
    }
    Ok(targets)
}

/// A folder that is there keeps its owner when files are copied into it.
fn is_there_before(model: &Model<'_, '_>, copy: usize, folder: &str) -> Result<(), String> {
    let refuse = |why: String| Err(format!("the folder is there before the COPY and would keep its owner: {why}"));
    if folder.contains('\u{1}') || files::is_in_standing_folder(folder) {
        return refuse("an image brings it".to_owned());
    }
    let mut stage = model.stage_of(copy);
    let mut end = copy + 1;
    while let Some(current) = stage {
        for index in current.range.start..end {
            if matches!(&model.states[index].workdir, Workdir::Known(path) if below(path, folder).is_some()) {
                return refuse("it is the working directory".to_owned());
            }
            let text = lossy(model.instructions[index].joined.text());
            if index != copy && text.contains(folder) {
                return refuse(format!("line {} names it", model.instructions[index].first_line));
            }
        }
        stage = current.base.stage().map(|parent| &model.stages[parent]);
        end = stage.map_or(0, |stage| stage.range.end);
    }
    Ok(())
}

fn gain(found: &CopyThenCommand<'_>) -> &'static str {
    if found.is_whole_run() {
        "the RUN goes, and with it a layer that holds the files once more"
    } else {
        "`chown` in a RUN stores the files once more"
    }
}
