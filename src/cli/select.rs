//! What the arguments ask of transforms, and the configuration below it.

use crate::config::{self, Asked, Configuration, Wanted};
use crate::edit::Transform;

use super::args::{Choice, ConfigArgs};

/// The configuration that the arguments ask for.
///
/// # Errors
/// With a message where an id, an option or a value is unknown.
pub fn configuration(choice: &Choice, from: &ConfigArgs) -> Result<Configuration, String> {
    let wanted = match (&from.config, from.no_config) {
        (Some(file), _) => Wanted::File(file.clone()),
        (None, true) => Wanted::Nothing,
        (None, false) => Wanted::Nearest,
    };
    Ok(Configuration::new(wanted, asked(choice)?))
}

/// The configuration of files alone.
///
/// # Errors
/// Never today; as [`configuration`].
pub fn of_files(from: &ConfigArgs) -> Result<Configuration, String> {
    let nothing = Choice { select: Vec::new(), ignore: Vec::new(), allow_unsafe: false, set: Vec::new() };
    configuration(&nothing, from)
}

fn asked(choice: &Choice) -> Result<Asked, String> {
    let named = |names: &[String]| -> Result<Vec<&'static Transform>, String> {
        Ok(names.iter().map(|name| config::matching(name)).collect::<Result<Vec<_>, _>>()?.concat())
    };
    Ok(Asked {
        select: named(&choice.select)?,
        ignore: named(&choice.ignore)?,
        allow_unsafe: choice.allow_unsafe,
        options: choice.set.iter().map(|setting| option(setting)).collect::<Result<_, _>>()?,
    })
}

fn option(setting: &str) -> Result<(&'static Transform, String, String), String> {
    let wrong = || format!("`--set {setting}` is not of the form ID.KEY=VALUE");
    let (name, value) = setting.split_once('=').ok_or_else(wrong)?;
    let (id, key) = name.split_once('.').ok_or_else(wrong)?;
    let transform = config::exactly(id)?;
    let values = config::values(transform, key)?;
    config::value(transform, key, values, value)?;
    Ok((transform, key.to_owned(), value.to_owned()))
}
