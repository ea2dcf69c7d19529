//! A COPY and the command that runs right after it, which a flag of the COPY makes superfluous.

use crate::edit::Edit;
use crate::knowledge::{base_name, files};
use crate::model::copy::join;
use crate::model::{Model, User, copy};
use crate::shell::{Body, Simple};
use crate::syntax::{Item, Keyword, Span, TriviaKind};

/// A COPY, and the first command of the RUN right below it.
#[derive(Debug)]
pub struct CopyThenCommand<'m> {
    /// The COPY.
    pub copy: usize,
    /// The RUN.
    pub run: usize,
    /// The sources of the COPY, as written; empty for a heredoc.
    pub sources: Vec<String>,
    /// Its destination, as written.
    pub destination: String,
    /// The command's words.
    pub words: Vec<&'m str>,
    /// The command, where others follow in its RUN.
    first_of_more: Option<&'m Simple>,
}

impl<'m> CopyThenCommand<'m> {
    /// Reads instruction `index` and the one below it; `None` where it is no COPY with all paths written out, or
    /// no readable RUN follows, with nothing but blank lines in between.
    #[must_use]
    pub fn at(model: &'m Model<'_, '_>, index: usize) -> Option<Self> {
        let copy = model.instructions[index];
        if model.keyword(index) != Keyword::Copy {
            return None;
        }
        let run = model.next_in_stage(index).filter(|next| model.keyword(*next) == Keyword::Run)?;
        let (from, to) = (copy.span.end, model.instructions[run].span.start);
        let comment_between = model.file.items.iter().any(|item| match item {
            Item::Trivia(trivia) => trivia.kind == TriviaKind::Comment && (from..to).contains(&trivia.span.start),
            _ => false,
        });
        if comment_between || !model.instructions[run].body.flags.is_empty() {
            return None;
        }
        let mut sources = copy::paths(&copy.body, copy.joined.text())?;
        let destination = sources.pop()?;
        if let [document] = copy.heredocs.as_slice() {
            let marker = document.marker.slice(copy.joined.text());
            sources.retain(|source| source.as_bytes() != marker);
            if !sources.is_empty() {
                return None;
            }
        } else if !copy.heredocs.is_empty() || sources.is_empty() {
            return None;
        }
        let written_out = |path: &String| !path.contains(['$', '\\', '"', '\'', '`', '*', '?', '[']);
        if !sources.iter().all(written_out) || !written_out(&destination) {
            return None;
        }
        let (words, first_of_more) = first_command(model, run)?;
        Some(Self { copy: index, run, sources, destination, words, first_of_more })
    }

    /// Whether the RUN is run as somebody else than root.
    #[must_use]
    pub fn other_user(&self, model: &Model<'_, '_>) -> Option<String> {
        match &model.states[self.run].user {
            User::Other(user) => Some(user.clone()),
            User::Root | User::Inherited => None,
        }
    }

    /// A path of the command or of the COPY as an absolute one.
    #[must_use]
    pub fn absolute(&self, model: &Model<'_, '_>, path: &str) -> String {
        join(model.states[self.copy].workdir.path(), path)
    }

    /// Whether the destination is written as a folder.
    #[must_use]
    pub fn into_folder(&self) -> bool {
        self.destination.ends_with('/') || self.destination.ends_with("/.") || self.destination == "."
    }

    /// Where a single file lands if the destination is a folder that is not written as one, and the file.
    #[must_use]
    pub fn in_unwritten_folder(&self, model: &Model<'_, '_>) -> Option<(String, &String)> {
        let [source] = self.sources.as_slice() else { return None };
        let name = base_name(source);
        let unwritten = !self.into_folder() && files::is_file_name(name);
        unwritten.then(|| (self.absolute(model, &format!("{}/{name}", self.destination)), source))
    }

    /// Whether the command is all that its RUN does.
    #[must_use]
    pub const fn is_whole_run(&self) -> bool {
        self.first_of_more.is_none()
    }

    /// Gives the COPY a flag and takes the command away, with its RUN where it is the only one.
    ///
    /// `None` where a comment would be lost.
    #[must_use]
    pub fn edits(&self, model: &Model<'_, '_>, flag: &str) -> Option<Vec<Edit>> {
        let copy = model.instructions[self.copy];
        let run = model.instructions[self.run];
        let head = copy.body.flags.last().map_or(copy.body.keyword_range, |flag| flag.range);
        let insert = Edit::insert(copy.joined.span(head).end, format!(" {flag}"));
        if let Some(simple) = self.first_of_more {
            let script = model.run_script(self.run)?;
            return Some(vec![insert, super::drop_command(model, self.run, script, simple)?]);
        }
        if run.inner.iter().any(|trivia| trivia.kind == TriviaKind::Comment) {
            return None;
        }
        Some(vec![insert, Edit::delete(Span::new(copy.span.end, run.span.end))])
    }
}

/// The words of a RUN's first command, and the command itself where others follow it in an `&&` chain.
fn first_command<'m>(model: &'m Model<'_, '_>, run: usize) -> Option<(Vec<&'m str>, Option<&'m Simple>)> {
    if let Some(Body::Exec(words)) = model.body(run) {
        return Some((words.iter().map(String::as_str).collect(), None));
    }
    let script = model.run_script(run).filter(|script| script.comments.is_empty())?;
    let chain = script.single_chain().filter(|chain| chain.is_and_only())?;
    let simple = chain.links.first()?.pipeline.simple()?;
    if !simple.assignments.is_empty() || !simple.redirects.is_empty() {
        return None;
    }
    let words = simple.literals().into_iter().collect::<Option<Vec<&str>>>()?;
    Some((words, (chain.links.len() > 1).then_some(simple)))
}
