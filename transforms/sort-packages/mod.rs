//! Package lists in byte order, one package a line where a list has several lines.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::{self, Invocation, Verb, managers};
use crate::model::Model;
use crate::prove::Claim;
use crate::shell::{Command, Literals, Script, Simple, Word};
use crate::style::blanks_before;
use crate::syntax::{Span, TriviaKind, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "sort-packages",
    summary: "sort the packages of an install command",
    offers: Offers::SafeOrUnsafe,
    codes: &[],
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
        let Some(script) = model.run_script(index) else { continue };
        let mut edits = Vec::new();
        let mut safety = Safety::Safe;
        let mut sorted = Vec::new();
        for simple in commands_on_top(script) {
            let Some(list) = PackageList::of(script, simple) else { continue };
            match list.edits(model, index) {
                Err(reason) => {
                    proposals.leave(script.span(simple.range), format!("the packages are not sorted: {reason}"));
                }
                Ok(new) if new.is_empty() => {}
                Ok(new) => {
                    if list.invocation.manager.order_matters {
                        safety = Safety::Unsafe;
                    }
                    edits.extend(new);
                    sorted.push(format!("{} {}", list.invocation.name(), list.invocation.verb_word));
                }
            }
        }
        if edits.is_empty() {
            continue;
        }
        sorted.dedup();
        proposals.fixes.push(Fix {
            title: format!("sort the packages of `{}`", sorted.join("`, `")),
            reason: match safety {
                Safety::Safe => "in a sorted list a duplicate shows and a change is one line; the same packages are asked for, and their order does not matter".to_owned(),
                Safety::Unsafe => "in a sorted list a duplicate shows and a change is one line; unsafe because this manager resolves in the order given, so that alternatives may be chosen otherwise".to_owned(),
            },
            edits,
            safety,
            claim: Claim::PackageOrder,
            alternatives: Vec::new(),
        });
    }
}

/// The simple commands outside of groups, branches and loops: what is proved word by word.
fn commands_on_top<'t>(script: &'t Script<'_>) -> impl Iterator<Item = &'t Simple> {
    let pipelines = script.list.items.iter().flat_map(|item| &item.chain.links).map(|link| &link.pipeline);
    pipelines
        .filter(|pipeline| pipeline.commands.iter().all(|command| matches!(command, Command::Simple(_))))
        .flat_map(|pipeline| &pipeline.commands)
        .filter_map(|command| match command {
            Command::Simple(simple) => Some(simple),
            Command::Compound(_) => None,
        })
}

/// The packages of one install command, where there are at least two.
struct PackageList<'s> {
    invocation: Invocation<'s>,
    items: Vec<Item<'s>>,
    /// Where the word before the first package ends.
    before: usize,
    /// Whether something else than packages stands between the first and the last one.
    interrupted: bool,
    /// Why the list can't be sorted.
    refusal: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Item<'s> {
    key: &'s str,
    raw: &'s str,
    span: Span,
}

impl<'s> PackageList<'s> {
    fn of(script: &'s Script<'_>, simple: &'s Simple) -> Option<Self> {
        if !managers::may_begin(simple.name()?) {
            return None;
        }
        let raw = |word: &Word| script.str(word.range);
        let literals = simple.words.iter();
        let literals = literals.map(|word| word.literal.as_deref().or_else(|| with_quoted_version(raw(word))));
        let words: Literals<'_> = literals.collect();
        let invocation = knowledge::invocation(&words)?;
        if invocation.verb != Verb::Install || invocation.operands.len() < 2 {
            return None;
        }
        let mut refusal = None;
        let mut items = Vec::new();
        for operand in &invocation.operands {
            let word = &simple.words[*operand];
            let raw = raw(word);
            if !script.text.is_contiguous(word.range) {
                refusal.get_or_insert_with(|| format!("`{raw}` is split over two lines"));
            }
            let value = word.literal.as_deref().unwrap_or_else(|| raw.trim_matches('"'));
            if words[*operand].is_some() && !managers::is_plain_package(value) {
                refusal.get_or_insert_with(|| format!("`{raw}` is no plain package name"));
            }
            let key = words[*operand].map_or(raw, |literal| literal.trim_matches('"'));
            items.push(Item { key, raw, span: script.span(word.range) });
        }
        if let Some(unclear) = invocation.unclear {
            refusal = Some(format!("what `{}` stands for is not known", raw(&simple.words[unclear])));
        }
        let mut distinct: Vec<&str> = items.iter().map(|item| item.key).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut names: Vec<&str> = distinct.iter().map(|key| managers::package_name(key)).collect();
        names.dedup();
        if names.len() < distinct.len() {
            refusal
                .get_or_insert_with(|| "one package is asked for in two ways, of which the last one counts".to_owned());
        }
        if simple.redirects.iter().any(|redirect| reads_like_a_version(script.str(redirect.range))) {
            refusal.get_or_insert_with(|| "a redirection reads like a version".to_owned());
        }
        let (first, last) = (*invocation.operands.first()?, *invocation.operands.last()?);
        let within = script.span(simple.words[first].range).start..script.span(simple.words[last].range).end;
        let interrupted = last - first + 1 != invocation.operands.len()
            || simple.redirects.iter().any(|redirect| within.contains(&script.span(redirect.range).start));
        let before = simple.words[..first].iter().map(|word| script.span(word.range).end).max()?;
        let redirects_before =
            simple.redirects.iter().map(|redirect| script.span(redirect.range)).filter(|span| span.end <= within.start);
        let before = redirects_before.map(|span| span.end).fold(before, usize::max);
        Some(Self { invocation, items, before, interrupted, refusal })
    }

    /// The edits that sort the list; none where it is in order.
    fn edits(&self, model: &Model<'_, '_>, index: usize) -> Result<Vec<Edit>, String> {
        let source = model.file.source;
        let groups = self.groups(model, index);
        let wanted: Vec<Vec<&Item<'_>>> = groups.iter().map(Group::wanted).collect();
        let in_order = groups.iter().zip(&wanted).all(|(group, wanted)| group.items.iter().eq(wanted));
        let several_lines =
            self.items.first().zip(self.items.last()).is_some_and(|(first, last)| parted(source, first, last));
        let sortable: Vec<&Item<'_>> =
            groups.iter().filter(|group| group.sortable).flat_map(|group| &group.items).copied().collect();
        let crowded = several_lines && sortable.windows(2).any(|pair| !parted(source, pair[0], pair[1]));
        if in_order && !crowded {
            return Ok(Vec::new());
        }
        if let Some(reason) = &self.refusal {
            return if in_order { Ok(Vec::new()) } else { Err(reason.clone()) };
        }
        let shorter = groups.iter().zip(&wanted).any(|(group, wanted)| group.items.len() != wanted.len());
        let drops = shorter && !self.interrupted;
        if !crowded && !drops {
            return Ok(permuted(&groups));
        }
        if self.has_gaps(source) {
            return if in_order { Ok(Vec::new()) } else { Err("blank lines part the list".to_owned()) };
        }
        if self.interrupted {
            return if in_order { Ok(Vec::new()) } else { Err("options stand between the packages".to_owned()) };
        }
        Ok(self.laid_out(model, index, &groups, several_lines))
    }

    /// The packages, parted by the comment lines between them.
    fn groups(&self, model: &Model<'_, '_>, index: usize) -> Vec<Group<'_>> {
        let comments: Vec<Span> = model.instructions[index]
            .inner
            .iter()
            .filter(|trivia| trivia.kind == TriviaKind::Comment)
            .map(|trivia| trivia.span)
            .filter(|span| {
                span.start >= self.before && self.items.last().is_some_and(|last| span.end <= last.span.start)
            })
            .collect();
        let mut groups: Vec<Group<'_>> = vec![Group { comments: Vec::new(), items: Vec::new(), sortable: true }];
        let mut comments = comments.into_iter().peekable();
        for item in &self.items {
            let mut above = Vec::new();
            while let Some(comment) = comments.next_if(|comment| comment.start < item.span.start) {
                above.push(comment);
            }
            let parted = groups
                .last()
                .and_then(|group| group.items.last())
                .is_some_and(|before| has_gap(model.file.source, before, item));
            if !above.is_empty() || parted {
                groups.push(Group { comments: above, items: Vec::new(), sortable: true });
            }
            if let Some(group) = groups.last_mut() {
                group.items.push(item);
            }
        }
        // A list that starts with a comment has headings. Elsewhere a comment may speak of one package or of
        // all below it: what stands below stays as it is.
        let mut after_comment = false;
        if !groups[0].items.is_empty() {
            for group in &mut groups {
                after_comment |= !group.comments.is_empty();
                group.sortable = !after_comment;
            }
        }
        groups
    }

    /// Whether blank or lone continuation lines part the list.
    fn has_gaps(&self, source: &[u8]) -> bool {
        self.items.windows(2).any(|pair| has_gap(source, &pair[0], &pair[1]))
    }

    /// The list written anew, one package a line where it has several lines.
    fn laid_out(&self, model: &Model<'_, '_>, index: usize, groups: &[Group<'_>], several_lines: bool) -> Vec<Edit> {
        let source = model.file.source;
        let (Some(first), Some(last)) = (self.items.first(), self.items.last()) else { return Vec::new() };
        if !several_lines {
            let words: Vec<&str> = groups.iter().flat_map(Group::wanted).map(|item| item.raw).collect();
            return vec![Edit::replace(Span::new(first.span.start, last.span.end), words.join(" "))];
        }
        let style = model.style().of_run(model, index);
        let indent = self.items.iter().find_map(|item| blanks_before(source, item.span.start)).unwrap_or(&style.indent);
        let next_line = format!(" {}{}", style.escape, style.line_end);
        let mut text = String::new();
        for group in groups {
            let wanted = group.wanted();
            if wanted.is_empty() {
                continue;
            }
            text.push_str(&next_line);
            for comment in &group.comments {
                text.push_str(&lossy(comment.slice(source)));
            }
            let lines: Vec<String> = wanted.iter().map(|item| format!("{indent}{}", item.raw)).collect();
            text.push_str(&lines.join(&next_line));
        }
        vec![Edit::replace(Span::new(self.before, last.span.end), text)]
    }
}

/// Whether a line ends between the starts of two packages, of which `before` comes first.
fn parted(source: &[u8], before: &Item<'_>, after: &Item<'_>) -> bool {
    memchr::memchr(b'\n', &source[before.span.start..after.span.start]).is_some()
}

/// Whether a line without a word stands between two packages.
fn has_gap(source: &[u8], before: &Item<'_>, after: &Item<'_>) -> bool {
    let between = &source[before.span.end..after.span.start];
    let lines: Vec<&[u8]> = between.split(|byte| *byte == b'\n').collect();
    let inner = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
    inner.iter().any(|line| line.trim_ascii().iter().all(|byte| matches!(byte, b'\\' | b'`')))
}

/// `>1.2`, `>=3`: a constraint without its quotes.
fn reads_like_a_version(redirect: &str) -> bool {
    let target = redirect.trim_start_matches(['<', '>']);
    target.starts_with(|c: char| c == '=' || c.is_ascii_digit()) && !redirect.contains('&')
}

/// By their bytes; those that are equal stay as they are.
fn sort(items: &mut [&Item<'_>]) {
    items.sort_by_key(|item| item.key);
}

/// The same places with the words in order: nothing else changes.
fn permuted(groups: &[Group<'_>]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for group in groups.iter().filter(|group| group.sortable) {
        let mut sorted = group.items.clone();
        sort(&mut sorted);
        let moved = group.items.iter().zip(sorted).filter(|(place, item)| place.raw != item.raw);
        edits.extend(moved.map(|(place, item)| Edit::replace(place.span, item.raw)));
    }
    edits
}

/// Packages with the comment lines right above them.
struct Group<'l> {
    comments: Vec<Span>,
    items: Vec<&'l Item<'l>>,
    sortable: bool,
}

impl<'l> Group<'l> {
    /// The packages as they should stand, exact duplicates left out.
    fn wanted(&self) -> Vec<&'l Item<'l>> {
        let mut items = self.items.clone();
        if self.sortable {
            sort(&mut items);
            items.dedup_by(|left, right| left.raw == right.raw);
        }
        items
    }
}

/// `"name=${VERSION}"`: one word, whose name comes first.
fn with_quoted_version(raw: &str) -> Option<&str> {
    let (name, version) = raw.strip_prefix('"')?.strip_suffix('"')?.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_' | ':');
    let good = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain);
    (good && !version.contains(['"', '`', '(', '\\'])).then_some(raw)
}
