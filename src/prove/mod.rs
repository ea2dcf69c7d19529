//! Whether a rewrite kept the meaning of a Dockerfile.
//!
//! A fix claims what it changes, out of a small closed set. Both versions are turned into a [`Trace`]: every
//! directive, comment, instruction and command in order. The claim's own rules then walk the two traces side
//! by side, and whatever they do not explain refutes the fix. Nothing here knows a transform, and no
//! transform's code is used.

mod apt_lists;
mod apt_update;
mod joining;
mod package_order;
mod run_boundaries;
mod step_order;
mod trace;

pub use trace::Trace;

use crate::context::Context;
use crate::model::Model;

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
}

impl Claim {
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
        }
    }

    /// The claim of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::Layout,
            Self::RunBoundaries,
            Self::PackageOrder,
            Self::AptUpdateJoined,
            Self::AptListsCleanup,
            Self::StepOrder,
        ];
        all.into_iter().find(|claim| claim.name() == name)
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
    pub context: Option<&'c Context>,
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
    /// The trace.
    pub trace: Trace,
}

impl<'f, 's> Version<'f, 's> {
    /// Traces a file.
    #[must_use]
    pub fn of(file: &'f crate::syntax::Dockerfile<'s>) -> Self {
        let model = Model::of(file);
        let trace = Trace::of(&model);
        Self { model, trace }
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
    if before.trace.head != after.trace.head {
        return Err(Refusal::new("the parser directives differ"));
    }
    same_comments(&before.trace, &after.trace)?;
    match claim {
        Claim::Layout => equal(&before.trace.tokens, &after.trace.tokens),
        Claim::RunBoundaries => run_boundaries::check(before, after),
        Claim::PackageOrder => package_order::check(before, after, demand),
        Claim::AptUpdateJoined => apt_update::check(before, after),
        Claim::AptListsCleanup => apt_lists::check(before, after, demand, facts),
        Claim::StepOrder => step_order::check(before, after, demand, facts),
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
    let sorted = |trace: &Trace| {
        let mut comments: Vec<String> = trace.comments().map(str::to_owned).collect();
        comments.sort_unstable();
        comments
    };
    if sorted(before) == sorted(after) {
        return Ok(());
    }
    Err(Refusal::new("a comment was lost, added or changed"))
}
