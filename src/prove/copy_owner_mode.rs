//! COPY sets the owner or mode that the RUN after it set.
//!
//! `--chown` gives the owner to what is copied and to the folders that COPY makes for it, `chown` to what it
//! names: the two are never shown to be the same, so that this holds only for what was asked for.

use crate::context::LazyContext;
use crate::knowledge::{base_name, files};
use crate::model::copy::{below, join};
use crate::model::{Model, User, copy};
use crate::shell::Body;
use crate::syntax::{DirectiveKind, Flag, lossy};

use super::trace::{Joint, Part, Pipeline, Token};
use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    if demand == Demand::SameImage {
        return Err(Refusal::new(
            "a flag of COPY reaches other files than `chown` and `chmod`, and not every builder has it",
        ));
    }
    let (old, new) = (&before.trace().tokens, &after.trace().tokens);
    let (mut i, mut j) = (0, 0);
    while j < new.len() {
        let Some(token) = old.get(i) else { return Err(Refusal::new("an instruction or a command appeared")) };
        if *token == new[j] {
            i += 1;
            j += 1;
            continue;
        }
        let (copy, flag) = flagged(&before.model, &after.model, token, &new[j])?;
        let (passed, words) = taken(&before.model, copy, &old[i + 1..], &new[j + 1..])?;
        stands_for(&before.model, copy, &flag, &words, facts.context)?;
        i += 1 + passed.old;
        j += 1 + passed.new;
    }
    if i == old.len() { Ok(()) } else { Err(Refusal::new("an instruction, a command or a comment is gone")) }
}

/// The COPY that got a flag more, and the flag.
fn flagged(before: &Model<'_, '_>, after: &Model<'_, '_>, old: &Token, new: &Token) -> Result<(usize, Flag), Refusal> {
    let refuse = || Refusal::new(format!("{old} became {new}"));
    let (Token::Step { index, says, .. }, Token::Step { index: other, says: found, .. }) = (old, new) else {
        return Err(refuse());
    };
    if says.keyword != "COPY" {
        return Err(refuse());
    }
    let known = &before.instructions[index.0].body.flags;
    let flags = &after.instructions[other.0].body.flags;
    let Some(at) = (0..flags.len()).find(|at| known.get(*at).map(|flag| &flag.text) != Some(&flags[*at].text)) else {
        return Err(refuse());
    };
    let mut expected = says.clone();
    expected.flags.insert(at, flags[at].text.clone());
    if expected != *found || known.iter().any(|flag| flag.name() == flags[at].name()) {
        return Err(refuse());
    }
    if known.iter().any(|flag| !matches!(flag.name(), "from" | "chown" | "chmod")) {
        return Err(Refusal::new("the COPY has flags that are not understood"));
    }
    Ok((index.0, flags[at].clone()))
}

/// How many tokens the command and its RUN took, before and after.
struct Taken {
    old: usize,
    new: usize,
}

/// The first command of the RUN below the COPY, which is gone.
fn taken(model: &Model<'_, '_>, copy: usize, old: &[Token], new: &[Token]) -> Result<(Taken, Vec<String>), Refusal> {
    let refuse = || Refusal::new("no command that is gone stands right below the COPY");
    let run = copy + 1;
    let same_stage = model.stage_of(copy).is_some_and(|stage| stage.range.contains(&run));
    if !same_stage || !model.instructions[run].body.flags.is_empty() {
        return Err(refuse());
    }
    match old {
        [Token::Step { index, .. }, ..] if index.0 == run => {
            let Some(Body::Exec(words)) = model.body(run) else { return Err(refuse()) };
            Ok((Taken { old: 1, new: 0 }, words.clone()))
        }
        [Token::Open { index, .. }, Token::Link { joint: Joint::None, pipeline }, rest @ ..] if index.0 == run => {
            if !model.states[run].shell.is_plain() {
                return Err(Refusal::new("the shell is given options that are not understood"));
            }
            let words = simple_words(pipeline).ok_or_else(refuse)?;
            match rest {
                [Token::Close { end: Joint::None, comments }, ..] if comments.is_empty() => {
                    Ok((Taken { old: 3, new: 0 }, words))
                }
                [Token::Link { joint: Joint::And, pipeline: next }, ..] => {
                    let chain = model.script(run).and_then(|script| script.single_chain());
                    if !chain.is_some_and(crate::shell::Chain::is_and_only) {
                        return Err(Refusal::new("a failure of the command is handled"));
                    }
                    match new {
                        [Token::Open { flags, .. }, Token::Link { joint: Joint::None, pipeline }, ..]
                            if flags.is_empty() && pipeline == next =>
                        {
                            Ok((Taken { old: 3, new: 2 }, words))
                        }
                        _ => Err(refuse()),
                    }
                }
                _ => Err(refuse()),
            }
        }
        _ => Err(refuse()),
    }
}

fn simple_words(pipeline: &Pipeline) -> Option<Vec<String>> {
    let Pipeline::Simple { negated: false, commands } = pipeline else { return None };
    let [parts] = commands.as_slice() else { return None };
    let word = |part: &Part| match part {
        Part::Word { literal, .. } => literal.as_deref().map(str::to_owned),
        Part::Assignment(_) | Part::Redirect { .. } => None,
    };
    parts.iter().map(word).collect()
}

/// The flag does to what is copied what the command did to what it names.
fn stands_for(
    model: &Model<'_, '_>,
    copy: usize,
    flag: &Flag,
    words: &[String],
    context: LazyContext<'_>,
) -> Result<(), Refusal> {
    if let User::Other(user) = &model.states[copy + 1].user {
        return Err(Refusal::new(format!("the command was run as `{user}`")));
    }
    let brought = Brought::of(model, copy, context)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let value = flag.value().unwrap_or_default();
    let known_group = if model.flags(copy).iter().any(|flag| flag.starts_with("--from=")) { None } else { Some("0") };
    match (flag.name(), words.as_slice()) {
        ("chown", ["chown", "-R" | "--recursive", owner, paths @ ..]) => {
            same_owner(owner, value, known_group)?;
            brought.names_files(paths).or_else(|_| brought.is_the_new_folder(paths))
        }
        ("chown", ["chown", owner, paths @ ..]) => {
            same_owner(owner, value, known_group)?;
            brought.names_files(paths)
        }
        ("chmod", ["chmod", mode, paths @ ..]) => {
            same_mode(mode, value)?;
            frontend_has_chmod(model)?;
            brought.names_files(paths)
        }
        _ => Err(Refusal::new("the command that is gone did something else")),
    }
}

/// `chown u` keeps the group, which is 0 for what the build context brings; `--chown=u` would take the user's. What
/// another stage or image brings keeps its own group.
fn same_owner(owner: &str, value: &str, known_group: Option<&str>) -> Result<(), Refusal> {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    let expected = match owner.split_once(':') {
        Some((user, group)) if is_name(user) && is_name(group) => format!("{user}:{group}"),
        None if is_name(owner) => match known_group {
            Some(group) => format!("{owner}:{group}"),
            None => return Err(Refusal::new("which group the files have in the other stage is not known")),
        },
        _ => return Err(Refusal::new(format!("`{owner}` is no user and group that COPY reads alike"))),
    };
    if expected == value { Ok(()) } else { Err(Refusal::new(format!("`chown {owner}` is `--chown={expected}`"))) }
}

/// An octal mode is taken as it is; `+x` makes 755 of the usual modes 644 and 755.
fn same_mode(mode: &str, value: &str) -> Result<(), Refusal> {
    let digits = mode.strip_prefix('0').filter(|rest| rest.len() == 3).unwrap_or(mode);
    let octal = digits.len() == 3 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let same = match mode {
        "+x" | "a+x" | "ugo+x" => value == "755",
        _ => octal && value == mode,
    };
    if same { Ok(()) } else { Err(Refusal::new(format!("`{value}` is not what `chmod {mode}` sets"))) }
}

/// Frontends before 1.2 do not know `--chmod`, and others than Docker's may not.
fn frontend_has_chmod(model: &Model<'_, '_>) -> Result<(), Refusal> {
    let file = model.file;
    let Some(syntax) = file.directives.iter().find(|directive| directive.kind == DirectiveKind::Syntax) else {
        return Ok(());
    };
    let value = lossy(syntax.value.slice(file.source));
    let name = value.split('@').next().unwrap_or_default();
    let (image, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
    let version = tag.split('-').next().unwrap_or_default();
    let minor = version.strip_prefix("1.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    let known = ["docker/dockerfile", "docker.io/docker/dockerfile", "docker/dockerfile-upstream"].contains(&image);
    let new = !tag.contains("experimental")
        && (matches!(version, "1" | "latest" | "labs" | "master") || minor.is_some_and(|minor| minor >= 2));
    if known && new { Ok(()) } else { Err(Refusal::new(format!("`# syntax={value}` may not know `--chmod`"))) }
}

/// What a COPY brings, and where to.
struct Brought<'m, 'f, 's> {
    model: &'m Model<'f, 's>,
    copy: usize,
    /// Where each source lands if it is a file, in order.
    files: Vec<String>,
    /// Whether each of them is a file, as far as can be told.
    all_files: bool,
    /// Where a single file lands if the destination is a folder that is not written as one.
    in_folder: Option<String>,
    /// The destination as an absolute path.
    destination: String,
}

impl<'m, 'f, 's> Brought<'m, 'f, 's> {
    fn of(model: &'m Model<'f, 's>, copy: usize, context: LazyContext<'_>) -> Result<Self, Refusal> {
        let instruction = model.instructions[copy];
        let refuse = || Refusal::new("what the COPY brings is not written out");
        let text = instruction.joined.text();
        let mut sources = copy::paths(&instruction.body, text).ok_or_else(refuse)?;
        let written = sources.pop().ok_or_else(refuse)?;
        let mut unwritten = sources.iter().chain([&written]);
        if unwritten.any(|path| path.contains(['$', '\\', '"', '\'', '`', '*', '?', '['])) {
            return Err(refuse());
        }
        let folder = model.states[copy].workdir.path();
        let destination = join(folder, &written);
        let into_folder = written.ends_with('/') || written.ends_with("/.") || written == ".";
        let elsewhere = instruction.body.flags.iter().any(|flag| flag.name() == "from");
        let from_stage = if elsewhere { LazyContext::NONE } else { context };
        let documents: Vec<&[u8]> = instruction.heredocs.iter().map(|doc| doc.marker.slice(text)).collect();
        if !documents.is_empty() {
            if sources.len() != 1 || documents.len() != 1 || into_folder {
                return Err(refuse());
            }
            let files = vec![destination.clone()];
            return Ok(Self { model, copy, files, all_files: true, in_folder: None, destination });
        }
        let target = |source: &String| {
            let name = base_name(source.trim_end_matches('/'));
            if into_folder || sources.len() > 1 { join(&destination, name) } else { destination.clone() }
        };
        let all_files = sources.iter().all(|source| is_file(source, &destination, into_folder, from_stage));
        // What the command names in a folder is there: then the destination is one, and the file lies in it.
        let in_folder = match sources.as_slice() {
            [only]
                if !into_folder
                    && files::is_file_name(base_name(only))
                    && is_file(only, &destination, true, from_stage) =>
            {
                Some(join(&destination, base_name(only)))
            }
            _ => None,
        };
        let files = sources.iter().map(target).collect();
        Ok(Self { model, copy, files, all_files, in_folder, destination })
    }

    /// The paths are just the files that are copied.
    fn names_files(&self, paths: &[&str]) -> Result<(), Refusal> {
        let folder = self.model.states[self.copy].workdir.path();
        let mut named: Vec<String> = paths.iter().map(|path| join(folder, path)).collect();
        let plain = paths.iter().all(|path| !path.starts_with('-') && !path.ends_with('/'));
        let mut files = self.files.clone();
        named.sort();
        files.sort();
        let in_folder = self.in_folder.as_ref().is_some_and(|file| named == [file.as_str()]);
        if plain && (files == named && self.all_files || in_folder) {
            return Ok(());
        }
        Err(Refusal::new("the command names other paths than the files that are copied, or a folder"))
    }

    /// The path is just the destination, which nothing before this COPY made or filled.
    fn is_the_new_folder(&self, paths: &[&str]) -> Result<(), Refusal> {
        let folder = self.model.states[self.copy].workdir.path();
        let [path] = paths else { return Err(Refusal::new("`chown` names other paths than what is copied")) };
        if join(folder, path) != self.destination || path.starts_with('-') {
            return Err(Refusal::new("`chown` names another path than what is copied"));
        }
        is_new(self.model, self.copy, &self.destination)
    }
}

/// Whether a source is a file, as far as can be told.
fn is_file(source: &str, destination: &str, into_folder: bool, context: LazyContext<'_>) -> bool {
    let path = source.trim_start_matches("./").trim_start_matches('/');
    if let Some(context) = context.get()
        && context.exists(path)
    {
        return !context.is_dir(path);
    }
    if source.ends_with('/') || matches!(base_name(source), "" | "." | "..") {
        return false;
    }
    if files::is_file_name(base_name(source)) {
        return true;
    }
    // Where the folder is named, what the command names in it is the file: a folder's contents would lie there. A
    // folder of the same name may be there all the same.
    if into_folder {
        return !files::is_standing_folder(&join(destination, base_name(source)));
    }
    let in_bin = ["bin", "sbin"].iter().any(|bin| destination.split('/').rev().nth(1) == Some(bin));
    in_bin || files::is_file_name(base_name(destination))
}

/// Nothing before the COPY makes or fills the folder, as far as the file tells.
fn is_new(model: &Model<'_, '_>, copy: usize, folder: &str) -> Result<(), Refusal> {
    let refuse = |why: String| Err(Refusal::new(format!("`{folder}` is there before the COPY: {why}")));
    if folder.contains('\u{1}') || files::is_in_standing_folder(folder) {
        return refuse("an image brings it".to_owned());
    }
    let mut stage = model.stage_of(copy);
    let mut end = copy;
    while let Some(current) = stage {
        for index in current.range.start..=end.min(current.range.end - 1) {
            if matches!(&model.states[index].workdir, crate::model::Workdir::Known(path) if below(path, folder).is_some())
            {
                return refuse("it is the working directory".to_owned());
            }
            let text = lossy(model.instructions[index].joined.text());
            if index != copy && text.contains(folder) {
                return refuse(format!("line {} names it", model.instructions[index].first_line));
            }
        }
        stage = current.base.stage().map(|parent| &model.stages[parent]);
        end = stage.map_or(0, |stage| stage.range.end - 1);
    }
    Ok(())
}
