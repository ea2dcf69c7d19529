//! What other stages take from one, by COPY and by mounts.

use crate::model::Model;
use crate::syntax::{Args, lossy};

use super::Refusal;

/// Shows that nothing takes `path`, or a folder above or below it, from the stage of instruction `index` or from one
/// that is built on it.
///
/// # Errors
/// With the instruction that may take it.
pub fn none_of(model: &Model<'_, '_>, index: usize, path: &str) -> Result<(), Refusal> {
    let stage = model.stage_of(index).map_or(0, |stage| stage.index);
    let mut holders = vec![stage];
    for child in &model.stages[stage + 1..] {
        if child.base.stage().is_some_and(|parent| holders.contains(&parent)) {
            holders.push(child.index);
        }
    }
    (index + 1..model.instructions.len()).try_for_each(|other| takes_none(model, &holders, other, path))
}

/// COPY and mounts from a stage that holds the path must name other ones.
fn takes_none(model: &Model<'_, '_>, holders: &[usize], index: usize, path: &str) -> Result<(), Refusal> {
    let is_holder = |name: &str| {
        holders.iter().any(|stage| {
            name == stage.to_string()
                || model.stages[*stage].name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    };
    let refuse = || {
        let line = model.instructions[index].first_line;
        Err(Refusal::new(format!("line {line} takes files along that may be `{path}`")))
    };
    let instruction = model.instructions[index];
    let text = instruction.joined.text();
    for flag in &instruction.body.flags {
        let Some(value) = flag.value() else { continue };
        match flag.name() {
            "from" if is_holder(value) || value.contains('$') => {
                let paths: Vec<String> = match &instruction.body.args {
                    Args::Words(words) => words.iter().map(|word| lossy(word.slice(text)).into_owned()).collect(),
                    Args::Json(strings) => strings.iter().map(|string| string.value.clone()).collect(),
                    _ => return refuse(),
                };
                let sources = paths.split_last().map_or(&[][..], |(_, sources)| sources);
                if sources.iter().any(|source| may_hold(source, path)) {
                    return refuse();
                }
            }
            "mount" => {
                let options: Vec<(&str, &str)> = value.split(',').filter_map(|option| option.split_once('=')).collect();
                let from = options.iter().find(|(key, _)| key.eq_ignore_ascii_case("from"));
                if !from.is_some_and(|(_, name)| is_holder(name) || name.contains('$')) {
                    continue;
                }
                let source =
                    options.iter().find(|(key, _)| matches!(key.to_ascii_lowercase().as_str(), "source" | "src"));
                if source.is_none_or(|(_, source)| may_hold(source, path)) {
                    return refuse();
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether what a COPY or a mount names, with patterns and variables, may be `wanted`, or a folder above or below it.
fn may_hold(source: &str, wanted: &str) -> bool {
    let source = format!("/{}", source.trim_start_matches('/'));
    let stem = source.split(['*', '?', '[', '$']).next().unwrap_or_default();
    let whole = stem.len() == source.len();
    let stem = stem.trim_end_matches('/');
    let above = wanted.starts_with(stem)
        && (!whole || stem.len() == wanted.len() || wanted.as_bytes().get(stem.len()) == Some(&b'/'));
    let below = stem.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'));
    above || below
}
