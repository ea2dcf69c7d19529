//! What a rewrite must have kept, by the claims of its fixes: all that no claim speaks of.
//!
//! RUN is left aside, which the proof itself compares command by command, and so are the values of ENV and
//! LABEL under a claim about them, which `tests/pairs.rs` evaluates.

use std::collections::{BTreeMap, HashSet};

use dockmod::prove::Claim;
use dockmod::syntax::Dockerfile;
use dockmod::syntax::dump::{self, InstructionDump};

/// The claims of the fixes that were applied.
pub type Claims = HashSet<Claim>;

/// Compares a file with its rewrite.
pub fn compare(old: &Dockerfile<'_>, new: &Dockerfile<'_>, claims: &Claims) -> Result<(), String> {
    if comments(old) != comments(new) {
        return Err(format!("a comment differs: {:?} and {:?}", comments(old), comments(new)));
    }
    let (old, new) = (dumped(old), dumped(new));
    copies_stay(&old, &new, claims)?;
    json_stays_json(&old, &new, claims)?;
    run_flags_stay(&old, &new, claims)?;
    the_rest_stays(&old, &new, claims)
}

fn comments(file: &Dockerfile<'_>) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for span in file.comments() {
        *found.entry(String::from_utf8_lossy(span.slice(file.source)).trim().to_owned()).or_default() += 1;
    }
    found
}

/// What each instruction says, lines left aside.
fn dumped(file: &Dockerfile<'_>) -> Vec<InstructionDump> {
    dump::dump(file).instructions.into_iter().map(InstructionDump::without_lines).collect()
}

/// Stage names are in lower case, in `--from` and `from=` too, where a claim gives that.
fn flags(each: &InstructionDump, claims: &Claims) -> Vec<String> {
    let names_a_stage = |flag: &str| flag.starts_with("--from=") || flag.contains(",from=") || flag.contains("=from=");
    let lower = |flag: &String| {
        if claims.contains(&Claim::Spelling) && names_a_stage(flag) { flag.to_lowercase() } else { flag.clone() }
    };
    let kept = |flag: &&String| {
        let given = flag.starts_with("--chown=") || flag.starts_with("--chmod=");
        !(given && each.keyword == "COPY" && claims.contains(&Claim::CopyOwnerAndMode))
    };
    each.flags.iter().filter(kept).map(lower).collect()
}

fn copy_keyword(each: &InstructionDump, claims: &Claims) -> String {
    if each.keyword == "ADD" && claims.contains(&Claim::AddIsCopy) { "COPY".to_owned() } else { each.keyword.clone() }
}

/// Each source of a COPY or ADD is copied still, under the same flags; one that COPY had itself, whatever it adds.
fn copies_stay(old: &[InstructionDump], new: &[InstructionDump], claims: &Claims) -> Result<(), String> {
    let copies = |list: &[InstructionDump]| -> Vec<InstructionDump> {
        list.iter().filter(|each| matches!(each.keyword.as_str(), "COPY" | "ADD")).cloned().collect()
    };
    let (old, new) = (copies(old), copies(new));
    for copy in &old {
        let owner = |each: &InstructionDump| -> Vec<String> {
            each.flags.iter().filter(|flag| flag.starts_with("--ch")).cloned().collect()
        };
        let brings = |other: &&InstructionDump| {
            copy_keyword(copy, claims) == copy_keyword(other, claims)
                && flags(copy, claims) == flags(other, claims)
                && owner(copy).iter().all(|flag| other.flags.contains(flag))
                && copy.heredocs == other.heredocs
                && copy.value.iter().rev().skip(1).all(|source| other.value.contains(source))
        };
        if !new.iter().any(|other| brings(&other)) {
            return Err(format!("a copy is gone: {} {:?} {:?}", copy.keyword, copy.flags, copy.value));
        }
    }
    Ok(())
}

/// What was a JSON array is one still, with the same strings.
fn json_stays_json(old: &[InstructionDump], new: &[InstructionDump], claims: &Claims) -> Result<(), String> {
    let has = |claim| claims.contains(&claim);
    let count = |list: &[InstructionDump], keyword: &str| list.iter().filter(|each| each.keyword == keyword).count();
    let accounted_for = |each: &InstructionDump| match each.keyword.as_str() {
        keyword @ ("CMD" | "ENTRYPOINT" | "HEALTHCHECK") => {
            has(Claim::OverriddenInstruction) && count(new, keyword) < count(old, keyword)
        }
        "COPY" => has(Claim::CopiesMerged),
        // COPY sets what it set.
        "RUN" => has(Claim::CopyOwnerAndMode) && each.value.first().is_some_and(|word| word.starts_with("ch")),
        "SHELL" => has(Claim::ShellInForce),
        _ => false,
    };
    for form in old.iter().filter(|each| each.json && !accounted_for(each)) {
        let same = |each: &&InstructionDump| {
            each.json && copy_keyword(each, claims) == copy_keyword(form, claims) && each.value == form.value
        };
        if !new.iter().any(|each| same(&each)) {
            return Err(format!("a JSON array is none any more: {} {:?}", form.keyword, form.value));
        }
    }
    Ok(())
}

/// Every flag of a RUN is there still: RUNs become one only under the same flags.
fn run_flags_stay(old: &[InstructionDump], new: &[InstructionDump], claims: &Claims) -> Result<(), String> {
    let all = |list: &[InstructionDump]| -> HashSet<Vec<String>> {
        list.iter().filter(|each| each.keyword == "RUN").map(|each| flags(each, claims)).collect()
    };
    match all(old).difference(&all(new)).find(|flags| !flags.is_empty()) {
        Some(flags) => Err(format!("flags of a RUN are gone: {flags:?}")),
        None => Ok(()),
    }
}

/// Every other instruction says what it said, in its order.
fn the_rest_stays(old: &[InstructionDump], new: &[InstructionDump], claims: &Claims) -> Result<(), String> {
    let said =
        |list: &[InstructionDump]| -> Vec<String> { list.iter().flat_map(|each| what_it_says(each, claims)).collect() };
    let (old, new) = (said(old), said(new));
    let overridden = claims.contains(&Claim::OverriddenInstruction);
    let workdirs = claims.contains(&Claim::WorkdirForCd);
    let may_go = |said: &String| {
        overridden && ["CMD", "ENTRYPOINT", "HEALTHCHECK"].iter().any(|keyword| said.starts_with(keyword))
            // The folder is in force already, by the one that came for `cd`.
            || workdirs && said.starts_with("WORKDIR") && new.contains(said)
    };
    let may_come = |said: &str| {
        workdirs && said.starts_with("WORKDIR") || claims.contains(&Claim::ShellInForce) && said.starts_with("SHELL")
    };
    for op in similar::capture_diff_slices(similar::Algorithm::Myers, &old, &new) {
        let (gone, came) = (&old[op.old_range()], &new[op.new_range()]);
        if op.tag() == similar::DiffTag::Equal {
            continue;
        }
        if let Some(gone) = gone.iter().find(|said| !may_go(said)) {
            return Err(format!("an instruction is gone or says something else: {gone}, there is {came:?}"));
        }
        if let Some(came) = came.iter().find(|said| !may_come(said)) {
            return Err(format!("an instruction appeared: {came}"));
        }
    }
    Ok(())
}

/// What is left of a list or a command line without all that quotes, separates and encloses its words, and
/// without the `exec` that gives the shell's place to a program: where there is no shell, there is none either.
fn letters(each: &InstructionDump) -> String {
    let marks = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"' | '\'' | ',' | '\\' | '“' | '”' | '‘' | '’');
    let text = each.value.concat();
    let text = if each.json { &text } else { text.strip_prefix("exec ").unwrap_or(&text) };
    text.replace(marks, "")
}

/// What an instruction says, without what the claims may have changed; nothing for RUN.
fn what_it_says(each: &InstructionDump, claims: &Claims) -> Vec<String> {
    let has = |claim| claims.contains(&claim);
    let lower = |text: String| if has(Claim::Spelling) { text.to_lowercase() } else { text };
    // One of two commands may be written as JSON, and a substitution of the other anew.
    let spelt = |text: String| if has(Claim::ShellSpelling) { text.replace(['`', '$', '(', ')'], "") } else { text };
    let keyword = each.keyword.as_str();
    let whole = || {
        let flags = flags(each, claims);
        vec![format!("{keyword} {flags:?} {} {:?} {:?}", each.json, each.value, each.heredocs)]
    };
    match keyword {
        "RUN" => Vec::new(),
        // A claim about their order or number: what is copied is looked at by itself.
        "COPY" | "ADD" if has(Claim::StepOrder) || has(Claim::CopiesMerged) => Vec::new(),
        "COPY" | "ADD" => vec![format!("{} {:?} {:?}", copy_keyword(each, claims), flags(each, claims), each.value)],
        "FROM" => vec![format!("FROM {:?} {}", each.flags, lower(each.value.join(" ")))],
        "EXPOSE" => vec![format!("EXPOSE {}", lower(each.value.join(" ")))],
        "ENV" | "LABEL" => {
            let pairs = each.value.chunks(3).map(|pair| pair_says(keyword, pair, claims));
            let may_be_merged = keyword == "ENV" && has(Claim::EnvMerged);
            if may_be_merged { pairs.collect() } else { vec![pairs.collect::<Vec<_>>().join(", ")] }
        }
        "MAINTAINER" if has(Claim::AuthorLabel) => vec!["LABEL maintainer".to_owned()],
        "WORKDIR" if has(Claim::WorkdirPath) => vec!["WORKDIR".to_owned()],
        "WORKDIR" if has(Claim::WorkdirForCd) => {
            let path = each.value.concat();
            vec![format!("WORKDIR {}", if path == "/" { "/" } else { path.trim_end_matches('/') })]
        }
        "CMD" | "ENTRYPOINT" | "VOLUME" if has(Claim::ExecForm) => {
            vec![format!("{keyword} {}", spelt(letters(each)))]
        }
        "CMD" | "ENTRYPOINT" | "HEALTHCHECK" if has(Claim::ShellSpelling) && !each.json => {
            vec![format!("{keyword} {:?}", each.flags)]
        }
        "SHELL" if has(Claim::ShellInForce) && each.json => vec!["SHELL".to_owned()],
        "ONBUILD" => {
            let mut inner = each.clone();
            if let Some(first) = inner.value.first_mut().filter(|_| has(Claim::AddIsCopy)) {
                *first = first.replace("ONBUILD:ADD", "ONBUILD:COPY");
            }
            vec![format!("ONBUILD {:?} {} {:?}", inner.flags, inner.json, inner.value)]
        }
        _ => whole(),
    }
}

/// A key of ENV or LABEL, and its value where no claim speaks of the pairs.
fn pair_says(keyword: &str, pair: &[String], claims: &Claims) -> String {
    let author = keyword == "LABEL" && claims.contains(&Claim::AuthorLabel);
    let written_anew = claims.contains(&Claim::PairForm) || claims.contains(&Claim::EnvMerged) && keyword == "ENV";
    match pair {
        [key, ..] if author && key == "maintainer" => "LABEL maintainer".to_owned(),
        [key, ..] if written_anew => format!("{keyword} {key}"),
        _ => format!("{keyword} {pair:?}"),
    }
}

#[cfg(test)]
mod tests {
    use dockmod::syntax;

    use super::*;

    fn kept(old: &str, new: &str, claims: &[Claim]) -> bool {
        let (old, new) = (format!("FROM a\n{old}\n"), format!("FROM a\n{new}\n"));
        let old = syntax::parse(old.as_bytes()).expect("a Dockerfile");
        let new = syntax::parse(new.as_bytes()).expect("a Dockerfile");
        compare(&old, &new, &claims.iter().copied().collect()).is_ok()
    }

    #[test]
    fn two_claims_about_two_commands() {
        let (old, new) = ("CMD a\nFROM b\nCMD `c`", "CMD [\"a\"]\nFROM b\nCMD $(c)");
        assert!(kept(old, new, &[Claim::ExecForm, Claim::ShellSpelling]));
        assert!(!kept(old, new, &[Claim::ExecForm]) && !kept(old, new, &[Claim::ShellSpelling]));
        assert!(!kept(old, "CMD [\"a\"]\nFROM b\nCMD $(d)", &[Claim::ExecForm, Claim::ShellSpelling]));
    }

    #[test]
    fn a_difference_needs_its_claim() {
        for (claim, old, new) in [
            (Claim::AddIsCopy, "ADD a /b/", "COPY a /b/"),
            (Claim::AddIsCopy, "ONBUILD ADD a /b/", "ONBUILD COPY a /b/"),
            (Claim::PairForm, "ENV a b", "ENV a=b"),
            (Claim::EnvMerged, "ENV a=b\nENV c=d", "ENV a=b \\\n  c=d"),
            (Claim::AuthorLabel, "MAINTAINER a", "LABEL maintainer=a"),
            (Claim::OverriddenInstruction, "CMD [\"a\"]\nCMD [\"b\"]", "CMD [\"b\"]"),
            (Claim::ExecForm, "CMD exec a b", "CMD [\"a\", \"b\"]"),
            (Claim::ExecForm, "CMD [‘a’, “b”]", "CMD [\"a\", \"b\"]"),
            (Claim::ExecForm, "VOLUME ['/a',]", "VOLUME [\"/a\"]"),
            (Claim::WorkdirPath, "WORKDIR a", "WORKDIR /a"),
            (Claim::WorkdirForCd, "RUN cd /a && b", "WORKDIR /a\nRUN b"),
            (Claim::WorkdirForCd, "RUN cd /a && b\nUSER c\nWORKDIR /a/", "WORKDIR /a\nRUN b\nUSER c"),
            (Claim::ShellInForce, "RUN a", "SHELL [\"bash\", \"-c\"]\nRUN a"),
            (Claim::CopyOwnerAndMode, "COPY a /b/\nRUN chown c /b/a", "COPY --chown=c a /b/"),
            (Claim::CopyOwnerAndMode, "COPY a /b/\nRUN [\"chmod\", \"+x\", \"/b/a\"]", "COPY --chmod=755 a /b/"),
            (Claim::CopiesMerged, "COPY a /b/\nCOPY c /b/", "COPY a c /b/"),
            (Claim::StepOrder, "COPY . .\nRUN a", "COPY b .\nRUN a\nCOPY . ."),
            (Claim::Spelling, "EXPOSE 80/TCP", "EXPOSE 80/tcp"),
            (Claim::Spelling, "COPY --from=B a b", "COPY --from=b a b"),
            (Claim::ShellSpelling, "HEALTHCHECK CMD a `b`", "HEALTHCHECK CMD a $(b)"),
        ] {
            assert!(kept(old, new, &[claim]), "{old:?} to {new:?} with {}", claim.name());
            for other in Claim::ALL.iter().filter(|other| **other != claim) {
                // Both are about the pairs of ENV, and about a folder.
                let akin = matches!(
                    (claim, *other),
                    (Claim::PairForm, Claim::EnvMerged)
                        | (Claim::EnvMerged, Claim::PairForm)
                        | (Claim::CopiesMerged, Claim::StepOrder)
                        | (Claim::StepOrder, Claim::CopiesMerged)
                );
                assert!(akin || !kept(old, new, &[*other]), "{old:?} to {new:?} with {}", other.name());
            }
        }
    }

    #[test]
    fn what_no_claim_speaks_of_stays() {
        for (old, new) in [
            ("# a", "# b"),
            ("USER a", "USER b"),
            ("COPY a /b/", "COPY c /b/"),
            ("COPY --chown=a b /c/", "COPY b /c/"),
            ("ADD a /b/\nADD c /d/", "COPY a /b/"),
            ("RUN --network=none a", "RUN a"),
            ("VOLUME [\"/a\"]", "VOLUME /a"),
            ("CMD [\"a\"]", "CMD a"),
            ("ENV a=b", "ENV c=b"),
            ("LABEL a=b", "RUN c"),
            ("EXPOSE 80", "EXPOSE 81"),
            ("ARG a\nARG b", "ARG b\nARG a"),
            ("WORKDIR /a", "USER b"),
        ] {
            assert!(kept(old, old, Claim::ALL), "{old:?}");
            assert!(!kept(old, new, Claim::ALL), "{old:?} to {new:?}");
        }
    }
}
