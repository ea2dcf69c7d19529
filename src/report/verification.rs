//! What `dockmod verify` tells: for a terminal, a program, or a pull request.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use serde::Serialize;

use crate::edit::Applied;
use crate::verify::difference::{Difference, Place};
use crate::verify::{Explained, Figures, Report, Verdict};

use super::escape::visible;
use super::plural;

/// So many differences of a file are listed in a text; JSON has them all.
const LISTED: usize = 20;

/// A file in one line.
#[must_use]
pub fn headline(report: &Report) -> String {
    format!("{}: {}", report.case.path.display(), in_words(report))
}

fn in_words(report: &Report) -> String {
    match report.verdict {
        Verdict::Same if report.explained.is_empty() => "the same".to_owned(),
        Verdict::Same => {
            let claimed = plural(report.explained.len(), "difference", "differences");
            format!("the same, but for {claimed} that {} claim", claimants(&report.explained))
        }
        Verdict::Different => plural(report.differences.len(), "difference", "differences"),
        Verdict::Broken => "it no longer builds".to_owned(),
        Verdict::NotBuilt => "it does not build as it is: not counted".to_owned(),
        Verdict::Interrupted => "interrupted".to_owned(),
    }
}

fn claimants(explained: &[Explained]) -> String {
    let mut ids: Vec<&str> = explained.iter().map(|explained| explained.transform).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.join(", ")
}

/// A file, for a terminal.
#[must_use]
pub fn text(report: &Report, verbose: bool) -> String {
    let mut lines = vec![headline(report)];
    for (name, figures) in [("before", report.before), ("after", report.after)] {
        if let Some(figures) = figures {
            lines.push(format!("  {name}: {}", figures_in_words(&figures)));
        }
    }
    if let Some(touched) = &report.touched {
        lines.push(format!("  rebuilt with {touched} changed"));
    }
    lines.extend(details(report, verbose).into_iter().map(|part| format!("  {part}")));
    lines.push(String::new());
    lines.iter().map(|line| visible(line)).collect::<Vec<_>>().join("\n")
}

/// All files together, for a terminal.
#[must_use]
pub fn totals(reports: &[Report]) -> String {
    if reports.is_empty() { String::new() } else { format!("{}\n", totals_in_words(&Totals::of(reports))) }
}

fn figures_in_words(figures: &Figures) -> String {
    let mut text = format!(
        "{}, {}, built in {}",
        size(figures.bytes),
        plural(figures.layers, "layer", "layers"),
        seconds(figures.clean)
    );
    if let Some(rebuild) = figures.rebuild {
        let _ = write!(text, ", rebuilt in {}", seconds(rebuild));
    }
    text
}

/// What is behind a verdict, a line each.
fn details(report: &Report, verbose: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for difference in report.differences.iter().take(LISTED) {
        lines.push(format!("differs: {difference}"));
    }
    if report.differences.len() > LISTED {
        lines.push(format!("and {} more (--format json has them all)", report.differences.len() - LISTED));
    }
    if verbose {
        for Explained { difference, transform, claim } in report.explained.iter().take(LISTED) {
            lines.push(format!("claimed by {transform} ({claim}): {difference}"));
        }
    }
    if let Some(culprit) = &report.culprit {
        lines.push(format!(
            "the first fix with which it differs: line {}: {}: {}",
            culprit.line, culprit.transform.id, culprit.title
        ));
    }
    lines.extend(report.log.iter().flat_map(|log| log.lines()).map(|line| format!("| {line}")));
    lines
}

/// Sums over all files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
struct Totals {
    same: usize,
    different: usize,
    broken: usize,
    not_built: usize,
    bytes_before: u64,
    bytes_after: u64,
    layers_before: usize,
    layers_after: usize,
    clean_seconds_before: f64,
    clean_seconds_after: f64,
    rebuild_seconds_before: f64,
    rebuild_seconds_after: f64,
}

impl Totals {
    fn of(reports: &[Report]) -> Self {
        let mut totals = Self::default();
        for report in reports {
            match report.verdict {
                Verdict::Same => totals.same += 1,
                Verdict::Different => totals.different += 1,
                Verdict::Broken => totals.broken += 1,
                Verdict::NotBuilt | Verdict::Interrupted => totals.not_built += 1,
            }
            let (Some(before), Some(after)) = (report.before, report.after) else { continue };
            totals.bytes_before += before.bytes;
            totals.bytes_after += after.bytes;
            totals.layers_before += before.layers;
            totals.layers_after += after.layers;
            totals.clean_seconds_before += before.clean.as_secs_f64();
            totals.clean_seconds_after += after.clean.as_secs_f64();
            if let (Some(before), Some(after)) = (before.rebuild, after.rebuild) {
                totals.rebuild_seconds_before += before.as_secs_f64();
                totals.rebuild_seconds_after += after.as_secs_f64();
            }
        }
        totals
    }
}

fn totals_in_words(totals: &Totals) -> String {
    let built = totals.same + totals.different + totals.broken;
    let mut text = format!("{}: {} the same", plural(built, "Dockerfile", "Dockerfiles"), totals.same);
    for (number, what) in [(totals.different, "with another image"), (totals.broken, "no longer building")] {
        if number > 0 {
            let _ = write!(text, ", {number} {what}");
        }
    }
    if totals.not_built > 0 {
        let _ = write!(text, "; not counted, as it does not build as it is: {}", totals.not_built);
    }
    if totals.bytes_before > 0 {
        let _ = write!(
            text,
            "\n{} → {}, {} → {} layers, clean builds {:.1} s → {:.1} s",
            size(totals.bytes_before),
            size(totals.bytes_after),
            totals.layers_before,
            totals.layers_after,
            totals.clean_seconds_before,
            totals.clean_seconds_after
        );
    }
    if totals.rebuild_seconds_before > 0.0 {
        let _ =
            write!(text, ", rebuilds {:.1} s → {:.1} s", totals.rebuild_seconds_before, totals.rebuild_seconds_after);
    }
    text
}

#[derive(Serialize)]
struct Document<'r> {
    engine: &'r str,
    files: Vec<File<'r>>,
    totals: Totals,
}

#[derive(Serialize)]
struct File<'r> {
    path: String,
    verdict: &'static str,
    fixes: Vec<Fix<'r>>,
    differences: Vec<Told>,
    explained: Vec<Claimed>,
    volatile: usize,
    before: Option<Measured>,
    after: Option<Measured>,
    #[serde(skip_serializing_if = "Option::is_none")]
    touched: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    culprit: Option<Fix<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'r str>,
}

#[derive(Serialize)]
struct Fix<'r> {
    line: usize,
    transform: &'static str,
    title: &'r str,
    safety: &'static str,
    claim: &'static str,
}

#[derive(Serialize)]
struct Told {
    kind: &'static str,
    place: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
struct Claimed {
    transform: &'static str,
    claim: &'static str,
    #[serde(flatten)]
    difference: Told,
}

#[derive(Serialize)]
struct Measured {
    bytes: u64,
    layers: usize,
    clean_seconds: f64,
    rebuild_seconds: Option<f64>,
}

/// For a program: all that is known.
///
/// # Errors
/// Where it can't be written as JSON, which no report is known to cause.
pub fn json(engine: &str, reports: &[Report]) -> io::Result<String> {
    let files = reports.iter().map(file).collect();
    let document = Document { engine, files, totals: Totals::of(reports) };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn file(report: &Report) -> File<'_> {
    File {
        path: report.case.path.display().to_string(),
        verdict: verdict_name(report.verdict),
        fixes: report.case.fixes.iter().map(fix).collect(),
        differences: report.differences.iter().map(told).collect(),
        explained: report
            .explained
            .iter()
            .map(|explained| Claimed {
                transform: explained.transform,
                claim: explained.claim,
                difference: told(&explained.difference),
            })
            .collect(),
        volatile: report.volatile,
        before: report.before.map(measured),
        after: report.after.map(measured),
        touched: report.touched.as_deref(),
        culprit: report.culprit.as_ref().map(fix),
        log: report.log.as_deref(),
    }
}

fn fix(applied: &Applied) -> Fix<'_> {
    Fix {
        line: applied.line,
        transform: applied.transform.id,
        title: &applied.title,
        safety: applied.safety.name(),
        claim: applied.claim.name(),
    }
}

fn told(difference: &Difference) -> Told {
    let kind = match difference.place {
        Place::File(..) => "file",
        Place::Package(..) => "package",
        Place::Config(_) => "config",
    };
    Told {
        kind,
        place: difference.place.to_string(),
        before: difference.before.clone(),
        after: difference.after.clone(),
    }
}

const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Different => "different",
        Verdict::Broken => "broken",
        Verdict::NotBuilt => "not-built",
        Verdict::Interrupted => "interrupted",
    }
}

fn measured(figures: Figures) -> Measured {
    Measured {
        bytes: figures.bytes,
        layers: figures.layers,
        clean_seconds: figures.clean.as_secs_f64(),
        rebuild_seconds: figures.rebuild.map(|took| took.as_secs_f64()),
    }
}

/// For a pull request.
#[must_use]
pub fn markdown(engine: &str, reports: &[Report], verbose: bool) -> String {
    let mut out = String::from("### Built before and after\n\n");
    if reports.is_empty() {
        out.push_str("No Dockerfile changes.\n");
        return out;
    }
    let _ = writeln!(out, "{}, by {engine}.\n", totals_in_words(&Totals::of(reports)).replace('\n', "; "));
    out.push_str("| Dockerfile | image | size | layers | clean build | rebuild |\n|---|---|---|---|---|---|\n");
    for report in reports {
        let (before, after) = (report.before, report.after);
        let pair = |part: &dyn Fn(&Figures) -> Option<String>| {
            let side = |figures: Option<Figures>| figures.as_ref().and_then(part).unwrap_or_else(|| "–".to_owned());
            format!("{} → {}", side(before), side(after))
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            cell(&report.case.path.display().to_string()),
            cell(&in_words(report)),
            pair(&|figures| Some(size(figures.bytes))),
            pair(&|figures| Some(figures.layers.to_string())),
            pair(&|figures| Some(seconds(figures.clean))),
            pair(&|figures| figures.rebuild.map(seconds)),
        );
    }
    for report in reports {
        let details = details(report, verbose);
        if details.is_empty() {
            continue;
        }
        let path = visible(&report.case.path.display().to_string()).into_owned();
        let _ = writeln!(out, "\n<details><summary>{}</summary>\n", path.replace('<', "&lt;"));
        for line in details {
            // Four blanks make a block in which no character counts as markup.
            let _ = writeln!(out, "    {}", visible(&line));
        }
        out.push_str("\n</details>\n");
    }
    out
}

/// A text that can't leave its cell.
fn cell(text: &str) -> String {
    visible(text).replace('|', "\\|").replace('<', "&lt;")
}

/// Powers of 1000, as registries and disks count.
#[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Safety, Settings};
    use crate::prove::Claim;
    use crate::transforms;
    use crate::verify::Case;

    fn report(verdict: Verdict) -> Report {
        let fix = Applied {
            transform: transforms::find("merge-runs").unwrap(),
            title: "join".to_owned(),
            reason: String::new(),
            safety: Safety::Safe,
            claim: Claim::RunBoundaries,
            line: 3,
        };
        let case = Case {
            path: "a|b/Dockerfile".into(),
            before: Vec::new(),
            after: Vec::new(),
            fixes: vec![fix],
            settings: Settings::default(),
            folder: ".".into(),
            context: None,
            ignore_file: None,
        };
        let figures = |bytes| Figures { bytes, layers: 2, clean: Duration::from_millis(1500), rebuild: None };
        Report {
            case,
            verdict,
            differences: Vec::new(),
            explained: Vec::new(),
            volatile: 0,
            before: Some(figures(2_500_000)),
            after: Some(figures(1_500_000)),
            touched: None,
            log: None,
            culprit: None,
        }
    }

    fn difference() -> Difference {
        let place = Place::Config("user".to_owned());
        Difference { place, before: Some("app\u{1b}".to_owned()), after: None }
    }

    #[test]
    fn a_file_for_a_terminal() {
        let mut different = report(Verdict::Different);
        different.differences = vec![difference(); 21];
        different.culprit = different.case.fixes.first().cloned();
        let told = text(&different, false);
        assert!(
            told.starts_with("a|b/Dockerfile: 21 differences\n  before: 2.5 MB, 2 layers, built in 1.5 s\n"),
            "{told}"
        );
        assert!(told.contains("  differs: user: app\\u{1b} is gone\n"), "{told}");
        assert!(told.contains("  and 1 more (--format json has them all)\n"), "{told}");
        assert!(told.ends_with("  the first fix with which it differs: line 3: merge-runs: join\n"), "{told}");
    }

    #[test]
    fn totals_count_each_kind() {
        let mut not_built = report(Verdict::NotBuilt);
        (not_built.before, not_built.after) = (None, None);
        let all = [report(Verdict::Same), report(Verdict::Different), report(Verdict::Broken), not_built];
        let expected = "3 Dockerfiles: 1 the same, 1 with another image, 1 no longer building; not counted, as it does \
                        not build as it is: 1\n7.5 MB → 4.5 MB, 6 → 6 layers, clean builds 4.5 s → 4.5 s\n";
        assert_eq!(totals(&all), expected);
        assert_eq!(totals(&[]), "");
    }

    #[test]
    fn a_pull_request_keeps_its_table() {
        let mut broken = report(Verdict::Broken);
        broken.log = Some("</details> | <b>".to_owned());
        let told = markdown("docker 26", &[broken], false);
        assert!(told.contains("| a\\|b/Dockerfile | it no longer builds | 2.5 MB → 1.5 MB | 2 → 2 |"), "{told}");
        assert!(told.contains("\n    | </details> | <b>\n"), "the log stands in a block: {told}");
    }

    #[test]
    fn a_program_gets_everything() {
        let mut same = report(Verdict::Same);
        same.explained.push(Explained { difference: difference(), transform: "merge-runs", claim: "run-boundaries" });
        let told: serde_json::Value = serde_json::from_str(&json("docker 26", &[same]).unwrap()).unwrap();
        let file = &told["files"][0];
        assert_eq!(file["verdict"], "same");
        assert_eq!(file["fixes"][0]["transform"], "merge-runs");
        assert_eq!(file["explained"][0]["kind"], "config");
        assert_eq!(file["explained"][0]["after"], serde_json::Value::Null);
        assert_eq!(file["before"]["bytes"], 2_500_000);
        assert_eq!(told["totals"]["same"], 1);
    }
}
