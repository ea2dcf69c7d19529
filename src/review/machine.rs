//! What each event does to the review.

use std::sync::Arc;

use crate::report::plural;

use super::decisions::{Answers, FileDecisions};
use super::plan::{Plan, Step};
use super::saved::Saved;
use super::state::{Abilities, Decided, Effect, End, Event, File, Goal, NotWritten, State, View};

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
            page: 0,
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

    pub(super) fn ended(&mut self, end: End) -> Vec<Effect> {
        self.end = Some(end);
        self.view = View::Over;
        self.goal = None;
        vec![Effect::End(end)]
    }

    pub(super) fn read(&mut self, file: usize, text: Result<Arc<[u8]>, String>) -> Vec<Effect> {
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
    pub(super) fn give_up(&mut self, file: usize, message: String) -> Vec<Effect> {
        self.notice = Some(format!("{}: {message}", self.files[file].path.display()));
        let failed = &mut self.files[file];
        (failed.total, failed.steps, failed.open, failed.failed) = (0, 0, 0, Some(message));
        failed.outcome.clear();
        if self.goal.is_some() { self.go_on(file + 1) } else { Vec::new() }
    }

    pub(super) fn planned(&mut self, file: usize, plan: Result<Plan, String>) -> Vec<Effect> {
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
    pub(super) fn tell_passed(&mut self, goal: &Goal, before: usize) {
        let leaps = matches!(goal, Goal::Open(_) | Goal::OpenBelow(..));
        let between = self.counter().map_or(0, |(at, _)| at.saturating_sub(before + 1));
        if leaps && between > 0 && self.notice.is_none() {
            let fixes = plural(between, "fix that is", "fixes that are");
            self.notice = Some(format!("passed {fixes} decided (k shows them)"));
        }
    }

    /// Writes a file, if what it holds is not what was decided.
    pub(super) fn write(&self, file: usize) -> Vec<Effect> {
        let own = &self.files[file];
        match (&own.disk, &own.result) {
            (Some(disk), Some(result)) if disk != result => {
                vec![Effect::Write(file, Arc::clone(disk), Arc::clone(result))]
            }
            _ => Vec::new(),
        }
    }

    /// Writes a file whose turn is over, and goes on.
    pub(super) fn leave(&mut self, file: usize) -> Vec<Effect> {
        self.files[file].finished = true;
        let write = self.write(file);
        if write.is_empty() {
            return self.go_on(file + 1);
        }
        self.goal = Some(Goal::Later(file));
        write
    }

    pub(super) fn written(&mut self, file: usize, result: Result<(), NotWritten>) -> Vec<Effect> {
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
    pub(super) fn go_on(&mut self, from: usize) -> Vec<Effect> {
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

    pub(super) fn visit(&mut self, file: usize, goal: Goal) -> Vec<Effect> {
        self.goal = Some(goal);
        let own = &self.files[file];
        vec![if own.source.is_some() { Effect::Plan(file) } else { Effect::Read(file) }]
    }
}

fn decided(step: &Step) -> Option<Decided> {
    let (decision, by) = step.decided.clone()?;
    Some(Decided { key: step.key.clone(), safety: step.safety, decision, by, proved: step.proved })
}
