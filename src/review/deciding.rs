//! What a decision does: kept for undo, and followed by a new plan.

use std::collections::BTreeSet;

use crate::edit::with_lines;

use super::decisions::{Decision, Key, Policy};
use super::plan::Step;
use super::state::{Effect, Goal, Moment, State, View};

impl State {
    /// Keeps what is to be undone, and forgets what was.
    pub(super) fn remember(&mut self, file: usize, key: &Key) {
        self.past.push(self.moment(file, key));
        self.future.clear();
    }

    pub(super) fn moment(&self, file: usize, key: &Key) -> Moment {
        let decisions = self.files[file].decisions.clone();
        Moment { file, key: key.clone(), decisions, policies: self.policies.clone() }
    }

    pub(super) fn decide(&mut self, decision: Decision) -> Vec<Effect> {
        let Some((file, step)) = self.step().map(|(file, step)| (file, step.clone())) else { return Vec::new() };
        self.view = View::Fix;
        if step.decided.as_ref().map(|(decision, _)| decision) != Some(&decision) {
            self.remember(file, &step.key);
            self.files[file].decisions.each.insert(step.key.clone(), decision);
        }
        self.visit(file, Goal::OpenBelow(file, step.key))
    }

    /// Decides about all that is open from the shown fix on, in this file.
    pub(super) fn decide_rest(&mut self, accept: bool) -> Vec<Effect> {
        let Some((file, plan, at)) = self.at.clone() else { return Vec::new() };
        let Some(first) = plan.open_from(at) else { return Vec::new() };
        self.remember(file, &plan.steps[first].key);
        let own = &mut self.files[file].decisions;
        own.rest = Some(accept);
        own.passed = open_keys(&plan.steps[..first], |_| true);
        self.visit(file, Goal::OpenBelow(file, plan.steps[first].key.clone()))
    }

    /// Decides about all of the shown fix's transform, from it on.
    pub(super) fn decide_all(&mut self, accept: bool) -> Vec<Effect> {
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
    pub(super) fn turn(&mut self, moment: Moment) -> (Moment, Vec<Effect>) {
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

    pub(super) fn undo(&mut self) -> Vec<Effect> {
        let Some(moment) = self.past.pop() else { return Vec::new() };
        let (present, effects) = self.turn(moment);
        self.future.push(present);
        effects
    }

    pub(super) fn redo(&mut self) -> Vec<Effect> {
        let Some(moment) = self.future.pop() else { return Vec::new() };
        let (file, key) = (moment.file, moment.key.clone());
        let (present, effects) = self.turn(moment);
        self.past.push(present);
        self.goal = Some(Goal::OpenBelow(file, key));
        effects
    }

    pub(super) fn edited(&mut self, result: Result<String, String>) -> Vec<Effect> {
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
            // Who leaves an editor without a change may have meant to go back.
            self.view = View::Fix;
            self.notice = Some("the text is as it was: nothing was decided".to_owned());
            return Vec::new();
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
}

fn open_keys(steps: &[Step], wanted: impl Fn(&Key) -> bool) -> BTreeSet<Key> {
    steps.iter().filter(|step| step.decided.is_none() && wanted(&step.key)).map(|step| step.key.clone()).collect()
}
