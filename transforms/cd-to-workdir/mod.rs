//! WORKDIR instead of `cd` at the start of a RUN.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::{Model, StartsWithCd, User, Workdir};
use crate::prove::Claim;
use crate::rewrite;
use crate::shell::Script;
use crate::syntax::{Item, Keyword, Span, TriviaKind};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "cd-to-workdir",
    summary: "WORKDIR instead of `cd` at the start of a RUN",
    offers: Offers::Unsafe,
    codes: &["DL3003"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["cd"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    // A further RUN in the same stretch is judged once the folder in force is another one.
    let mut waits = false;
    for index in 0..model.instructions.len() {
        if matches!(model.keyword(index), Keyword::From | Keyword::Workdir) {
            waits = false;
        }
        let Some(starts) = StartsWithCd::of(model, index) else { continue };
        if waits {
            continue;
        }
        match fix(subject, index, &starts) {
            Ok(fix) => {
                proposals.fixes.push(fix);
                waits = true;
            }
            Err(reason) => proposals.leave(
                model.instructions[index].span,
                format!("`cd {}` could be a WORKDIR above the RUN: {reason}", starts.path),
            ),
        }
    }
}

fn fix(subject: &Subject<'_, '_, '_>, index: usize, starts: &StartsWithCd<'_>) -> Result<Fix, String> {
    let model = subject.model;
    let folder = starts.folder(model, index).ok_or("which folder it is depends on the folder in force")?;
    let script = model.run_script(index).ok_or("the RUN can't be read")?;
    stays(script, &folder, starts)?;
    if names_the_folder_before(model, index) {
        return Err("it names the folder that it was in before".to_owned());
    }
    if !model.mounts_are_absolute(index) || model.mounts_at(index, &folder) {
        return Err("what the RUN mounts lies there".to_owned());
    }
    if starts.mkdir.is_some() && matches!(model.states[index].user, User::Other(_)) {
        return Err("not every builder gives a folder that WORKDIR makes to the user in force".to_owned());
    }
    let cut = cut(model, index, script, starts).ok_or("a comment stands beside it")?;
    let mut edits = vec![cut];
    let there = model.states[index].workdir == Workdir::Known(folder.clone());
    let below = workdir_below(model, index, &folder);
    if !there {
        if index > 0 && model.keyword(index - 1) == Keyword::Workdir {
            return Err("it would stand right below another WORKDIR".to_owned());
        }
        if below.is_none() {
            nothing_depends_on_the_old_folder(subject, index, &folder)?;
        }
        let keyword = model.instructions[index].body.keyword_range.slice(model.instructions[index].joined.text());
        let lower = keyword.iter().all(u8::is_ascii_lowercase);
        let line = format!("{} {folder}", if lower { "workdir" } else { "WORKDIR" });
        edits.push(rewrite::insert_line_above(model, index, &line));
        edits.extend(below.map(Edit::delete));
    }
    let doubt = if there {
        "where the folder is a link, `$PWD` and `cd ..` may tell where it leads to"
    } else {
        "WORKDIR makes the folder where it is missing, and `cd` would fail"
    };
    Ok(Fix {
        title: if there {
            format!("drop `cd {}`: it is the folder in force", starts.path)
        } else {
            format!("change to {folder} by WORKDIR")
        },
        reason: format!("WORKDIR says for each step where it runs; unsafe because {doubt}"),
        edits,
        safety: Safety::Unsafe,
        claim: Claim::WorkdirForCd,
        alternatives: Vec::new(),
    })
}

/// Takes the `cd` out, with the `mkdir` in front of it: WORKDIR makes the folder.
fn cut(model: &Model<'_, '_>, index: usize, script: &Script<'_>, starts: &StartsWithCd<'_>) -> Option<Edit> {
    let first = rewrite::drop_command(model, index, script, starts.mkdir.unwrap_or(starts.cd))?;
    if starts.mkdir.is_none() {
        return Some(first);
    }
    let next = starts.chain.links.get(2)?;
    let span = Span::new(first.span.start, script.text.file_offset(next.range.start));
    let mut inner = model.instructions[index].inner.iter();
    let commented = inner.any(|trivia| trivia.kind == TriviaKind::Comment && trivia.span.overlaps(span));
    (!commented).then(|| Edit::delete(span))
}

/// The rest of the RUN must stay in the folder, and leave it there.
fn stays(script: &Script<'_>, folder: &str, starts: &StartsWithCd<'_>) -> Result<(), String> {
    for simple in script.simple_commands() {
        if simple == starts.cd {
            continue;
        }
        match simple.name() {
            Some("cd" | "chdir" | "pushd" | "popd") => return Err("the RUN goes on to other folders".to_owned()),
            None if !simple.words.is_empty() => return Err("a command is not written out".to_owned()),
            _ => {}
        }
    }
    match removal(script, folder) {
        Some(command) => Err(format!("`{command}` may take the folder away")),
        None => Ok(()),
    }
}

/// A command that may take a folder away, by its absolute path or as the folder that it runs in.
fn removal(script: &Script<'_>, folder: &str) -> Option<String> {
    for simple in script.simple_commands() {
        let Some(name @ ("rm" | "rmdir" | "mv")) = simple.name() else { continue };
        for word in simple.words.iter().skip(1) {
            let text = script.str(word.range);
            let stem = text.trim_matches(['"', '\'']).split(['*', '?', '[', '{']).next().unwrap_or_default();
            let above = stem.starts_with('/') && folder.starts_with(stem.trim_end_matches('/'));
            if above || text.contains(['$', '`', '~']) || text.contains("..") || matches!(text, "." | "./") {
                return Some(format!("{name} {text}"));
            }
        }
    }
    None
}

/// A RUN below that may take a folder away: the builder makes it again for each RUN that starts in it.
fn removes_later(script: &Script<'_>, folder: &str) -> bool {
    let by_parts = script.simple_commands().iter().any(|simple| {
        matches!(simple.name(), Some("rm" | "rmdir" | "mv"))
            && simple.words.iter().skip(1).any(|word| {
                let path = script.str(word.range).trim_matches(['"', '\'']).trim_start_matches("./");
                let first = path.split('/').next().unwrap_or_default();
                first.contains(['*', '?', '[', '{']) || folder.split('/').any(|part| !part.is_empty() && part == first)
            })
    });
    by_parts || removal(script, folder).is_some()
}

/// Whether a RUN names the folder that `cd` left.
fn names_the_folder_before(model: &Model<'_, '_>, index: usize) -> bool {
    let text = model.instructions[index].joined.text();
    [b"OLDPWD".as_slice(), b"~-"].iter().any(|name| memchr::memmem::find(text, name).is_some())
}

/// The next WORKDIR, where it names the same folder and nothing up to it depends on the old one: it moves above
/// the RUN, with the blank lines before it.
fn workdir_below(model: &Model<'_, '_>, index: usize, folder: &str) -> Option<Span> {
    let stage = model.stage_of(index)?;
    let next = (index + 1..stage.range.end)
        .find(|next| model.uses_folder(*next) || model.keyword(*next) == Keyword::Workdir)
        .filter(|next| !model.uses_folder(*next))?;
    // A RUN in between may take the folder away, and a WORKDIR makes it for the user in force.
    let steady = (index + 1..next).all(|at| !matches!(model.keyword(at), Keyword::Run | Keyword::User));
    if !steady || model.folder_after(next) != Workdir::Known(folder.to_owned()) {
        return None;
    }
    let (end, workdir) = (model.instructions[next - 1].span.end, model.instructions[next]);
    let comment_between = model.file.items.iter().any(|item| match item {
        Item::Trivia(trivia) => {
            trivia.kind == TriviaKind::Comment && (end..workdir.span.start).contains(&trivia.span.start)
        }
        _ => false,
    });
    let commented = workdir.inner.iter().any(|trivia| trivia.kind == TriviaKind::Comment);
    // A comment above it speaks of it, and of something else once it is gone.
    let from = if next == index + 1 { end } else { workdir.span.start };
    (!commented && !comment_between).then(|| Span::new(from, workdir.span.end))
}

/// What follows must name its folders, up to the next WORKDIR or the end of a stage that only gives files away.
fn nothing_depends_on_the_old_folder(subject: &Subject<'_, '_, '_>, index: usize, folder: &str) -> Result<(), String> {
    let model = subject.model;
    let Some(stage) = model.stage_of(index) else { return Err("it stands in no stage".to_owned()) };
    for later in index + 1..stage.range.end {
        if model.uses_folder(later) {
            return Err(format!(
                "line {} counts on the folder that is in force now, and a WORKDIR to come back to it would be needed",
                model.instructions[later].first_line
            ));
        }
        if model.keyword(later) == Keyword::Workdir {
            return Ok(());
        }
        if model.run_script(later).is_some_and(|script| removes_later(script, folder)) {
            return Err(format!(
                "line {} may take the folder away, and a RUN that starts in it makes it again",
                model.instructions[later].first_line
            ));
        }
    }
    if model.folder_at_end_matters(stage, subject.context) {
        return Err("what is started from the image, or built on it, counts on the folder in force".to_owned());
    }
    Ok(())
}
