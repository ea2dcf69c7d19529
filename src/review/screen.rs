//! The lines of a screen.

use crate::edit::Safety;
use crate::report::diff::{ChangeTag, HunkLine, hunks};
use crate::report::plural;

use super::command::Command;
use super::decisions::{By, Decision};
use super::plan::Step;
use super::state::{State, View};
use super::text::{Line, Look};

/// The size of a screen, in columns and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

/// What is to be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screen {
    /// At most as many lines as the screen has, each at most as wide.
    pub lines: Vec<Line>,
    /// Lines of the middle part that do not fit.
    pub overflow: usize,
    /// Lines of the middle part that are seen at once.
    pub page: usize,
    /// Where the cursor stands, column and line; none hides it.
    pub cursor: Option<(usize, usize)>,
}

/// So many lines of a diff are to be seen before there is room for the reasons.
const DIFF: usize = 8;

/// The screen of a state.
#[must_use]
pub fn screen(state: &State, size: Size) -> Screen {
    let width = size.width.max(1);
    let (head, body, mut foot) = match state.view() {
        View::Over => return Screen::default(),
        View::Waiting => {
            let found = plural(state.files().len(), "Dockerfile", "Dockerfiles");
            (
                Head::default(),
                vec![Line::of(Look::Plain, &format!("looking for fixes: {found} so far"))],
                keys(state, width),
            )
        }
        View::Help => (Head::default(), help(width), closing("? or Esc", "back", width)),
        View::Page(page) => {
            let lines = page.lines().flat_map(|line| Line::of(Look::Plain, line).wrapped_words(width, 0)).collect();
            (Head::default(), lines, closing("q or Esc", "back", width))
        }
        View::Fix => (heading(state, width), diff(state, width), keys(state, width)),
        View::Reason(reason) => {
            let asked = Line::of(Look::Key, "reason: ").and(Look::Plain, reason);
            let told = "Enter writes it as an ignore comment, Esc goes back";
            let mut lines = vec![Line::default()];
            lines.extend(Line::of(Look::Dim, told).wrapped_words(width, 0));
            lines.extend(asked.wrapped(width, 0));
            (heading(state, width), diff(state, width), lines)
        }
        View::BadEdit(_, message) => {
            let mut lines = Line::of(Look::Warning, &format!("not taken: {message}")).wrapped_words(width, 2);
            lines.extend(closing("e", "edit again", width));
            lines.extend(closing("Esc", "drop the edit", width));
            (heading(state, width), diff(state, width), lines)
        }
    };
    if let Some(notice) = state.notice() {
        let mut lines = Line::of(Look::Warning, notice).wrapped_words(width, 2);
        lines.append(&mut foot);
        foot = lines;
    }
    composed(state, head, body, foot, size)
}

/// What stands above a diff.
#[derive(Default)]
struct Head {
    /// Where it is and what it does.
    title: Vec<Line>,
    /// Why, and what was proved.
    details: Vec<Line>,
}

/// The head on top, the keys at the bottom, as much of the rest as fits in between.
fn composed(state: &State, head: Head, mut body: Vec<Line>, foot: Vec<Line>, size: Size) -> Screen {
    let height = size.height.max(1);
    // On a very low screen the keys matter most, then the fix.
    let foot: Vec<Line> = foot.into_iter().rev().take(height).collect::<Vec<_>>().into_iter().rev().collect();
    let room = height - foot.len();
    let Head { title, details } = head;
    let mut head = title;
    if head.len() + details.len() + body.len().min(DIFF) <= room {
        head.extend(details);
    } else {
        // The diff comes first where not all of it can be seen.
        body.push(Line::default());
        body.extend(details);
        if head.len() + body.len().min(DIFF) > room {
            head.append(&mut body);
            body = std::mem::take(&mut head);
        }
    }
    let space = room - head.len();
    let needs = body.len();
    // The line that says what is above and below takes a place of its own.
    let shown = if needs > space { space.saturating_sub(1) } else { needs };
    let overflow = needs - shown;
    let scroll = state.scroll().min(overflow);
    let mut lines = head;
    lines.extend(body.into_iter().skip(scroll).take(shown));
    if overflow > 0 && space > 0 {
        let rest = overflow - scroll;
        let text = format!("-- {scroll} above, {rest} below: space, arrows --");
        lines.extend(Line::of(Look::Dim, &text).wrapped(size.width.max(1), 0).into_iter().take(1));
    }
    lines.extend(foot);
    let cursor = matches!(state.view(), View::Reason(_))
        .then(|| lines.last().map(|line| (line.width().min(size.width.saturating_sub(1)), lines.len() - 1)))
        .flatten();
    Screen { lines, overflow, page: shown, cursor }
}

fn heading(state: &State, width: usize) -> Head {
    let (Some((file, step)), Some((at, total))) = (state.step(), state.counter()) else { return Head::default() };
    let more = if state.all_found() { "" } else { "+" };
    let path = state.files()[file].path.display();
    let safety = if step.safety == Safety::Safe { Look::Good } else { Look::Warning };
    let first = Line::of(Look::Bold, &format!("({at}/{total}{more}) {path}:{}", step.line));
    let second = Line::of(Look::Bold, step.transform.id)
        .and(Look::Plain, " (")
        .and(safety, step.safety.name())
        .and(Look::Plain, &format!("): {}", step.title));
    let mut title = first.wrapped(width, 2);
    title.extend(second.wrapped_words(width, 2));
    if let Some(line) = standing(step) {
        title.extend(line.wrapped_words(width, 2));
    }
    let mut details = Vec::new();
    if !step.reason.is_empty() {
        details.extend(Line::of(Look::Dim, &format!("why: {}", step.reason)).wrapped_words(width, 2));
    }
    let proved = if step.proved { step.claim.name() } else { "nothing: the text is yours" };
    details.extend(Line::of(Look::Dim, &format!("proved: {proved}")).wrapped_words(width, 2));
    details.push(Line::default());
    Head { title, details }
}

/// What was decided about a fix.
fn standing(step: &Step) -> Option<Line> {
    let (decision, by) = step.decided.as_ref()?;
    let whose = match by {
        By::This => "",
        By::Rest => ", with the rest of the file",
        By::All => ", with all of the transform",
        By::Saved => ", in the file of decisions",
    };
    let (look, word) = match decision {
        Decision::Accept => (Look::Good, "accepted".to_owned()),
        Decision::Decline => (Look::Warning, "declined".to_owned()),
        Decision::Edit(_) => (Look::Good, "accepted as edited".to_owned()),
        Decision::Suppress(reason) => (Look::Warning, format!("suppressed: {reason}")),
    };
    Some(Line::of(look, &format!("{word}{whose}")))
}

fn diff(state: &State, width: usize) -> Vec<Line> {
    let Some((_, step)) = state.step() else { return Vec::new() };
    // In a file with such line ends a carriage return is no news.
    let returns = step.before.windows(2).any(|pair| pair == b"\r\n");
    let mut lines = Vec::new();
    for hunk in hunks(&step.before, &step.after) {
        lines.extend(Line::of(Look::Hunk, &hunk.head).wrapped(width, 0));
        for line in &hunk.lines {
            lines.extend(diff_line(line, returns).wrapped(width, 1));
            if line.no_line_end {
                lines.extend(Line::of(Look::Dim, "\\ No newline at end of file").wrapped(width, 1));
            }
        }
    }
    lines
}

fn diff_line(line: &HunkLine, returns: bool) -> Line {
    let (plain, word) = match line.tag {
        ChangeTag::Equal => (Look::Plain, Look::Plain),
        ChangeTag::Delete => (Look::Old, Look::OldWord),
        ChangeTag::Insert => (Look::New, Look::NewWord),
    };
    let last = line.parts.len().saturating_sub(1);
    line.parts.iter().enumerate().fold(Line::of(plain, &line.tag.to_string()), |done, (index, (changed, part))| {
        let part = if index == last && returns { part.trim_end_matches(['\r', '\n']) } else { part };
        done.and(if *changed { word } else { plain }, part)
    })
}

/// The keys that are valid now, with their words.
fn keys(state: &State, width: usize) -> Vec<Line> {
    let mut line = Line::default();
    for command in state.commands() {
        // The one of a pair that is shown first stands for both.
        let (keys, label) = match command {
            Command::Scroll | Command::RestNo | Command::AllNo => continue,
            Command::RestYes => ("a/d".to_owned(), "rest of file".to_owned()),
            Command::AllYes => {
                let id = state.step().map_or("", |(_, step)| step.transform.id);
                ("A/D".to_owned(), format!("all {id}"))
            }
            other => (other.key().to_string(), other.label().to_owned()),
        };
        let gap = if line.0.is_empty() { "" } else { "  " };
        let label = format!("\u{a0}{}", label.replace(' ', "\u{a0}"));
        line = line.and(Look::Plain, gap).and(Look::Key, &keys).and(Look::Plain, &label);
    }
    let mut lines = vec![Line::default()];
    lines.extend(line.wrapped_words(width, 0));
    lines
}

fn closing(key: &str, label: &str, width: usize) -> Vec<Line> {
    Line::of(Look::Key, key).and(Look::Plain, &format!(" {label}")).wrapped_words(width, 0)
}

fn help(width: usize) -> Vec<Line> {
    super::command::ALL
        .iter()
        .flat_map(|command| {
            let key = if *command == Command::Scroll { "space".to_owned() } else { command.key().to_string() };
            Line::of(Look::Key, &format!("{key:5} ")).and(Look::Plain, command.help()).wrapped_words(width, 6)
        })
        .collect()
}
