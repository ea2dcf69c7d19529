//! What can be seen of a review: the step that is shown, the counter, the keys that are valid.

use super::command::{ALL, Command};
use super::plan::{Plan, Step};
use super::state::{File, State, View};

impl State {
    /// The file and the fix that are shown.
    #[must_use]
    pub fn step(&self) -> Option<(usize, &Step)> {
        let (file, plan, step) = self.at.as_ref()?;
        plan.steps.get(*step).map(|step| (*file, step))
    }

    /// The plan of the file that is shown, and the place of the fix in it.
    #[must_use]
    pub fn plan(&self) -> Option<(&Plan, usize)> {
        self.at.as_ref().map(|(_, plan, step)| (plan, *step))
    }

    /// The files, in path order.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// Whether all files are known.
    #[must_use]
    pub const fn all_found(&self) -> bool {
        self.all_found
    }

    /// What is shown.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// What the user is told beside.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// How many lines are above the screen.
    #[must_use]
    pub const fn scroll(&self) -> usize {
        self.scroll
    }

    /// Tells how many lines of what is shown do not fit on the screen, and how many are seen at once.
    pub fn fit(&mut self, overflow: usize, page: usize) {
        self.overflow = overflow;
        self.page = page;
        self.scroll = self.scroll.min(overflow);
    }

    /// The place of the shown fix among all, from 1, and how many there are so far.
    #[must_use]
    pub fn counter(&self) -> Option<(usize, usize)> {
        let (file, _, step) = self.at.as_ref()?;
        let before: usize = self.files[..*file].iter().map(|file| file.total).sum();
        Some((before + step + 1, self.files.iter().map(|file| file.total).sum()))
    }

    /// The keys that do something now.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        ALL.into_iter().filter(|command| self.allows(*command)).collect()
    }

    /// Whether a command does something now.
    #[must_use]
    pub fn allows(&self, command: Command) -> bool {
        if self.view == View::Waiting {
            return command == Command::Quit;
        }
        let (View::Fix, Some((file, plan, at))) = (&self.view, &self.at) else { return false };
        let Some(step) = plan.steps.get(*at) else { return false };
        let is_open = step.decided.is_none();
        match command {
            Command::Yes | Command::No | Command::Why | Command::Help | Command::Quit => true,
            Command::RestYes | Command::RestNo => plan.open_from(*at).is_some(),
            Command::AllYes | Command::AllNo => is_open,
            Command::Next => self.has_next(*file, plan, *at),
            Command::Back => *at > 0 || self.before(*file).is_some(),
            Command::Edit => self.abilities.editor,
            Command::Suppress => step.is_suppressible(),
            Command::Undo => !self.past.is_empty(),
            Command::Redo => !self.future.is_empty(),
            Command::Scroll => self.overflow > 0,
        }
    }

    /// Whether there is another fix to go to, round the end if need be.
    fn has_next(&self, file: usize, plan: &Plan, at: usize) -> bool {
        let open = |file: &File| file.failed.is_none() && if file.finished { file.open > 0 } else { file.total > 0 };
        let elsewhere = || self.files.iter().enumerate().any(|(other, own)| other != file && open(own));
        at + 1 < plan.steps.len() || !self.all_found || elsewhere() || (0..at).any(|step| plan.is_open(step))
    }
}
