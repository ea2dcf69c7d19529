//! Whether a rewrite kept the meaning of a Dockerfile.
//!
//! A fix claims what it changes, out of a small closed set. Both versions are turned into a [`Trace`]: every
//! directive, comment, instruction and command in order. The claim's own rules then walk the two traces side
//! by side, and whatever they do not explain refutes the fix. Nothing here knows a transform, and no
//! transform's code is used.

mod add_is_copy;
mod appended;
mod apt_lists;
mod apt_update;
mod author_label;
mod cache_cleanup;
mod command_dropped;
mod command_options;
mod commands;
mod copies_merged;
mod copy_owner_mode;
mod counterparts;
mod download_cache;
mod env_merged;
mod exec_form;
mod failure_ends_run;
mod image_reference;
mod joining;
mod other_program;
mod overridden;
mod package_order;
mod pair_form;
mod pairs;
mod program_stays;
mod repositories_stay;
mod run_boundaries;
mod shell_in_force;
mod shell_spelling;
mod spelling;
mod step_order;
mod taken_along;
mod trace;
mod workdir_for_cd;
mod workdir_path;

pub use trace::Trace;

use std::cell::OnceCell;

use crate::context::LazyContext;
use crate::model::Model;
use crate::pin::Images;

/// What a fix says that it changed; all else must be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// White space between words, and nothing else.
    Layout,
    /// Adjacent RUN instructions became one, their commands joined by `&&`.
    RunBoundaries,
    /// The packages of an install command stand in another order, or a line each.
    PackageOrder,
    /// A lone `apt-get update` moved to the front of the RUN that installs.
    AptUpdateJoined,
    /// A RUN that fetched apt's lists removes them at its end.
    AptListsCleanup,
    /// A COPY moved below a dependency install that does not need it.
    StepOrder,
    /// A known option was added to commands that understand it.
    CommandOptions,
    /// An install no longer keeps its downloads, and clean-ups of them that became idle are gone.
    DownloadCache,
    /// A RUN removes what its package manager downloaded, at its end.
    CacheCleanup,
    /// A command is run by another program that does the same, or no longer through a wrapper.
    OtherProgram,
    /// A command was taken out of a RUN.
    CommandDropped,
    /// An instruction that a later one of its stage overrides is gone.
    OverriddenInstruction,
    /// ENV or LABEL says its key and value as `key=value`; the values are the same.
    PairForm,
    /// Neighbouring ENV instructions became one.
    EnvMerged,
    /// MAINTAINER became a LABEL of the same text.
    AuthorLabel,
    /// Keywords, stage names and protocols in another case.
    Spelling,
    /// A relative WORKDIR is written as the absolute path that it stands for.
    WorkdirPath,
    /// CMD or ENTRYPOINT names its words as JSON, without a shell.
    ExecForm,
    /// Neighbouring COPY instructions into one folder became one.
    CopiesMerged,
    /// COPY sets the owner or mode that the RUN after it set.
    CopyOwnerAndMode,
    /// ADD of plain files or folders became COPY.
    AddIsCopy,
    /// A `cd` at the start of a RUN became a WORKDIR.
    WorkdirForCd,
    /// A SHELL instruction appeared, or took the place of a replaced `/bin/sh`.
    ShellInForce,
    /// A shell word is written otherwise, and stands for the same.
    ShellSpelling,
    /// A failing command ends its RUN.
    FailureEndsRun,
    /// An image is named with its digest, or by another tag.
    ImageReference,
}

impl Claim {
    /// Every claim that there is.
    pub const ALL: &[Self] = &[
        Self::Layout,
        Self::RunBoundaries,
        Self::PackageOrder,
        Self::AptUpdateJoined,
        Self::AptListsCleanup,
        Self::StepOrder,
        Self::CommandOptions,
        Self::DownloadCache,
        Self::CacheCleanup,
        Self::OtherProgram,
        Self::CommandDropped,
        Self::OverriddenInstruction,
        Self::PairForm,
        Self::EnvMerged,
        Self::AuthorLabel,
        Self::Spelling,
        Self::WorkdirPath,
        Self::ExecForm,
        Self::CopiesMerged,
        Self::CopyOwnerAndMode,
        Self::AddIsCopy,
        Self::WorkdirForCd,
        Self::ShellInForce,
        Self::ShellSpelling,
        Self::FailureEndsRun,
        Self::ImageReference,
    ];

    /// The claim's name, as tests and reports write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Layout => "layout",
            Self::RunBoundaries => "run-boundaries",
            Self::PackageOrder => "package-order",
            Self::AptUpdateJoined => "apt-update-joined",
            Self::AptListsCleanup => "apt-lists-cleanup",
            Self::StepOrder => "step-order",
            Self::CommandOptions => "command-options",
            Self::DownloadCache => "download-cache",
            Self::CacheCleanup => "cache-cleanup",
            Self::OtherProgram => "other-program",
            Self::CommandDropped => "command-dropped",
            Self::OverriddenInstruction => "overridden-instruction",
            Self::PairForm => "pair-form",
            Self::EnvMerged => "env-merged",
            Self::AuthorLabel => "author-label",
            Self::Spelling => "spelling",
            Self::WorkdirPath => "workdir-path",
            Self::ExecForm => "exec-form",
            Self::CopiesMerged => "copies-merged",
            Self::CopyOwnerAndMode => "copy-owner-mode",
            Self::AddIsCopy => "add-is-copy",
            Self::WorkdirForCd => "workdir-for-cd",
            Self::ShellInForce => "shell-in-force",
            Self::ShellSpelling => "shell-spelling",
            Self::FailureEndsRun => "failure-ends-run",
            Self::ImageReference => "image-reference",
        }
    }

    /// The claim of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|claim| claim.name() == name)
    }
}

/// How much has to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// The image holds the same and behaves the same.
    SameImage,
    /// Nothing but what is claimed has changed; what that does to the image is the user's to judge.
    OnlyTheClaim,
}

/// What the proof rests on beside the two texts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'c> {
    /// The build context, where it is known.
    pub context: LazyContext<'c>,
    /// What is known of images, where registries or a lock were asked.
    pub images: Option<&'c Images>,
}

/// Why a rewrite was not proved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl Refusal {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// One version of a file with its trace.
#[derive(Debug)]
pub struct Version<'f, 's> {
    /// The model.
    pub model: Model<'f, 's>,
    trace: OnceCell<Trace>,
}

impl<'f, 's> Version<'f, 's> {
    /// The version that a file is.
    #[must_use]
    pub fn of(file: &'f crate::syntax::Dockerfile<'s>) -> Self {
        Self { model: Model::of(file), trace: OnceCell::new() }
    }

    /// The trace, made when it is first asked for.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        self.trace.get_or_init(|| Trace::of(&self.model))
    }
}

/// Shows that `after` means what `before` means, up to the claim.
///
/// # Errors
/// Where it could not be shown, with the reason.
pub fn prove(
    before: &Version<'_, '_>,
    after: &Version<'_, '_>,
    claim: Claim,
    demand: Demand,
    facts: Facts<'_>,
) -> Result<(), Refusal> {
    // Of `# syntax=` the image may change: that claim's own rules look at all bytes.
    if claim != Claim::ImageReference && before.trace().head != after.trace().head {
        return Err(Refusal::new("the parser directives differ"));
    }
    same_comments(before.trace(), after.trace())?;
    match claim {
        Claim::Layout => equal(&before.trace().tokens, &after.trace().tokens),
        Claim::RunBoundaries => run_boundaries::check(before, after),
        Claim::PackageOrder => package_order::check(before, after, demand),
        Claim::AptUpdateJoined => apt_update::check(before, after),
        Claim::AptListsCleanup => apt_lists::check(before, after, demand, facts),
        Claim::StepOrder => step_order::check(before, after, demand, facts),
        Claim::CommandOptions => command_options::check(before, after, demand, facts),
        Claim::DownloadCache => download_cache::check(before, after, demand, facts),
        Claim::CacheCleanup => cache_cleanup::check(before, after, demand, facts),
        Claim::OtherProgram => other_program::check(before, after, demand, facts),
        Claim::CommandDropped => command_dropped::check(before, after, demand, facts),
        Claim::OverriddenInstruction => overridden::check(before, after, demand, facts),
        Claim::PairForm => pair_form::check(before, after, demand, facts),
        Claim::EnvMerged => env_merged::check(before, after, demand, facts),
        Claim::AuthorLabel => author_label::check(before, after, demand, facts),
        Claim::Spelling => spelling::check(before, after, demand, facts),
        Claim::WorkdirPath => workdir_path::check(before, after, demand, facts),
        Claim::ExecForm => exec_form::check(before, after, demand, facts),
        Claim::CopiesMerged => copies_merged::check(before, after, demand, facts),
        Claim::CopyOwnerAndMode => copy_owner_mode::check(before, after, demand, facts),
        Claim::AddIsCopy => add_is_copy::check(before, after, demand, facts),
        Claim::WorkdirForCd => workdir_for_cd::check(before, after, demand, facts),
        Claim::ShellInForce => shell_in_force::check(before, after, demand, facts),
        Claim::ShellSpelling => shell_spelling::check(before, after, demand, facts),
        Claim::FailureEndsRun => failure_ends_run::check(before, after, demand, facts),
        Claim::ImageReference => image_reference::check(before, after, demand, facts),
    }
}

fn equal(before: &[trace::Token], after: &[trace::Token]) -> Result<(), Refusal> {
    match before.iter().zip(after).find(|(before, after)| before != after) {
        Some((before, after)) => Err(Refusal::new(format!("{before} became {after}"))),
        None if before.len() == after.len() => Ok(()),
        None => Err(Refusal::new("an instruction, a command or a comment appeared or is gone")),
    }
}

fn same_comments(before: &Trace, after: &Trace) -> Result<(), Refusal> {
    fn sorted(trace: &Trace) -> Vec<&str> {
        let mut comments: Vec<&str> = trace.comments().collect();
        comments.sort_unstable();
        comments
    }
    if sorted(before) == sorted(after) {
        return Ok(());
    }
    Err(Refusal::new("a comment was lost, added or changed"))
}
