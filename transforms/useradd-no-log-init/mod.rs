//! useradd with a high number leaves the logs of logins alone.

use crate::edit::{Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::options::{self, Addition, Uid};
use crate::model::Model;
use crate::rewrite::{self, Lacking, Verdict};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "useradd-no-log-init",
    summary: "give no room in the logs of logins to users with a high number",
    offers: Offers::Unsafe,
    codes: &["DL3046"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["useradd"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    rewrite::add_options(model, proposals, Addition::NoLogInit, |command| {
        let number = match options::uid(&command.simple.literals()) {
            Uid::Written(uid) => Some(uid.to_owned()),
            _ => number_in_variable(model, command),
        };
        if number.as_deref().is_some_and(|number| !options::is_high(number)) {
            return Verdict::Silent;
        }
        let base = model.base_reference(command.index);
        if base.is_some_and(|(image, written_out)| written_out && options::resets_only_what_is_there(image)) {
            return Verdict::Leave(
                "the `useradd` of this base image leaves the logs of logins as short as they are".to_owned(),
            );
        }
        let number = match number {
            Some(uid) => format!("older `useradd` makes /var/log/lastlog and faillog as long as its number {uid} asks"),
            None => "the number is not written out, and with a high one older `useradd` makes /var/log/lastlog and \
                     faillog very long"
                .to_owned(),
        };
        let why = "they are sparse, but fill the layer when it is packed";
        Verdict::Add(
            Safety::Unsafe,
            format!("{number}: {why}; unsafe because both logs in the image get shorter, and an old entry is kept"),
        )
    });
}

/// The number, where it is a variable that the RUN sets once before, or an ENV does.
fn number_in_variable(model: &Model<'_, '_>, command: &Lacking<'_, '_>) -> Option<String> {
    let script = command.script;
    let at = options::uid_word(&command.simple.literals())?;
    let raw = script.str(command.simple.words[at].range).trim_matches('"');
    let name = raw.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let start = format!("{name}=");
    let mut values: Vec<Option<String>> = Vec::new();
    for simple in script.simple_commands() {
        let own = simple.assignments.iter().filter(|assignment| assignment.name == name);
        values.extend(own.map(|assignment| assignment.literal.as_deref().map(str::to_owned)));
        let exported = simple.words.iter().filter(|word| script.str(word.range).starts_with(&start));
        values.extend(exported.map(|word| Some(word.literal.as_deref()?.strip_prefix(&start)?.to_owned())));
    }
    let value = match values.as_slice() {
        [] => model.env(command.index, name)?,
        [value] => value.clone()?,
        _ => return None,
    };
    (!value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())).then_some(value)
}
