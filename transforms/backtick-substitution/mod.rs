//! `` `cmd` `` becomes `$(cmd)`.

use crate::edit::{Edit, Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::Model;
use crate::prove::Claim;
use crate::shell::Script;
use crate::shell::lexed::{self, Expansion, ExpansionKind, Within};
use crate::syntax::{Keyword, TextRange};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "backtick-substitution",
    summary: "write command substitutions as `$(…)` instead of backticks",
    offers: Offers::Safe,
    codes: &["SC2006"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &[],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let runs =
            matches!(model.keyword(index), Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck);
        if let Some(script) = model.script(index).filter(|_| runs) {
            in_script(model, index, script, proposals);
        }
    }
}

fn in_script(model: &Model<'_, '_>, index: usize, script: &Script<'_>, proposals: &mut Proposals) {
    let text = script.whole();
    if !text.contains('`') {
        return;
    }
    let Some(lexed) = lexed::lex(text) else {
        let span = model.instructions[index].span;
        proposals.leave(span, "the backticks stay: the quoting around them can't be read with certainty");
        return;
    };
    let mut edits = Vec::new();
    for found in lexed.expansions.iter().filter(|found| found.kind == ExpansionKind::Backticks) {
        match obstacle(text, found) {
            Some(reason) => proposals.leave(script.span(found.range), format!("the backticks stay: {reason}")),
            None => edits.push(as_brackets(script, found.range)),
        }
    }
    if edits.is_empty() {
        return;
    }
    let fix = |edits: Vec<Edit>| Fix {
        title: "write `…` as $(…)".to_owned(),
        reason: "`$(…)` nests and is quoted like any other text; the command and what it gives are the same".to_owned(),
        edits,
        safety: Safety::Safe,
        claim: Claim::ShellSpelling,
        alternatives: Vec::new(),
    };
    let alternatives = if edits.len() > 1 { edits.iter().cloned().map(&fix).collect() } else { Vec::new() };
    let whole = edits.into_iter().flatten().collect();
    proposals.fixes.push(Fix { alternatives, ..fix(whole) });
}

/// Why a substitution must stay in backticks.
fn obstacle(text: &str, found: &Expansion) -> Option<&'static str> {
    let inner = &text[found.inner.range()];
    if found.within == Within::Operand {
        return Some("they stand in `${…}` or `$((…))`");
    }
    if text[..found.range.start].ends_with('$') {
        return Some("a `$` stands right before them");
    }
    if inner.contains('\\') {
        return Some("a backslash in them means something else in `$(…)`");
    }
    if found.quoted && inner.contains('"') {
        return Some("quotes in them, within quotes, mean something else in `$(…)`");
    }
    if inner.trim_start().starts_with('(') {
        return Some("`$((` is arithmetic");
    }
    if inner.split(|c: char| c.is_ascii_whitespace() || matches!(c, ';' | '&' | '|')).any(|word| word.starts_with('#'))
    {
        return Some("a comment in them would reach over the bracket");
    }
    if inner.split_ascii_whitespace().any(|word| matches!(word, "case" | "esac")) || inner.contains("<<") {
        return Some("what stands in them holds brackets of its own");
    }
    None
}

fn as_brackets(script: &Script<'_>, range: TextRange) -> Vec<Edit> {
    let first = script.span((range.start..range.start + 1).into());
    let last = script.span((range.end - 1..range.end).into());
    vec![Edit::replace(first, "$("), Edit::replace(last, ")")]
}
