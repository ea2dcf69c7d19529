//! What each event does to the review.

use std::sync::Arc;

use crate::edit::with_lines;
use crate::report::plural;

use super::command::Command;
use super::decisions::{Answers, Decision, FileDecisions, Key, Policy};
use super::plan::{Plan, Step};
use super::saved::Saved;
use super::state::{Abilities, Decided, Effect, End, Event, File, Goal, Input, Moment, NotWritten, State, View};

impl State {
    /// A review to which no file is known yet.
    #[must_use]
    pub fn new(abilities: Abilities, saved: Option<Saved>) -> Self {
        Self {
            files: Vec::new(),
            all_found: false,
            view: View::Waiting,
            at: None,
            goal: Some(Goal::Found),
            policies: Vec::new(),
            past: Vec::new(),
            future: Vec::new(),
            notice: None,
            scroll: 0,
            overflow: 0,
            abilities,
            saved,
            end: None,
            waited_at: 0,
        }
    }

    /// Takes an event in; gives what is to be done, in this order.
    #[must_use]
    pub fn on(&mut self, event: Event) -> Vec<Effect> {
        if self.end.is_some() {
            return Vec::new();
        }
        match event {
            Event::Found(path, total) => {
                self.files.push(File {
                    path,
                    total,
                    source: None,
                    disk: None,
                    decisions: FileDecisions::default(),
                    result: None,
                    open: 0,
                    steps: 0,
                    outcome: Vec::new(),
                    finished: false,
                    failed: None,
                });
                if self.goal == Some(Goal::Found) { self.go_on(self.files.len() - 1) } else { Vec::new() }
            }
            Event::AllFound => {
                self.all_found = true;
                if self.goal == Some(Goal::Found) { self.go_on(self.files.len()) } else { Vec::new() }
            }
            Event::Read(file, text) => self.read(file, text),
            Event::Planned(file, plan) => self.planned(file, plan),
            Event::Written(file, result) => self.written(file, result),
            Event::Edited(result) => self.edited(result),
            Event::Paged(result) => {
                self.notice = result.err();
                Vec::new()
            }
            Event::Key(input) => self.key(input),
            Event::Interrupted => self.ended(End::Interrupted),
            Event::Closed => self.ended(End::Closed),
        }
    }

    /// What decides about the fixes of a file.
    #[must_use]
    pub fn answers(&self, file: usize) -> Answers<'_> {
        Answers { file, own: &self.files[file].decisions, policies: &self.policies, saved: self.saved.as_ref() }
    }

    fn ended(&mut self, end: End) -> Vec<Effect> {
        self.end = Some(end);
        self.view = View::Over;
        self.goal = None;
        vec![Effect::End(end)]
    }

    // --- files

    fn read(&mut self, file: usize, text: Result<Arc<[u8]>, String>) -> Vec<Effect> {
        match text {
            Ok(text) => {
                self.files[file].source = Some(Arc::clone(&text));
                self.files[file].disk = Some(text);
                vec![Effect::Plan(file)]
            }
            Err(message) => self.give_up(file, message),
        }
    }

    /// Leaves a file that can't be worked on.
    fn give_up(&mut self, file: usize, message: String) -> Vec<Effect> {
        self.notice = Some(format!("{}: {message}", self.files[file].path.display()));
        let failed = &mut self.files[file];
        (failed.total, failed.steps, failed.open, failed.failed) = (0, 0, 0, Some(message));
        failed.outcome.clear();
        if self.goal.is_some() { self.go_on(file + 1) } else { Vec::new() }
    }

    fn planned(&mut self, file: usize, plan: Result<Plan, String>) -> Vec<Effect> {
        let plan = match plan {
            Ok(plan) => plan,
            Err(message) => return self.give_up(file, message),
        };
        if !plan.cycle.is_empty() {
            let ids = plan.cycle.join(" and ");
            self.notice = Some(format!("{ids} undo each other: their changes were taken back; please report it"));
        }
        let own = &mut self.files[file];
        (own.total, own.steps, own.open) = (plan.total, plan.steps.len(), plan.open());
        own.result = Some(plan.result.as_slice().into());
        own.outcome = plan.steps.iter().filter_map(decided).collect();
        // A file that was left once is kept as it is decided.
        let mut effects = if own.finished { self.write(file) } else { Vec::new() };
        let Some(goal) = self.goal.take() else { return effects };
        let shown = match &goal {
            Goal::Open(of) if *of == file => plan.open_from(0),
            Goal::OpenBelow(of, key) if *of == file => plan.open_from(plan.position(key).map_or(0, |step| step + 1)),
            Goal::Show(of, key) if *of == file => {
                plan.position(key).or(plan.open_from(0)).or(plan.steps.len().checked_sub(1))
            }
            Goal::Again(of) if *of == file => plan.open_from(0).or((!plan.steps.is_empty()).then_some(0)),
            Goal::Last(of) if *of == file => plan.steps.len().checked_sub(1),
            _ => {
                self.goal = Some(goal);
                return effects;
            }
        };
        match shown {
            Some(step) => {
                let before = self.counter().map_or(self.waited_at, |(at, _)| at);
                self.at = Some((file, plan, step));
                self.tell_passed(&goal, before);
                self.view = View::Fix;
                self.scroll = 0;
            }
            None if effects.is_empty() => effects = self.leave(file),
            None => self.goal = Some(Goal::Later(file)),
        }
        effects
    }

    /// Says how many fixes lie between the last that was shown and this one: `a`, `A` and saved decisions leap far.
    fn tell_passed(&mut self, goal: &Goal, before: usize) {
        let leaps = matches!(goal, Goal::Open(_) | Goal::OpenBelow(..));
        let between = self.counter().map_or(0, |(at, _)| at.saturating_sub(before + 1));
        if leaps && between > 0 && self.notice.is_none() {
            let fixes = plural(between, "fix that is", "fixes that are");
            self.notice = Some(format!("passed {fixes} decided (k shows them)"));
        }
    }

    /// Writes a file, if what it holds is not what was decided.
    fn write(&self, file: usize) -> Vec<Effect> {
        let own = &self.files[file];
        match (&own.disk, &own.result) {
            (Some(disk), Some(result)) if disk != result => {
                vec![Effect::Write(file, Arc::clone(disk), Arc::clone(result))]
            }
            _ => Vec::new(),
        }
    }

    /// Writes a file whose turn is over, and goes on.
    fn leave(&mut self, file: usize) -> Vec<Effect> {
        self.files[file].finished = true;
        let write = self.write(file);
        if write.is_empty() {
            return self.go_on(file + 1);
        }
        self.goal = Some(Goal::Later(file));
        write
    }

    fn written(&mut self, file: usize, result: Result<(), NotWritten>) -> Vec<Effect> {
        let goal_is_here = self.goal == Some(Goal::Later(file));
        match result {
            Ok(()) => {
                let own = &mut self.files[file];
                own.disk.clone_from(&own.result);
                own.failed = None;
                if goal_is_here { self.go_on(file + 1) } else { Vec::new() }
            }
            Err(NotWritten::Changed) => {
                let path = self.files[file].path.display().to_string();
                // What was decided before can't be taken back in another text.
                self.past.retain(|moment| moment.file != file);
                self.future.retain(|moment| moment.file != file);
                if self.goal == Some(Goal::End) {
                    self.files[file].failed = Some("it changed on the disk meanwhile: not written".to_owned());
                    return Vec::new();
                }
                self.notice =
                    Some(format!("{path} changed on the disk meanwhile: it was not written, and is planned anew"));
                self.files[file].finished = false;
                self.goal = Some(Goal::Again(file));
                vec![Effect::Read(file)]
            }
            Err(NotWritten::Failed(message)) => {
                self.notice = Some(format!("{}: not written: {message}", self.files[file].path.display()));
                self.files[file].failed = Some(format!("not written: {message}"));
                if goal_is_here { self.go_on(file + 1) } else { Vec::new() }
            }
        }
    }

    /// To the first open fix of the files from `from` on; at the end, of those before.
    fn go_on(&mut self, from: usize) -> Vec<Effect> {
        let waits = |file: &File| file.failed.is_none() && if file.finished { file.open > 0 } else { file.total > 0 };
        let later = self.files.iter().enumerate().skip(from).find(|(_, file)| waits(file));
        if let Some((file, _)) = later {
            return self.visit(file, Goal::Open(file));
        }
        if !self.all_found {
            self.goal = Some(Goal::Found);
            self.view = View::Waiting;
            self.waited_at = self.counter().map_or(self.waited_at, |(at, _)| at);
            self.at = None;
            return Vec::new();
        }
        let left = self.files.iter().enumerate().find(|(_, file)| waits(file));
        match left {
            Some((file, _)) => self.visit(file, Goal::Open(file)),
            None => self.ended(End::Finished),
        }
    }

    fn visit(&mut self, file: usize, goal: Goal) -> Vec<Effect> {
        self.goal = Some(goal);
        let own = &self.files[file];
        vec![if own.source.is_some() { Effect::Plan(file) } else { Effect::Read(file) }]
    }

    // --- decisions

    /// Keeps what is to be undone, and forgets what was.
    fn remember(&mut self, file: usize, key: &Key) {
        self.past.push(self.moment(file, key));
        self.future.clear();
    }

    fn moment(&self, file: usize, key: &Key) -> Moment {
        let decisions = self.files[file].decisions.clone();
        Moment { file, key: key.clone(), decisions, policies: self.policies.clone() }
    }

    fn decide(&mut self, decision: Decision) -> Vec<Effect> {
        let Some((file, step)) = self.step().map(|(file, step)| (file, step.clone())) else { return Vec::new() };
        self.view = View::Fix;
        if step.decided.as_ref().map(|(decision, _)| decision) != Some(&decision) {
            self.remember(file, &step.key);
            self.files[file].decisions.each.insert(step.key.clone(), decision);
        }
        self.visit(file, Goal::OpenBelow(file, step.key))
    }

    /// Decides about all that is open from the shown fix on, in this file.
    fn decide_rest(&mut self, accept: bool) -> Vec<Effect> {
        let Some((file, plan, at)) = self.at.clone() else { return Vec::new() };
        let Some(first) = plan.open_from(at) else { return Vec::new() };
        self.remember(file, &plan.steps[first].key);
        let own = &mut self.files[file].decisions;
        own.rest = Some(accept);
        own.passed = open_keys(&plan.steps[..first], |_| true);
        self.visit(file, Goal::OpenBelow(file, plan.steps[first].key.clone()))
    }

    /// Decides about all of the shown fix's transform, from it on.
    fn decide_all(&mut self, accept: bool) -> Vec<Effect> {
        let Some((file, plan, at)) = self.at.clone() else { return Vec::new() };
        let step = &plan.steps[at];
        self.remember(file, &step.key);
        let id = step.transform.id;
        let own = &mut self.files[file].decisions;
        own.passed.retain(|key| key.transform != id);
        own.passed.extend(open_keys(&plan.steps[..at], |key| key.transform == id));
        self.policies.push(Policy { transform: id, accept, safety: step.safety, from: file });
        self.visit(file, Goal::OpenBelow(file, step.key.clone()))
    }

    /// Swaps the present decisions with those of a moment.
    fn turn(&mut self, moment: Moment) -> (Moment, Vec<Effect>) {
        let Moment { file, key, decisions, policies } = moment;
        let present = Moment {
            file,
            key: key.clone(),
            decisions: std::mem::replace(&mut self.files[file].decisions, decisions),
            policies: std::mem::replace(&mut self.policies, policies),
        };
        let mut effects = Vec::new();
        if present.policies != self.policies {
            // Files that were decided by what is no longer in force, or is again.
            let seen = self.files.iter().enumerate().filter(|(other, own)| *other != file && own.source.is_some());
            effects.extend(seen.filter(|(other, _)| *other > file).map(|(other, _)| Effect::Plan(other)));
        }
        effects.extend(self.visit(file, Goal::Show(file, key)));
        (present, effects)
    }

    fn undo(&mut self) -> Vec<Effect> {
        let Some(moment) = self.past.pop() else { return Vec::new() };
        let (present, effects) = self.turn(moment);
        self.future.push(present);
        effects
    }

    fn redo(&mut self) -> Vec<Effect> {
        let Some(moment) = self.future.pop() else { return Vec::new() };
        let (file, key) = (moment.file, moment.key.clone());
        let (present, effects) = self.turn(moment);
        self.past.push(present);
        self.goal = Some(Goal::OpenBelow(file, key));
        effects
    }

    fn edited(&mut self, result: Result<String, String>) -> Vec<Effect> {
        let Some((_, step)) = self.step() else { return Vec::new() };
        let lines = match result {
            Ok(lines) => lines,
            Err(message) => {
                self.view = View::Fix;
                self.notice = Some(message);
                return Vec::new();
            }
        };
        if lines == step.lines {
            let decision = match &step.decided {
                Some((decision @ Decision::Edit(_), _)) => decision.clone(),
                _ => Decision::Accept,
            };
            return self.decide(decision);
        }
        match with_lines(&step.before, step.place, &lines) {
            Ok(text) if *text == *step.before => self.decide(Decision::Decline),
            Ok(_) => self.decide(Decision::Edit(lines)),
            Err(error) => {
                self.view = View::BadEdit(lines, error.to_string());
                Vec::new()
            }
        }
    }

    // --- keys

    fn key(&mut self, input: Input) -> Vec<Effect> {
        if self.goal.is_some() && self.goal != Some(Goal::Found) {
            return Vec::new();
        }
        match self.view.clone() {
            View::Reason(reason) => self.typed(reason, input),
            View::BadEdit(lines, _) => match input {
                Input::Char('e') => vec![Effect::Edit(lines)],
                Input::Escape | Input::Char('q') => {
                    self.view = View::Fix;
                    Vec::new()
                }
                _ => self.scrolled(input),
            },
            View::Help | View::Page(_) => {
                if matches!(input, Input::Escape | Input::Char('q' | '?' | 'w')) {
                    self.view = if self.at.is_some() { View::Fix } else { View::Waiting };
                    self.scroll = 0;
                    return Vec::new();
                }
                self.scrolled(input)
            }
            View::Waiting | View::Fix => {
                let command = match input {
                    Input::Char(c) => Command::of(c),
                    _ => None,
                };
                match command.filter(|command| *command != Command::Scroll && self.allows(*command)) {
                    Some(command) => self.obey(command),
                    None => self.scrolled(input),
                }
            }
            View::Over => Vec::new(),
        }
    }

    fn scrolled(&mut self, input: Input) -> Vec<Effect> {
        const PAGE: usize = 10;
        self.scroll = match input {
            Input::Up => self.scroll.saturating_sub(1),
            Input::Down => self.scroll + 1,
            Input::PageUp => self.scroll.saturating_sub(PAGE),
            Input::PageDown | Input::Char(' ') => self.scroll + PAGE,
            _ => self.scroll,
        }
        .min(self.overflow);
        Vec::new()
    }

    fn typed(&mut self, mut reason: String, input: Input) -> Vec<Effect> {
        match input {
            Input::Char(c) if !c.is_control() => reason.push(c),
            Input::Backspace => {
                reason.pop();
            }
            Input::Enter if !reason.trim().is_empty() => {
                return self.decide(Decision::Suppress(reason.trim().to_owned()));
            }
            Input::Escape => {
                self.view = View::Fix;
                return Vec::new();
            }
            _ => {}
        }
        self.view = View::Reason(reason);
        Vec::new()
    }

    fn obey(&mut self, command: Command) -> Vec<Effect> {
        self.notice = None;
        match command {
            Command::Yes => self.decide(Decision::Accept),
            Command::No => self.decide(Decision::Decline),
            Command::RestYes => self.decide_rest(true),
            Command::RestNo => self.decide_rest(false),
            Command::AllYes => self.decide_all(true),
            Command::AllNo => self.decide_all(false),
            Command::Next => self.next(),
            Command::Back => self.back(),
            Command::Edit => self.step().map(|(_, step)| Effect::Edit(step.lines.clone())).into_iter().collect(),
            Command::Suppress => {
                self.view = View::Reason(String::new());
                Vec::new()
            }
            Command::Why => self.why(),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Scroll => Vec::new(),
            Command::Help => {
                self.view = View::Help;
                self.scroll = 0;
                Vec::new()
            }
            Command::Quit => self.quit(),
        }
    }

    fn next(&mut self) -> Vec<Effect> {
        let Some((file, plan, step)) = &mut self.at else { return Vec::new() };
        if *step + 1 < plan.steps.len() {
            *step += 1;
            self.scroll = 0;
            return Vec::new();
        }
        let file = *file;
        self.leave(file)
    }

    fn back(&mut self) -> Vec<Effect> {
        let Some((file, _, step)) = &mut self.at else { return Vec::new() };
        if *step > 0 {
            *step -= 1;
            self.scroll = 0;
            return Vec::new();
        }
        let file = *file;
        match self.before(file) {
            Some(earlier) => self.visit(earlier, Goal::Last(earlier)),
            None => Vec::new(),
        }
    }

    /// The nearest file above that has fixes and was seen.
    pub(super) fn before(&self, file: usize) -> Option<usize> {
        (0..file).rev().find(|earlier| self.files[*earlier].source.is_some() && self.files[*earlier].steps > 0)
    }

    fn why(&mut self) -> Vec<Effect> {
        let Some((_, step)) = self.step() else { return Vec::new() };
        let page = step.transform.readme;
        if self.abilities.pager {
            return vec![Effect::Page(page)];
        }
        self.view = View::Page(page);
        self.scroll = 0;
        Vec::new()
    }

    fn quit(&mut self) -> Vec<Effect> {
        self.goal = Some(Goal::End);
        self.view = View::Over;
        let mut effects: Vec<Effect> = (0..self.files.len()).flat_map(|file| self.write(file)).collect();
        effects.push(Effect::End(End::Stopped));
        effects
    }
}

fn decided(step: &Step) -> Option<Decided> {
    let (decision, by) = step.decided.clone()?;
    Some(Decided { key: step.key.clone(), safety: step.safety, decision, by, proved: step.proved })
}

fn open_keys(steps: &[Step], wanted: impl Fn(&Key) -> bool) -> std::collections::BTreeSet<Key> {
    steps.iter().filter(|step| step.decided.is_none() && wanted(&step.key)).map(|step| step.key.clone()).collect()
}
