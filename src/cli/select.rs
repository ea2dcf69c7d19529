//! Which transforms take part.

use crate::edit::{Options, Selected, Settings, Transform};
use crate::transforms;

use super::args::Choice;

/// The settings that the arguments ask for.
///
/// # Errors
/// With a message where an id, an option or a value is unknown.
pub fn settings(args: &Choice) -> Result<Settings, String> {
    let named = args.select.iter().map(|id| matching(id)).collect::<Result<Vec<_>, _>>()?.concat();
    let ignored = args.ignore.iter().map(|id| matching(id)).collect::<Result<Vec<_>, _>>()?.concat();
    let is_in = |list: &[&'static Transform], transform: &Transform| list.iter().any(|other| other.id == transform.id);
    let transforms = transforms::ALL
        .iter()
        .filter(|transform| if named.is_empty() { !transform.opt_in } else { is_in(&named, transform) })
        .filter(|transform| !is_in(&ignored, transform))
        .map(|transform| Selected { transform, by_name: is_in(&named, transform) })
        .collect();
    let mut options = Options::default();
    for setting in &args.set {
        set(&mut options, setting)?;
    }
    Ok(Settings { transforms, allow_unsafe: args.allow_unsafe, options, limit: None })
}

/// The transforms of an id, or those that settle a check of that code.
fn matching(id: &str) -> Result<Vec<&'static Transform>, String> {
    let found: Vec<_> = transforms::ALL
        .iter()
        .copied()
        .filter(|transform| transform.id == id || transform.codes.iter().any(|code| code.eq_ignore_ascii_case(id)))
        .collect();
    if found.is_empty() { Err(unknown(id)) } else { Ok(found) }
}

/// What to say of an id that no transform has.
pub fn unknown(id: &str) -> String {
    let nearest = transforms::ALL.iter().map(|transform| (distance(id, transform.id), transform.id)).min();
    match nearest {
        Some((distance, nearest)) if distance <= id.len() / 2 => {
            format!("there is no transform `{id}`: did you mean `{nearest}`?")
        }
        _ => format!("there is no transform `{id}`: `dockmod list` shows them all"),
    }
}

fn set(options: &mut Options, setting: &str) -> Result<(), String> {
    let wrong = || format!("`--set {setting}` is not of the form ID.KEY=VALUE");
    let (name, value) = setting.split_once('=').ok_or_else(wrong)?;
    let (id, key) = name.split_once('.').ok_or_else(wrong)?;
    let transform = transforms::find(id).ok_or_else(|| unknown(id))?;
    let Some((_, values)) = transform.options.iter().find(|(known, _)| *known == key) else {
        let known: Vec<&str> = transform.options.iter().map(|(known, _)| *known).collect();
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
        return Err(format!("`{id}` has no option `{key}`: {known}"));
    };
    if !values.contains(&value) {
        return Err(format!("`{id}.{key}` can't be `{value}`: it takes {}", values.join(", ")));
    }
    options.set(id, key, value);
    Ok(())
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}
