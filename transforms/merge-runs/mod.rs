//! Consecutive RUN instructions become one.

use std::collections::{BTreeSet, HashMap};

use crate::edit::{Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::{Family, commands, managers, processes};
use crate::model::Model;
use crate::prove::Claim;
use crate::shell::{Command, CompoundKind, Script, Simple, Terminator};
use crate::style;
use crate::syntax::{Item, Keyword, Span, TriviaKind, lossy};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "merge-runs",
    summary: "join consecutive RUN instructions that belong together",
    offers: Offers::Safe,
    codes: &["DL3059"],
    readme: include_str!("README.md"),
    options: &[("scope", &["related", "all"])],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    let everything = subject.options.get(TRANSFORM.id, "scope") == Some("all");
    let mut index = 0;
    while index < model.instructions.len() {
        let Some(first) = model.run_script(index) else {
            index += 1;
            continue;
        };
        let mut group = Group::of(index, first);
        while let Some(next) = next_of_group(model, &mut group, everything, proposals) {
            let ends = next.braced;
            group.members.push(next);
            if ends {
                break;
            }
        }
        index += group.members.len();
        if group.members.len() > 1 {
            proposals.fixes.push(fix(model, &group.members));
        }
    }
}

/// Up to so many RUNs are tried pair by pair where they can't be joined as a whole.
const MOST_ALTERNATIVES: usize = 64;

/// So many commands a joined RUN has at most; the reader of shell gives up on chains of some thousand.
const MOST_COMMANDS: usize = 512;

/// A RUN of a group that becomes one.
struct Member<'m, 's> {
    index: usize,
    script: &'m Script<'s>,
    /// Whether it goes into braces, as it handles failures of its own; only the last one may.
    braced: bool,
}

/// RUNs that become one, and what their shell remembers.
struct Group<'m, 's> {
    members: Vec<Member<'m, 's>>,
    /// The commands that it has run, by the members counted in `taken_in`.
    names: BTreeSet<&'m str>,
    /// The first place of each word among their arguments.
    words: HashMap<String, usize>,
    /// The length of their commands in bytes, and how many there are.
    length: usize,
    commands: usize,
    taken_in: usize,
}

impl<'m, 's> Group<'m, 's> {
    fn of(index: usize, script: &'m Script<'s>) -> Self {
        Self {
            members: vec![Member { index, script, braced: false }],
            names: BTreeSet::new(),
            words: HashMap::new(),
            length: 0,
            commands: 0,
            taken_in: 0,
        }
    }

    /// Takes in the members that have joined since the last time.
    fn take_in(&mut self) {
        for Member { script, .. } in &self.members[self.taken_in..] {
            // An operator and an indentation come between two.
            self.length += script.whole().len() + 16;
            for simple in script.simple_commands() {
                self.commands += 1;
                self.names.extend(simple.name());
                for word in simple.words.iter().skip(1) {
                    let text = word.literal.as_deref().unwrap_or_else(|| script.str(word.range));
                    if simple.name() == Some("rm") && text.starts_with("/var/") {
                        continue;
                    }
                    for part in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.' | '+' | '_'))) {
                        if !self.words.contains_key(part) {
                            self.words.insert(part.to_owned(), self.words.len());
                        }
                    }
                }
            }
        }
        self.taken_in = self.members.len();
    }

    /// Why the commands of `right` can't follow in the same shell; none where they can.
    fn why_not(&mut self, right: &Script<'_>) -> Option<String> {
        self.take_in();
        if self.length + right.text.text().len() > processes::LONGEST_ARGUMENT {
            return Some("the joined command would be too long for one `sh -c`".to_owned());
        }
        if self.commands + right.simple_commands().len() > MOST_COMMANDS {
            return Some(format!("one RUN of more than {MOST_COMMANDS} commands is hard to read"));
        }
        // A command that both run, and that the group may have put elsewhere: a shell remembers where it found it.
        let commands = right.simple_commands();
        let both = commands.iter().filter_map(|simple| simple.name()).filter(|name| self.names.contains(name));
        let (_, name) = both.filter_map(|name| Some((self.words.get(name)?, name))).min()?;
        Some(format!("`{name}` may be another program after the first one, and a shell remembers the old one"))
    }
}

/// The RUN after the group, where it may and should join it.
fn next_of_group<'m, 's>(
    model: &'m Model<'_, 's>,
    group: &mut Group<'m, 's>,
    everything: bool,
    proposals: &mut Proposals,
) -> Option<Member<'m, 's>> {
    let &Member { index: last, script: left, .. } = group.members.last()?;
    let next = model.next_in_stage(last).filter(|next| model.keyword(*next) == Keyword::Run)?;
    let right = model.run_script(next)?;
    if !everything && !belongs_together(left, right) {
        return None;
    }
    match why_not(model, (last, left), (next, right)).or_else(|| group.why_not(right)) {
        None => {
            let braced = not_a_plain_chain(right).is_some();
            Some(Member { index: next, script: right, braced })
        }
        Some(reason) => {
            let line = model.instructions[last].first_line;
            proposals.leave(model.instructions[next].span, format!("not joined to the RUN of line {line}: {reason}"));
            None
        }
    }
}

/// The same package manager, set-up steps, or a cleanup of what the step before made.
fn belongs_together(left: &Script<'_>, right: &Script<'_>) -> bool {
    if let Some(family) = only_family(left)
        && only_family(right) == Some(family)
    {
        return true;
    }
    if is_set_up(left) && is_set_up(right) {
        return true;
    }
    cleans_up(left, right)
}

/// The family of all commands of a script, `rm` and `true` left aside, where it is one.
fn only_family(script: &Script<'_>) -> Option<Family> {
    let mut only = None;
    for simple in script.simple_commands() {
        match managers::package_action(&simple.literals()) {
            Some(family) if only.is_none_or(|known| known == family) => only = Some(family),
            None if matches!(simple.name(), Some("rm" | "true")) => {}
            _ => return None,
        }
    }
    only
}

fn is_set_up(script: &Script<'_>) -> bool {
    script.simple_commands().iter().all(|simple| simple.name().is_some_and(commands::is_set_up))
}

/// Every command of `right` removes something that `left` names, or a cache of a manager that `left` ran.
fn cleans_up(left: &Script<'_>, right: &Script<'_>) -> bool {
    let left_text = left.whole();
    let left_families: Vec<_> =
        left.simple_commands().iter().filter_map(|simple| managers::family(&simple.literals())).collect();
    let removes = right.simple_commands();
    !removes.is_empty()
        && removes.iter().all(|simple| {
            let words = simple.literals();
            if let Some(family) = managers::family(&words) {
                let verbs = words.iter().skip(1).flatten();
                let clean = verbs.clone().any(|word| matches!(*word, "clean" | "autoclean" | "autoremove" | "cache"));
                return clean && left_families.contains(&family);
            }
            if words.first() != Some(&Some("rm")) {
                return false;
            }
            let paths: Vec<&str> = simple
                .words
                .iter()
                .skip(1)
                .map(|word| right.str(word.range))
                .filter(|word| !word.starts_with('-'))
                .collect();
            !paths.is_empty()
                && paths.iter().all(|path| {
                    let stem = path.trim_end_matches('*').trim_end_matches('/');
                    let cache = match () {
                        () if stem.starts_with("/var/lib/apt") || stem.starts_with("/var/cache/apt") => {
                            Some(managers::Family::Debian)
                        }
                        () if stem.starts_with("/var/cache/apk") => Some(managers::Family::Alpine),
                        () if stem.starts_with("/var/cache/yum") || stem.starts_with("/var/cache/dnf") => {
                            Some(managers::Family::RedHat)
                        }
                        () if stem.starts_with("/root/.cache/pip") => Some(managers::Family::Pip),
                        () if stem.starts_with("/root/.npm") => Some(managers::Family::Npm),
                        () => None,
                    };
                    cache.is_some_and(|family| left_families.contains(&family))
                        || stem.len() > 2 && left_text.contains(stem)
                })
        })
}

/// Why two RUNs can't be one; none where they can.
fn why_not(
    model: &Model<'_, '_>,
    (first, left): (usize, &Script<'_>),
    (second, right): (usize, &Script<'_>),
) -> Option<String> {
    let flags = model.flags(first);
    if flags != model.flags(second) {
        return Some("their flags differ".to_owned());
    }
    if let Some(flag) = flags.iter().find(|flag| is_made_anew(flag)) {
        return Some(format!("`{flag}` is made anew for each RUN"));
    }
    if let Some(reason) = not_a_plain_chain(left) {
        return Some(reason);
    }
    if let Some(reason) = not_a_plain_chain(right).filter(|_| !fits_braces(right)) {
        return Some(reason);
    }
    if !model.states[first].shell.is_plain() || !model.states[second].shell.is_plain() {
        return Some("the shell is given options that are not understood".to_owned());
    }
    if speaks_to_a_tool(model, first, second) {
        return Some("a comment between them speaks to a tool about the second one".to_owned());
    }
    None
}

/// A mount that does not outlive its RUN: tmpfs, or a bind mount that is written to.
fn is_made_anew(flag: &str) -> bool {
    let Some(mount) = flag.strip_prefix("--mount=") else { return false };
    let kept =
        ["type=cache", "type=secret", "type=ssh"].iter().any(|kind| mount.split(',').any(|option| option == *kind));
    let written =
        mount.split(',').any(|option| matches!(option.split('=').next(), Some("rw" | "readwrite" | "ro" | "readonly")));
    !kept && (written || mount.contains("type=tmpfs"))
}

fn not_a_plain_chain(script: &Script<'_>) -> Option<String> {
    if !script.comments.is_empty() {
        return Some("a shell comment would swallow what follows".to_owned());
    }
    let Some(chain) = script.single_chain() else {
        return Some("`;` or `&` would hide a failure".to_owned());
    };
    if !chain.is_and_only() {
        return Some("an `||` would handle the failure of the other RUN".to_owned());
    }
    for link in &chain.links {
        for command in &link.pipeline.commands {
            match command {
                Command::Simple(simple) => match simple.name() {
                    None => return Some("an assignment, or a command that is not written out".to_owned()),
                    Some(name) if commands::changes_shell(name) => {
                        return Some(format!("`{name}` would change the shell for what follows"));
                    }
                    Some(name) if leaves_process(simple) => {
                        return Some(format!("what `{name}` starts ends with its RUN"));
                    }
                    Some(_) => {}
                },
                Command::Compound(compound) if compound.kind == CompoundKind::Subshell => {}
                Command::Compound(_) => {
                    return Some("a group, a branch or a loop may change the shell for what follows".to_owned());
                }
            }
        }
    }
    None
}

fn leaves_process(simple: &Simple) -> bool {
    let words = simple.literals();
    processes::leaves_process(&words[managers::wrapper_len(&words)..])
}

/// Whether a script keeps its own way with failures within `{ …; }` at the end of a chain.
fn fits_braces(script: &Script<'_>) -> bool {
    let foreground = script.list.items.iter().all(|item| matches!(item.end, Terminator::None | Terminator::Semicolon));
    let complete = script.list.items.last().is_some_and(|item| item.end == Terminator::None);
    let quiet = script.simple_commands().iter().all(|simple| {
        simple.redirects.iter().all(|redirect| !redirect.heredoc)
            && simple.name().is_some_and(|name| !commands::changes_shell(name) && !leaves_process(simple))
    });
    let simple_only = script.list.items.iter().flat_map(|item| &item.chain.links).all(|link| {
        !link.pipeline.negated && link.pipeline.commands.iter().all(|command| matches!(command, Command::Simple(_)))
    });
    foreground && complete && quiet && simple_only && script.comments.is_empty()
}

fn speaks_to_a_tool(model: &Model<'_, '_>, first: usize, second: usize) -> bool {
    let (from, to) = (model.instructions[first].span.end, model.instructions[second].span.start);
    let mut comments = model.file.items_in(Span::new(from, to)).iter().filter_map(|item| match item {
        Item::Trivia(trivia) if trivia.kind == TriviaKind::Comment => Some(trivia.span),
        _ => None,
    });
    comments.any(|span| {
        let text = lossy(span.slice(model.file.source));
        ["hadolint", "dockmod:", "check=", "shellcheck"].iter().any(|word| text.contains(word))
    })
}

fn fix(model: &Model<'_, '_>, group: &[Member<'_, '_>]) -> Fix {
    let mut edits = Vec::new();
    let file_style = model.style();
    let styles: Vec<_> = group.iter().map(|member| file_style.shown_by(model, member.index)).collect();
    let first_shown = styles.iter().flatten().next().unwrap_or(file_style);
    for (at, pair) in group.windows(2).enumerate() {
        let [first, second] = pair else { continue };
        // The first one's own way with operators holds at the seam, else that of what joins it.
        let style = styles[at].as_ref().or(styles[at + 1].as_ref()).unwrap_or(first_shown);
        let (left, right) = ((first.index, first.script), (second.index, second.script));
        edits.extend(style::run::join(model, style, left, right, second.braced));
    }
    // Each smaller fix is proved on the whole file: a group of hundreds goes as a whole or not at all.
    let pairs = if (3..=MOST_ALTERNATIVES).contains(&group.len()) {
        group.windows(2).map(|pair| fix(model, pair)).collect()
    } else {
        Vec::new()
    };
    Fix {
        title: format!("join {} RUN instructions", group.len()),
        reason: "each RUN adds a layer, and what a later one removes still lies in the earlier one; the same commands run in the same order, and a failure still stops the build".to_owned(),
        edits,
        safety: Safety::Safe,
        claim: Claim::RunBoundaries,
        alternatives: pairs,
    }
}
