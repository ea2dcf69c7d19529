//! `RUN ln -sf /bin/bash /bin/sh` becomes `SHELL ["/bin/bash", "-c"]`.

use crate::edit::{Fix, Offers, Proposals, Safety, Subject, Transform};
use crate::model::Model;
use crate::prove::Claim;
use crate::rewrite;
use crate::shell::{Interpreter, Script, Simple};
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "use-shell-instruction",
    summary: "name bash in SHELL instead of putting it in the place of /bin/sh",
    offers: Offers::Unsafe,
    codes: &["DL4005"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["/sh"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        let Some(script) = model.run_script(index) else { continue };
        let Some(link) = script.simple_commands().into_iter().find(|simple| links_sh(simple)) else { continue };
        match replacement(model, index, script, link) {
            Ok(fix) => proposals.fixes.push(fix),
            Err(reason) => proposals.leave(
                model.instructions[index].span,
                format!("no SHELL in the place of a replaced /bin/sh: {reason}"),
            ),
        }
    }
}

/// `ln … TARGET /bin/sh`
fn links_sh(simple: &Simple) -> bool {
    simple.name() == Some("ln") && simple.literals().last() == Some(&Some("/bin/sh"))
}

fn replacement(model: &Model<'_, '_>, index: usize, script: &Script<'_>, link: &Simple) -> Result<Fix, String> {
    let literals = link.literals();
    let target = literals.get(literals.len().wrapping_sub(2)).copied().flatten();
    let bash = match target {
        Some("/bin/bash" | "bash") => "/bin/bash",
        Some("/usr/bin/bash") => "/usr/bin/bash",
        _ => return Err("it is linked to another shell than bash".to_owned()),
    };
    let options: Vec<&str> = literals[1..literals.len() - 2].iter().copied().flatten().collect();
    let known = |word: &&str| word.strip_prefix('-').is_some_and(|rest| rest.chars().all(|c| "sfnv".contains(c)));
    let letters: String = options.concat();
    if options.len() != literals.len() - 3 || !options.iter().all(known) || !letters.contains('s') {
        return Err("the link is not a plain one".to_owned());
    }
    let others: Vec<&Simple> = script.simple_commands().into_iter().filter(|simple| *simple != link).collect();
    let whole = match others.as_slice() {
        [] => letters.contains('f'),
        [first] => removes_sh(first) && first.range.start < link.range.start,
        _ => false,
    };
    let chained =
        script.single_chain().is_some_and(|chain| chain.links.len() == others.len() + 1 && chain.is_and_only());
    let plain = |simple: &&Simple| simple.redirects.is_empty() && simple.assignments.is_empty();
    if !whole || !chained || !script.comments.is_empty() || !others.iter().chain(&[link]).all(plain) {
        return Err("the RUN does more than that".to_owned());
    }
    if !model.flags(index).is_empty() {
        return Err("the RUN has flags".to_owned());
    }
    if model.shell_set_at(index).is_some() || model.states[index].shell != Interpreter::default_linux() {
        return Err("another SHELL is in force".to_owned());
    }
    if !model.shell_is_used_later(index) && !model.has_bash(index) {
        return Err("whether bash is in the image is not known".to_owned());
    }
    still_right(model, index)?;
    let edit = rewrite::replace_with(model, index, format!("SHELL [\"{bash}\", \"-c\"]"))
        .ok_or("a comment stands in the RUN")?;
    Ok(Fix {
        title: "name bash in SHELL instead of linking /bin/sh to it".to_owned(),
        reason:
            "SHELL says which shell the RUNs below use and leaves the distribution's /bin/sh alone; unsafe because \
                 scripts with `#!/bin/sh`, and programs that start `sh`, get the distribution's shell again, and bash \
                 is no longer in its POSIX mode"
                .to_owned(),
        edits: vec![edit],
        safety: Safety::Unsafe,
        claim: Claim::ShellInForce,
        alternatives: Vec::new(),
    })
}

/// Whether all that is reached means the same where `/bin/sh` is the distribution's own again.
fn still_right(model: &Model<'_, '_>, index: usize) -> Result<(), String> {
    let reached = model.later(index).chain(model.started_with(index));
    for at in reached {
        let line = model.instructions[at].first_line;
        if model.names_sh(at) {
            return Err(format!("line {line} names or starts `sh`, which would no longer be bash"));
        }
        if model.sets_variable(at, "BASH_ENV") {
            return Err("bash would read the file that BASH_ENV names".to_owned());
        }
    }
    for at in model.read_by_sh_anyway(index) {
        let alike = model.script(at).is_some_and(|script| script.differs_in_bash(&model.states[at].shell).is_none())
            && model.echoes_escape_of(at).is_none()
            && model.shell_set_at(at).is_none();
        if !alike {
            let line = model.instructions[at].first_line;
            return Err(format!("line {line} is read by `/bin/sh`, which would no longer be bash"));
        }
    }
    Ok(())
}

fn removes_sh(simple: &Simple) -> bool {
    matches!(
        simple.literals().as_slice(),
        [Some("rm"), Some("/bin/sh")] | [Some("rm"), Some("-f" | "-rf"), Some("/bin/sh")]
    )
}
