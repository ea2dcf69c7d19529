//! `sudo` is gone in front of a command that root runs.

use crate::knowledge::sudo;
use crate::model::User;

use super::super::commands::Changed;
use super::super::{Demand, Refusal, Version};
use super::{place_of_word, programs_are_themselves};

/// Checks one changed command, whose words before are `words`.
pub fn check(
    before: &Version<'_, '_>,
    command: &Changed<'_, '_>,
    words: &[Option<&str>],
    demand: Demand,
) -> Result<(), Refusal> {
    if demand == Demand::SameImage {
        return Err(Refusal::new("sudo gives its command another environment"));
    }
    let model = &before.model;
    let known = match &model.states[command.index].user {
        User::Root => true,
        User::Inherited => model.base_image(command.index).is_some_and(|image| image.bare),
        User::Other(user) => return Err(Refusal::new(format!("the RUN runs as `{user}`"))),
    };
    if !known {
        return Err(Refusal::new("the user of the base image is not known"));
    }
    programs_are_themselves(command)?;
    if let Some(reason) = sudo::relied_on(command.script.whole()) {
        return Err(Refusal::new(reason));
    }
    let count = sudo::idle_words(words).map_err(Refusal::new)?;
    let gone: Vec<usize> = (0..count).filter_map(|at| place_of_word(&command.before, at)).collect();
    let named = gone.first().is_some_and(|place| command.before[*place].raw() == "sudo");
    let rest = command.before.iter().enumerate().filter(|(place, _)| !gone.contains(place)).map(|(_, part)| part);
    if !named || !rest.eq(command.after.iter()) {
        return Err(Refusal::new("more than sudo and its options is gone"));
    }
    Ok(())
}
