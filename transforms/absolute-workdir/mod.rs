//! A relative WORKDIR is written as the absolute path that it stands for.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::{Base, Model, Workdir};
use crate::prove::Claim;
use crate::shell::Interpreter;
use crate::syntax::{Args, Keyword, TextRange, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "absolute-workdir",
    summary: "write a relative WORKDIR as the absolute path that it stands for",
    offers: Offers::SafeOrUnsafe,
    codes: &["DL3000", "WorkdirRelativePath"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let instruction = model.instructions[index];
        let (Keyword::Workdir, Args::Text(range)) = (model.keyword(index), &instruction.body.args) else { continue };
        if is_windows(model, index) {
            continue;
        }
        let text = lossy(range.slice(instruction.joined.text()));
        let (path, at) = unquoted(&text);
        let drive = path.as_bytes().get(1) == Some(&b':');
        // What a variable holds may be absolute.
        if path.starts_with(['/', '$']) || drive || path.is_empty() {
            continue;
        }
        match absolute(model, index, path, text.len() != path.len()) {
            Err(reason) => proposals.leave(instruction.span, format!("`{text}` would be an absolute path: {reason}")),
            Ok((folder, assumed)) => {
                let place = TextRange::new(range.start + at, range.start + at + path.len());
                if !instruction.joined.is_contiguous(*range) {
                    proposals.leave(
                        instruction.span,
                        format!("`{text}` would be an absolute path, but stands on two lines"),
                    );
                    continue;
                }
                let new = joined(&folder, path);
                let span = instruction.joined.span(place);
                proposals.fixes.push(Fix {
                    title: format!("write `WORKDIR {new}`"),
                    reason: match &assumed {
                        None => format!("`{path}` counts from `{folder}`, the folder in force"),
                        Some(image) => format!(
                            "`{path}` counts from the folder in force; unsafe because that is taken to be `/`, \
                             as `{image}` sets no WORKDIR today"
                        ),
                    },
                    edits: vec![Edit::replace(span, new)],
                    safety: if assumed.is_some() { Safety::Unsafe } else { Safety::Safe },
                    claim: Claim::WorkdirPath,
                    alternatives: Vec::new(),
                });
            }
        }
    }
}

/// The path in a pair of quotes, and where it starts.
fn unquoted(text: &str) -> (&str, usize) {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    match inner('"').or_else(|| inner('\'')) {
        Some(path) => (path, 1),
        None => (text, 0),
    }
}

/// The folder that a relative path counts from, and the base image where that is taken on trust.
fn absolute(
    model: &Model<'_, '_>,
    index: usize,
    path: &str,
    quoted: bool,
) -> Result<(String, Option<String>), &'static str> {
    if path.starts_with('~') {
        return Err("`~` is no home folder here but the folder's very name, which is most likely a mistake");
    }
    if path.contains(['$', '\\', '"', '\'', '`', '#']) {
        return Err("it holds a variable, a quote or a `#`");
    }
    if !quoted && path.contains(char::is_whitespace) {
        return Err("the blank in it is a part of the path, which may be a mistake");
    }
    if parents(model, index).any(|at| matches!(model.instructions[at].body.args, Args::Onbuild(_))) {
        return Err("an ONBUILD of the stage below may change the folder in force");
    }
    match &model.states[index].workdir {
        Workdir::Known(folder) if folder.contains(['~', '#']) || !quoted && folder.contains(char::is_whitespace) => {
            Err("the name of the folder in force may be a mistake")
        }
        Workdir::Known(folder) => Ok((folder.clone(), None)),
        Workdir::Inherited => match (root(model, index), model.base_image(index)) {
            (Some(image), Some(base)) if base.bare => Ok(("/".to_owned(), Some(image))),
            _ => Err("the base image may set a WORKDIR, from which it counts"),
        },
        Workdir::Unknown => Err("the folder in force depends on a variable or on the base image"),
    }
}

/// `folder/path`; cleaned only where there is something to clean.
fn joined(folder: &str, path: &str) -> String {
    let folder = folder.trim_end_matches('/');
    let trimmed = path.trim_end_matches('/');
    if trimmed.split('/').all(|part| !matches!(part, "" | "." | "..")) {
        return format!("{folder}/{path}");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')).filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("/{}", parts.join("/"))
}

/// The name of the image below all stages that the stage of instruction `index` is built on.
fn root(model: &Model<'_, '_>, index: usize) -> Option<String> {
    let stage = model.stage_of(index)?;
    let up = |stage: &&crate::model::Stage| stage.base.stage().map(|parent| &model.stages[parent]);
    match &std::iter::successors(Some(stage), up).last()?.base {
        Base::Image(name) => Some(name.clone()),
        _ => None,
    }
}

fn parents(model: &Model<'_, '_>, index: usize) -> impl Iterator<Item = usize> {
    let first = model.stage_of(index).and_then(|stage| stage.base.stage());
    std::iter::successors(first, |parent| model.stages[*parent].base.stage())
        .flat_map(|parent| model.stages[parent].range.clone())
}

fn is_windows(model: &Model<'_, '_>, index: usize) -> bool {
    let stage = model.stage_of(index);
    let up = |stage: &&crate::model::Stage| stage.base.stage().map(|parent| &model.stages[parent]);
    matches!(model.states[index].shell, Interpreter::Other(_))
        || std::iter::successors(stage, up).any(|stage| stage.base.is_windows())
}
