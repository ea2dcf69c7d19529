//! Words and commands of a RUN: added, or taken out.

use crate::edit::Edit;
use crate::model::{Model, User};
use crate::shell::{Chain, ChainLink, Command, Script, Simple, Terminator, Word};
use crate::style::{OperatorPlace, blanks_before};
use crate::syntax::{Span, TextRange, TriviaKind};

/// Puts a word behind another one, on its line.
#[must_use]
pub fn insert_word_after(script: &Script<'_>, word: &Word, text: &str) -> Edit {
    Edit::insert(script.span(word.range).end, format!(" {text}"))
}

/// Takes a word out of its command, with the blanks and the line end before it.
///
/// `None` for the command's name, and where a comment line or a redirection stands before the word.
#[must_use]
pub fn drop_word(model: &Model<'_, '_>, index: usize, script: &Script<'_>, simple: &Simple, at: usize) -> Option<Edit> {
    let before = simple.words.get(at.checked_sub(1)?)?;
    let span = Span::new(script.span(before.range).end, script.span(simple.words.get(at)?.range).end);
    let holds_redirect = simple.redirects.iter().any(|redirect| script.span(redirect.range).overlaps(span));
    (!holds_redirect && !holds_comment(model, index, span)).then(|| Edit::delete(span))
}

/// Takes a whole command out of a RUN, with the operator that joins it to its neighbours.
///
/// `None` where it is not a simple command of its own in an `&&` chain, or between two `;` of a list; where
/// it is the RUN's only command; and where a comment line would go with it.
#[must_use]
pub fn drop_command(model: &Model<'_, '_>, index: usize, script: &Script<'_>, simple: &Simple) -> Option<Edit> {
    let items = &script.list.items;
    let (item_at, link_at) = items.iter().enumerate().find_map(|(item_at, item)| {
        let link_at = item.chain.links.iter().position(|link| link.pipeline.simple() == Some(simple))?;
        Some((item_at, link_at))
    })?;
    let chain = &items[item_at].chain;
    if !chain.is_and_only() || items[item_at].end == Terminator::Background {
        return None;
    }
    let range = if chain.links.len() > 1 {
        let links = &chain.links;
        match link_at {
            0 => TextRange::new(links[0].range.start, links[1].range.start),
            _ => TextRange::new(links[link_at - 1].range.end, links[link_at].range.end),
        }
    } else if items.len() > 1 {
        match item_at {
            0 => TextRange::new(items[0].range.start, items[1].range.start),
            _ if items[item_at - 1].end == Terminator::Background => return None,
            _ if items[item_at].end == Terminator::Newline => return None,
            _ if items[item_at - 1].end == Terminator::Newline => return None,
            _ => TextRange::new(items[item_at - 1].range.end, items[item_at].range.end),
        }
    } else {
        return None;
    };
    if let Some(span) = opening_a_line(model, script, &chain.links, link_at) {
        return (!holds_comment(model, index, span)).then(|| Edit::delete(span));
    }
    let span = Span::new(script.span(TextRange::new(range.start, range.start + 1)).start, script.span(range).end);
    // What follows the range in the text may stand lines below: up to it, a first command goes whole.
    let goes_first = item_at == 0 && link_at == 0;
    let end = if goes_first { script.text.file_offset(range.end) } else { span.end };
    let span = Span::new(span.start, end);
    (!holds_comment(model, index, span)).then(|| Edit::delete(span))
}

/// The link with its operator, where these open a line that goes on with the next operator: that one takes its place.
fn opening_a_line(model: &Model<'_, '_>, script: &Script<'_>, links: &[ChainLink], at: usize) -> Option<Span> {
    let start = script.span(links[at].joiner?.range).start;
    let next = script.span(links.get(at + 1)?.joiner?.range).start;
    let source = model.file.source;
    let one_line = !source.get(start..next)?.contains(&b'\n');
    (at > 0 && one_line && blanks_before(source, start).is_some()).then(|| Span::new(start, next))
}

fn holds_comment(model: &Model<'_, '_>, index: usize, span: Span) -> bool {
    let mut inner = model.instructions[index].inner.iter();
    inner.any(|trivia| trivia.kind == TriviaKind::Comment && trivia.span.overlaps(span))
}

/// Appends a command to a RUN, joined by `separator`, which comes from [`joiner_at_end`].
///
/// A RUN of several lines gets a line more, in the style of its other lines.
#[must_use]
pub fn append_command(
    model: &Model<'_, '_>,
    index: usize,
    script: &Script<'_>,
    separator: &str,
    command: &str,
) -> Edit {
    let end = script.span(TextRange::new(0, script.whole().len())).end;
    let instruction = model.instructions[index];
    let mut style = model.style().of_run(model, index);
    // The new command stands where the last one stands.
    let last = script.list.items.last().and_then(|item| item.chain.links.last());
    let last =
        last.map(|link| link.joiner.map_or(link.range, |joiner| joiner.range)).map(|range| script.span(range).start);
    if let Some(blanks) = last.and_then(|at| blanks_before(model.file.source, at)) {
        blanks.clone_into(&mut style.indent);
    }
    let on_one_line = instruction.first_line == instruction.last_line
        || instruction.joined.spans().filter(|span| !span.is_empty()).count() == 1;
    let text = match (on_one_line, style.operator) {
        (true, _) => format!("{separator}{command}"),
        (false, _) if separator == "; " => format!(";{}{}{command}", style.continuation(), style.indent),
        (false, OperatorPlace::LineStart) => format!("{}{}&& {command}", style.continuation(), style.indent),
        (false, OperatorPlace::LineEnd) => format!(" &&{}{}{command}", style.continuation(), style.indent),
    };
    Edit::insert(end, text)
}

/// What joins a further command to the end of a RUN, so that it runs where all before it went well and a
/// failure still counts.
///
/// # Errors
/// With the reason where there is no such way.
pub fn joiner_at_end(model: &Model<'_, '_>, index: usize, script: &Script<'_>) -> Result<&'static str, String> {
    if let User::Other(user) = &model.states[index].user {
        return Err(format!("the RUN is run as `{user}`"));
    }
    joiner_for_any_user(model, index, script)
}

/// The same as [`joiner_at_end`], for a command that needs no root.
///
/// # Errors
/// With the reason where there is no such way.
pub fn joiner_for_any_user(model: &Model<'_, '_>, index: usize, script: &Script<'_>) -> Result<&'static str, String> {
    if script.in_heredoc || !model.instructions[index].heredocs.is_empty() {
        return Err("the RUN has a heredoc".to_owned());
    }
    if !script.comments.is_empty() {
        return Err("a shell comment would swallow what is added".to_owned());
    }
    if script.simple_commands().iter().any(|simple| !simple.words.is_empty() && simple.name().is_none_or(ends_shell)) {
        return Err("the shell may end before its last command".to_owned());
    }
    let last = script.list.items.last().ok_or("the RUN is empty")?;
    if last.end != Terminator::None {
        return Err("the RUN ends in an operator".to_owned());
    }
    let links = &last.chain.links;
    let simple_end =
        links.iter().all(|link| link.pipeline.commands.iter().all(|command| matches!(command, Command::Simple(_))));
    let sets = script.simple_commands().iter().any(|simple| simple.name() == Some("set"));
    if sets && !simple_end {
        return Err("a failure inside its last command would no longer count on the left of `&&`".to_owned());
    }
    if script.starts_with_errexit() && script.list.items.len() > 1 {
        return Ok(semicolon_where_it_counts(&last.chain));
    }
    if links.last().is_some_and(|link| link.pipeline.negated) {
        return Err("the last command is negated".to_owned());
    }
    Ok(" && ")
}

fn ends_shell(name: &str) -> bool {
    matches!(name, "exit" | "exec" | "return" | "trap" | "eval" | "." | "source")
}

fn semicolon_where_it_counts(last: &Chain) -> &'static str {
    match last.links.as_slice() {
        [link] if !link.pipeline.negated => "; ",
        _ => " && ",
    }
}
