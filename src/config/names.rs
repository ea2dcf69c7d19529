//! Transforms and their options by the names that people write.

use crate::edit::Transform;
use crate::report::nearest;
use crate::transforms;

/// The transforms of an id, or those that settle a check of that code.
///
/// # Errors
/// With a message that says which name is near.
pub fn matching(name: &str) -> Result<Vec<&'static Transform>, String> {
    let found: Vec<_> = transforms::ALL
        .iter()
        .copied()
        .filter(|transform| transform.id == name || transform.codes.iter().any(|code| code.eq_ignore_ascii_case(name)))
        .collect();
    if found.is_empty() { Err(unknown(name)) } else { Ok(found) }
}

/// The transform of an id.
///
/// # Errors
/// With a message that says which id is near.
pub fn exactly(id: &str) -> Result<&'static Transform, String> {
    transforms::find(id).ok_or_else(|| unknown(id))
}

/// What to say of an id that no transform has.
#[must_use]
pub fn unknown(id: &str) -> String {
    match nearest(id, transforms::ALL.iter().map(|transform| transform.id)) {
        Some(near) => format!("there is no transform `{id}`: did you mean `{near}`?"),
        None => format!("there is no transform `{id}`: `dockmod list` shows them all"),
    }
}

/// The values that an option takes, the default first.
///
/// # Errors
/// Where the transform has no such option.
pub fn values(transform: &Transform, key: &str) -> Result<&'static [&'static str], String> {
    if let Some((_, values)) = transform.options.iter().find(|(known, _)| *known == key) {
        return Ok(values);
    }
    let known: Vec<&str> = transform.options.iter().map(|(known, _)| *known).collect();
    let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
    Err(format!("`{}` has no option `{key}`: {known}", transform.id))
}

/// Checks the value of an option.
///
/// # Errors
/// Where it is not one of `values`.
pub fn value(transform: &Transform, key: &str, values: &[&str], value: &str) -> Result<(), String> {
    if values.contains(&value) {
        return Ok(());
    }
    Err(format!("`{}.{key}` can't be `{value}`: it takes {}", transform.id, values.join(", ")))
}
