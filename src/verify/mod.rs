//! Proof by building: a Dockerfile is built before and after its fixes, and the two images are compared.
//!
//! The original is built once more after the changed file: what differs between the two originals is what
//! every build changes, and says nothing of a fix. A difference that is left is either what one of the fixes
//! claims, or a failure.
#![allow(clippy::disallowed_methods, reason = "this room writes Dockerfiles and contexts for an engine to read")]

pub mod difference;
pub mod engine;
mod explain;
pub mod image;
mod touch;
mod volatile;

use std::path::PathBuf;
use std::time::Duration;

use crate::context::Context;
use crate::edit::{Applied, Settings};
use crate::model::Model;
use crate::syntax;

use difference::{Aspect, Difference, Place, differences};
use engine::process::Interrupt;
use engine::{Built, Engine, EngineError, Request};
use image::{Image, ImagePath, packages_record};
use volatile::{Cover, Volatile, differs_only_where_builds_do};

/// A content that is larger than this is not looked at line by line, in bytes.
const MAX_CONTENT: u64 = 8 * 1024 * 1024;

/// A Dockerfile in two versions.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its path.
    pub path: PathBuf,
    /// Its text before.
    pub before: Vec<u8>,
    /// Its text after.
    pub after: Vec<u8>,
    /// The fixes that lead from one to the other, in order; none where that is not known.
    pub fixes: Vec<Applied>,
    /// By what they were found.
    pub settings: Settings,
    /// The folder that is sent to the engine.
    pub folder: PathBuf,
    /// The build context, where it is known for sure.
    pub context: Option<Context>,
    /// The ignore file of this Dockerfile alone.
    pub ignore_file: Option<PathBuf>,
}

/// What the two builds showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The images are the same, up to what the fixes claim.
    Same,
    /// They differ.
    Different,
    /// The original builds, and the changed file does not.
    Broken,
    /// The original does not build: nothing can be said.
    NotBuilt,
    /// Ctrl-C came first.
    Interrupted,
}

/// Figures of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Bytes of its layers.
    pub bytes: u64,
    /// Its layers.
    pub layers: usize,
    /// A build from nothing but the base image.
    pub clean: Duration,
    /// A build after one source file has changed.
    pub rebuild: Option<Duration>,
}

/// A difference that a fix claims.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The difference.
    pub difference: Difference,
    /// The transform whose fix claims it.
    pub transform: &'static str,
    /// The name of the claim.
    pub claim: &'static str,
}

/// What is known of a case in the end.
#[derive(Debug, Clone)]
pub struct Report {
    /// The case.
    pub case: Case,
    /// What was found.
    pub verdict: Verdict,
    /// Differences that nothing explains.
    pub differences: Vec<Difference>,
    /// Differences that a fix claims.
    pub explained: Vec<Explained>,
    /// How many places differ between any two builds of the original.
    pub volatile: usize,
    /// The original's figures.
    pub before: Option<Figures>,
    /// The changed file's figures.
    pub after: Option<Figures>,
    /// The source file that was touched for the rebuild.
    pub touched: Option<String>,
    /// The end of the log of a build that failed.
    pub log: Option<String>,
    /// The fix that changed the image, or broke the build.
    pub culprit: Option<Applied>,
}

/// Gives the text of a case after its first fixes.
pub type TextAfter<'t> = dyn Fn(&Case, usize) -> Option<Vec<u8>> + Sync + 't;

/// What is to be done for each case.
pub struct Verifier<'e> {
    /// The engine.
    pub engine: &'e Engine,
    /// Whether everything is to end.
    pub interrupt: &'e Interrupt,
    /// Whether a rebuild is measured.
    pub rebuild: bool,
    /// Gives the text after the first fixes of a case, to find the one that changed the image.
    pub bisect: Option<&'e TextAfter<'e>>,
}

/// An image that was built, with its name and the time it took.
struct Made {
    name: String,
    took: Duration,
    image: Image,
}

/// A verdict, with the end of the log where a build failed.
type End = (Verdict, Option<String>);

/// How an attempt to build and read an image ended.
enum Attempt {
    Made(Box<Made>),
    Failed(String),
    Interrupted,
}

impl Verifier<'_> {
    /// Builds a case before and after, and compares.
    ///
    /// # Errors
    /// Where the engine fails at something other than a build.
    pub fn verify(&self, case: Case) -> Result<Report, EngineError> {
        let mut report = Report::of(case);
        (report.verdict, report.log) = self.compare(&mut report)?;
        Ok(report)
    }

    fn compare(&self, report: &mut Report) -> Result<End, EngineError> {
        let before = match self.make(&report.case, &report.case.before)? {
            Attempt::Made(made) => made,
            Attempt::Failed(log) => return Ok((Verdict::NotBuilt, Some(log))),
            Attempt::Interrupted => return Ok((Verdict::Interrupted, None)),
        };
        let after = match self.make(&report.case, &report.case.after)? {
            Attempt::Made(made) => made,
            Attempt::Failed(log) => return self.broken(report, &before, log),
            Attempt::Interrupted => return Ok((Verdict::Interrupted, None)),
        };
        (report.before, report.after) = (Some(before.figures()), Some(after.figures()));
        let mut learnt = Volatile::default();
        let mut again = None;
        let mut found = self.judge(report, &before, &after, None, &learnt)?;
        if !found.is_empty() {
            // As late as can be: what depends on the time differs between the originals all the more.
            let made = match self.make(&report.case, &report.case.before)? {
                Attempt::Made(made) => made,
                Attempt::Failed(log) => {
                    let log = format!("the original built once, and then no more:\n{log}");
                    return Ok((Verdict::NotBuilt, Some(log)));
                }
                Attempt::Interrupted => return Ok((Verdict::Interrupted, None)),
            };
            learnt = Volatile::learnt(&differences(&before.image, &made.image));
            report.volatile = learnt.places();
            found = self.judge(report, &before, &after, Some(&made), &learnt)?;
            again = Some(made);
        }
        let verdict = if found.is_empty() { Verdict::Same } else { Verdict::Different };
        report.differences = found;
        if verdict == Verdict::Different {
            report.culprit = self.culprit(report, &before, again.as_deref(), &learnt)?;
        } else if self.rebuild {
            self.measure_rebuild(report)?;
        }
        Ok((verdict, None))
    }

    /// The original built and the changed file did not: unless that was chance, it is broken.
    fn broken(&self, report: &mut Report, before: &Made, log: String) -> Result<End, EngineError> {
        report.before = Some(before.figures());
        match self.make(&report.case, &report.case.before)? {
            Attempt::Made(_) => {}
            Attempt::Failed(log) => {
                let log = format!("the original built once, and then no more:\n{log}");
                return Ok((Verdict::NotBuilt, Some(log)));
            }
            Attempt::Interrupted => return Ok((Verdict::Interrupted, None)),
        }
        match self.make(&report.case, &report.case.after)? {
            Attempt::Made(_) => {
                let log = format!("the changed file built at the second try only; at the first:\n{log}");
                Ok((Verdict::NotBuilt, Some(log)))
            }
            Attempt::Failed(_) => {
                report.culprit = self.culprit(report, before, None, &Volatile::default())?;
                Ok((Verdict::Broken, Some(log)))
            }
            Attempt::Interrupted => Ok((Verdict::Interrupted, None)),
        }
    }

    /// Builds a text from nothing but its base image, and reads the image.
    fn make(&self, case: &Case, dockerfile: &[u8]) -> Result<Attempt, EngineError> {
        let request =
            Request { dockerfile, ignore_file: case.ignore_file.as_deref(), context: &case.folder, fresh: true };
        match self.engine.build(&request, self.interrupt)? {
            Built::Image { name, took } => {
                let image = self.engine.image(&name, &packages_record, self.interrupt)?;
                if self.interrupt.is_set() {
                    return Ok(Attempt::Interrupted);
                }
                Ok(Attempt::Made(Box::new(Made { name, took, image })))
            }
            Built::Failed { log } => Ok(Attempt::Failed(log)),
            Built::Interrupted => Ok(Attempt::Interrupted),
        }
    }

    /// The differences that neither a fix claims nor every build makes.
    fn judge(
        &self,
        report: &mut Report,
        before: &Made,
        after: &Made,
        again: Option<&Made>,
        learnt: &Volatile,
    ) -> Result<Vec<Difference>, EngineError> {
        let all = differences(&before.image, &after.image);
        report.explained.clear();
        let (mut left, mut by_lines) = (Vec::new(), Vec::new());
        for difference in &all {
            match learnt.covers(difference) {
                Cover::Whole => continue,
                Cover::SomeLines => {
                    by_lines.push(difference.clone());
                    continue;
                }
                Cover::None => {}
            }
            match explain::explanation(difference, &all, &before.image, &report.case.fixes) {
                Some(fix) => report.explained.push(Explained {
                    difference: difference.clone(),
                    transform: fix.transform.id,
                    claim: fix.claim.name(),
                }),
                None => left.push(difference.clone()),
            }
        }
        if let Some(again) = again.filter(|_| !by_lines.is_empty()) {
            left.extend(self.other_lines(&by_lines, before, again, after)?);
            left.sort_unstable();
        }
        Ok(left)
    }

    /// Of files whose content differs from build to build: those that differ in other lines as well.
    fn other_lines(
        &self,
        candidates: &[Difference],
        before: &Made,
        again: &Made,
        after: &Made,
    ) -> Result<Vec<Difference>, EngineError> {
        let paths: Vec<&ImagePath> = candidates.iter().filter_map(Difference::path).collect();
        let keep = |path: &[u8]| paths.iter().any(|wanted| wanted.as_slice() == path).then_some(MAX_CONTENT);
        let contents = |made: &Made| self.engine.image(&made.name, &keep, self.interrupt).map(|image| image.tree);
        let (original, second, changed) = (contents(before)?, contents(again)?, contents(after)?);
        let is_other = |difference: &Difference| {
            let Place::File(path, Aspect::Content) = &difference.place else { return true };
            match (original.content(path), second.content(path), changed.content(path)) {
                (Some(original), Some(second), Some(changed)) => {
                    !differs_only_where_builds_do(original, second, changed)
                }
                // Too large to be looked at.
                _ => false,
            }
        };
        Ok(candidates.iter().filter(|difference| is_other(difference)).cloned().collect())
    }

    /// The first fix with which the image is another one, by building with half of them, and half again.
    fn culprit(
        &self,
        report: &Report,
        before: &Made,
        again: Option<&Made>,
        learnt: &Volatile,
    ) -> Result<Option<Applied>, EngineError> {
        let Some(text_after) = self.bisect else { return Ok(None) };
        // With `good` fixes the image is the same, with `bad` it is not.
        let (mut good, mut bad) = (0, report.case.fixes.len());
        while bad > good + 1 {
            let middle = usize::midpoint(good, bad);
            let Some(text) = text_after(&report.case, middle) else { return Ok(None) };
            let same = match self.make(&report.case, &text)? {
                Attempt::Made(made) => {
                    let mut part = Report::of(report.case.clone());
                    part.case.fixes.truncate(middle);
                    let same = self.judge(&mut part, before, &made, again, learnt)?.is_empty();
                    self.engine.remove(&made.name);
                    same
                }
                Attempt::Failed(_) => false,
                Attempt::Interrupted => return Ok(None),
            };
            if same {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Ok(bad.checked_sub(1).and_then(|last| report.case.fixes.get(last)).cloned())
    }

    /// Builds both versions once more with one source file changed, from what the clean builds left.
    fn measure_rebuild(&self, report: &mut Report) -> Result<(), EngineError> {
        let case = &report.case;
        let Some(context) = &case.context else { return Ok(()) };
        let touched = syntax::parse(&case.before).ok().and_then(|file| touch::source_file(&Model::of(&file), context));
        let Some(touched) = touched else { return Ok(()) };
        // Without a copy of the context there is no figure; the verdict stands.
        let Ok(folder) = touch::touched_copy(context, &touched) else { return Ok(()) };
        let mut times = Vec::new();
        for dockerfile in [&case.before, &case.after] {
            let request =
                Request { dockerfile, ignore_file: case.ignore_file.as_deref(), context: folder.path(), fresh: false };
            match self.engine.build(&request, self.interrupt)? {
                Built::Image { took, .. } => times.push(took),
                Built::Failed { .. } | Built::Interrupted => return Ok(()),
            }
        }
        report.touched = Some(touched);
        for (figures, took) in [&mut report.before, &mut report.after].into_iter().zip(times) {
            if let Some(figures) = figures {
                figures.rebuild = Some(took);
            }
        }
        Ok(())
    }
}

impl Made {
    const fn figures(&self) -> Figures {
        Figures { bytes: self.image.bytes, layers: self.image.layers, clean: self.took, rebuild: None }
    }
}

impl Report {
    fn of(case: Case) -> Self {
        Self {
            case,
            verdict: Verdict::NotBuilt,
            differences: Vec::new(),
            explained: Vec::new(),
            volatile: 0,
            before: None,
            after: None,
            touched: None,
            log: None,
            culprit: None,
        }
    }
}
