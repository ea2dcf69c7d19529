//! Neighbouring COPY instructions of small files into one folder become one.

use crate::context::LazyContext;
use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::{base_name, files};
use crate::model::Model;
use crate::model::copy::{self, has_pattern};
use crate::prove::Claim;
use crate::syntax::{Args, Item, Keyword, Span, TriviaKind};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "merge-copies",
    summary: "one COPY for neighbouring ones of small files into the same folder",
    offers: Offers::Safe,
    codes: &[],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["copy"],
    propose,
};

/// Files of together so many bytes take no layer of their own.
const MAX_SIZE: u64 = 1024 * 1024;

/// No line becomes longer than this.
const MAX_COLUMNS: usize = 120;

/// A COPY that may go together with its neighbours.
struct Part {
    index: usize,
    flags: Vec<String>,
    sources: Vec<String>,
    /// As written.
    folder: String,
}

impl Part {
    fn of(model: &Model<'_, '_>, index: usize) -> Option<Self> {
        let instruction = model.instructions[index];
        let body = &instruction.body;
        let plain = body.keyword == Keyword::Copy
            && instruction.first_line == instruction.last_line
            && instruction.heredocs.is_empty()
            && matches!(body.args, Args::Words(_))
            && body.flags.iter().all(|flag| matches!(flag.name(), "chown" | "chmod"));
        if !plain {
            return None;
        }
        let mut sources = copy::paths(body, instruction.joined.text())?;
        let folder = sources.pop()?;
        let written_out = |source: &String| !source.contains(['$', '\\', '"', '\'', '`']);
        let into_folder = folder == "." || folder.ends_with('/');
        if sources.is_empty() || !into_folder || !sources.iter().all(written_out) {
            return None;
        }
        Some(Self { index, flags: body.flags.iter().map(|flag| flag.text.clone()).collect(), sources, folder })
    }

    fn goes_with(&self, other: &Self) -> bool {
        let slashed = |folder: &str| if folder == "." { "./".to_owned() } else { folder.to_owned() };
        self.flags == other.flags && slashed(&self.folder) == slashed(&other.folder)
    }
}

/// What the sources of a COPY are.
struct Files {
    names: Vec<String>,
    size: u64,
    /// Manifests and lock files stay apart from code: what is installed rests on them alone.
    manifests: bool,
}

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let mut group: Vec<(Part, Files)> = Vec::new();
    for index in 0..model.instructions.len() {
        let part = Part::of(model, index);
        let neighbour = group.last().is_some_and(|(last, _)| {
            last.index + 1 == index
                && only_blanks_between(model, last.index, index)
                && part.as_ref().is_some_and(|part| part.goes_with(last))
        });
        if !neighbour {
            push_fix(model, &mut group, proposals);
        }
        let Some(part) = part else { continue };
        if !neighbour && !has_neighbour(model, &part) {
            continue;
        }
        let (place, first) = (model.instructions[index].span, part.sources[0].clone());
        match files_of(&part.sources, subject.context) {
            Ok(files) => {
                if let Err(reason) = fits(model, &group, &part, &files) {
                    proposals.leave(place, format!("`{first}` has a COPY of its own: {reason}"));
                    push_fix(model, &mut group, proposals);
                }
                group.push((part, files));
            }
            Err(reason) => {
                // A folder has a COPY of its own by right.
                let named_like_files = part.sources.iter().all(|source| files::is_plain_name(base_name(source)));
                if neighbour && named_like_files {
                    proposals.leave(place, format!("`{first}` has a COPY of its own: {reason}"));
                }
                push_fix(model, &mut group, proposals);
            }
        }
    }
    push_fix(model, &mut group, proposals);
}

/// Whether the next instruction is a COPY that may join.
fn has_neighbour(model: &Model<'_, '_>, part: &Part) -> bool {
    let next = part.index + 1;
    next < model.instructions.len()
        && only_blanks_between(model, part.index, next)
        && Part::of(model, next).is_some_and(|next| next.goes_with(part))
}

fn only_blanks_between(model: &Model<'_, '_>, first: usize, second: usize) -> bool {
    let (from, to) = (model.instructions[first].span.end, model.instructions[second].span.start);
    !model.file.items.iter().any(|item| match item {
        Item::Trivia(trivia) => trivia.kind == TriviaKind::Comment && (from..to).contains(&trivia.span.start),
        _ => false,
    })
}

fn files_of(sources: &[String], context: LazyContext<'_>) -> Result<Files, String> {
    let mut names = Vec::new();
    let mut size = 0;
    let mut kinds = Vec::new();
    for source in sources {
        let name = base_name(source);
        kinds.push(files::is_manifest_name(name));
        let Some(context) = context.get() else {
            if !files::is_manifest_name(name) {
                return Err(format!("the build context is not known, and `{source}` may be large"));
            }
            names.push(name.to_ascii_lowercase());
            continue;
        };
        let path = source.trim_start_matches('/');
        let found = if has_pattern(source) { context.glob(path) } else { vec![path.to_owned()] };
        if found.is_empty() {
            return Err(format!("`{source}` matches nothing in the build context"));
        }
        for file in found {
            size += context.size(&file).ok_or_else(|| format!("`{file}` is no file of the build context"))?;
            names.push(base_name(&file).to_ascii_lowercase());
        }
    }
    let manifests = kinds.iter().all(|kind| *kind);
    if !manifests && kinds.contains(&true) {
        return Err("it brings a manifest together with other files".to_owned());
    }
    Ok(Files { names, size, manifests })
}

/// Whether a COPY may join the group.
fn fits(model: &Model<'_, '_>, group: &[(Part, Files)], part: &Part, files: &Files) -> Result<(), String> {
    let Some((first, kind)) = group.first() else { return Ok(()) };
    if kind.manifests != files.manifests {
        return Err("manifests stay apart from other files, so that an install rests on them alone".to_owned());
    }
    let is_known =
        |name: &String| group.iter().any(|(_, files)| files.names.iter().any(|known| may_be_one(known, name)));
    if let Some(name) = files.names.iter().find(|name| is_known(name)) {
        return Err(format!("`{name}` is copied into the folder just before"));
    }
    if group.iter().map(|(_, files)| files.size).sum::<u64>() + files.size >= MAX_SIZE {
        return Err("large files stay in layers of their own".to_owned());
    }
    let line = model.instructions[first.index].joined.text().len();
    let parts = group.iter().skip(1).map(|(part, _)| part).chain([part]);
    let more: usize = parts.flat_map(|part| &part.sources).map(|source| source.len() + 1).sum();
    if line + more > MAX_COLUMNS { Err("the line would become too long".to_owned()) } else { Ok(()) }
}

/// Whether two names, or patterns, may stand for the same file.
fn may_be_one(one: &str, other: &str) -> bool {
    if !has_pattern(one) && !has_pattern(other) {
        return one == other;
    }
    let head = |name: &str| name.split(['*', '?', '[']).next().unwrap_or_default().to_owned();
    let tail = |name: &str| name.rsplit(['*', '?', ']']).next().unwrap_or_default().to_owned();
    let fits = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
    let ends = |one: &str, other: &str| one.ends_with(other) || other.ends_with(one);
    fits(&head(one), &head(other)) && ends(&tail(one), &tail(other))
}

/// The fix for a group of two or more, which is emptied.
fn push_fix(model: &Model<'_, '_>, group: &mut Vec<(Part, Files)>, proposals: &mut Proposals) {
    let parts: Vec<Part> = group.drain(..).map(|(part, _)| part).collect();
    let ([first, .., last], [_, others @ ..]) = (parts.as_slice(), parts.as_slice()) else { return };
    let word = |part: &Part, from_end: usize| {
        let instruction = model.instructions[part.index];
        let Args::Words(words) = &instruction.body.args else { return None };
        words.len().checked_sub(from_end).and_then(|at| words.get(at)).map(|word| instruction.joined.span(*word))
    };
    let (Some(source), Some(target), Some(end)) = (word(first, 2), word(first, 1), word(last, 1)) else { return };
    let sources: String = others.iter().flat_map(|part| &part.sources).flat_map(|source| [" ", source]).collect();
    let mut edits = vec![Edit::insert(source.end, sources)];
    if first.folder == "." {
        edits.push(Edit::replace(Span::new(target.start, end.end), "./"));
    } else {
        edits.push(Edit::delete(Span::new(target.end, end.end)));
    }
    proposals.fixes.push(Fix {
        title: format!("copy to `{}` in one instruction", first.folder),
        reason: format!(
            "{} small files go to one folder with nothing in between: {} fewer",
            parts.iter().map(|part| part.sources.len()).sum::<usize>(),
            if others.len() == 1 { "one layer".to_owned() } else { format!("{} layers", others.len()) }
        ),
        edits,
        safety: Safety::Safe,
        claim: Claim::CopiesMerged,
        alternatives: Vec::new(),
    });
}
