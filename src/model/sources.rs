//! The sources of COPY and ADD that are written out: what a build context has to hold.

use crate::syntax::{Args, Keyword, lossy};

use super::Model;

/// Every source that comes from the build context and holds no variable, as written.
#[must_use]
pub fn literal_sources(model: &Model<'_, '_>) -> Vec<String> {
    let mut sources = Vec::new();
    for instruction in &model.instructions {
        let body = &instruction.body;
        if !matches!(body.keyword, Keyword::Copy | Keyword::Add) || body.flags.iter().any(|flag| flag.name() == "from")
        {
            continue;
        }
        let text = instruction.joined.text();
        let words: Vec<String> = match &body.args {
            Args::Words(words) => words.iter().map(|word| lossy(word.slice(text)).into_owned()).collect(),
            Args::Json(strings) => strings.iter().map(|string| string.value.clone()).collect(),
            _ => continue,
        };
        let Some((_, from)) = words.split_last() else { continue };
        let is_path = |word: &&String| {
            !word.contains(['$', '"', '\'', '\\'])
                && !word.contains("://")
                && !word.starts_with("<<")
                && !word.contains('@')
        };
        sources.extend(from.iter().filter(is_path).cloned());
    }
    sources
}
