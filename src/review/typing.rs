//! What each key does, in each view.

use super::command::Command;
use super::decisions::Decision;
use super::state::{Effect, End, Goal, Input, State, View};

impl State {
    pub(super) fn key(&mut self, input: Input) -> Vec<Effect> {
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

    pub(super) fn scrolled(&mut self, input: Input) -> Vec<Effect> {
        // A line stays in sight.
        let page = self.page.saturating_sub(1).max(1);
        self.scroll = match input {
            Input::Up => self.scroll.saturating_sub(1),
            Input::Down => self.scroll + 1,
            Input::PageUp => self.scroll.saturating_sub(page),
            Input::PageDown | Input::Char(' ') => self.scroll + page,
            _ => self.scroll,
        }
        .min(self.overflow);
        Vec::new()
    }

    pub(super) fn typed(&mut self, mut reason: String, input: Input) -> Vec<Effect> {
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

    pub(super) fn obey(&mut self, command: Command) -> Vec<Effect> {
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

    pub(super) fn next(&mut self) -> Vec<Effect> {
        let Some((file, plan, step)) = &mut self.at else { return Vec::new() };
        if *step + 1 < plan.steps.len() {
            *step += 1;
            self.scroll = 0;
            return Vec::new();
        }
        let file = *file;
        self.leave(file)
    }

    pub(super) fn back(&mut self) -> Vec<Effect> {
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

    pub(super) fn why(&mut self) -> Vec<Effect> {
        let Some((_, step)) = self.step() else { return Vec::new() };
        let page = step.transform.readme;
        if self.abilities.pager {
            return vec![Effect::Page(page)];
        }
        self.view = View::Page(page);
        self.scroll = 0;
        Vec::new()
    }

    pub(super) fn quit(&mut self) -> Vec<Effect> {
        self.goal = Some(Goal::End);
        self.view = View::Over;
        let mut effects: Vec<Effect> = (0..self.files.len()).flat_map(|file| self.write(file)).collect();
        effects.push(Effect::End(End::Stopped));
        effects
    }
}
