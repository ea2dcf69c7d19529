//! `dockmod verify`: gather the Dockerfiles that change, build them, print what was found.

mod gather;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::context::Context;
use crate::edit::{Settings, fix_source_beside};
use crate::report::verification;
use crate::verify::engine::process::Interrupt;
use crate::verify::engine::{BuildOptions, Engine, EngineError};
use crate::verify::{Case, Report, Verdict, Verifier};

use super::args::{VerifyArgs, VerifyFormat};
use super::{Status, run, select, terminal};

/// After so many files the build cache of the run is removed: it would fill the disk.
const BATCH: usize = 16;

/// Verifies what the arguments ask for.
pub fn verify(args: &VerifyArgs) -> io::Result<Status> {
    run::set_colours(args.color);
    let configuration = match select::configuration(&args.choice, &args.config) {
        Ok(configuration) => configuration,
        Err(message) => return Ok(failed(&message)),
    };
    let gathered = match gather::cases(args, &configuration) {
        Ok(gathered) => gathered,
        Err(message) => return Ok(failed(&message)),
    };
    if gathered.cases.is_empty() {
        if !args.quiet {
            terminal::line("no Dockerfile changes: nothing to build");
        }
        return print(args, "", &[]).map(|()| if gathered.failed { Status::Failed } else { Status::Done });
    }
    let engine = match Engine::find(args.engine.map(super::args::EngineName::program), build_options(args)) {
        Ok(engine) => engine,
        Err(error) => return Ok(failed(&error.to_string())),
    };
    let interrupt = Arc::new(Interrupt::default());
    let on_signal = Arc::clone(&interrupt);
    let name = engine.repository().to_owned();
    let heard = move || {
        if on_signal.set() {
            terminal::error(&format!("interrupted again: images named {name} and their build cache may be left"));
            std::process::exit(i32::from(u8::from(Status::Failed)));
        }
    };
    if let Err(error) = ctrlc::set_handler(heard) {
        return Ok(failed(&format!("Ctrl-C can't be waited for: {error}")));
    }
    let built = build_all(args, &gathered.cases, &engine, &interrupt);
    let cleaned = engine.clean_up();
    let (reports, mut status) = built?;
    if let Err(error) = cleaned {
        status = failed(&error.to_string());
    }
    print(args, &engine.name(), &reports)?;
    if interrupt.is_set() {
        return Ok(failed("interrupted: the files that were not yet compared are missing above"));
    }
    let differ = reports.iter().any(|report| matches!(report.verdict, Verdict::Different | Verdict::Broken));
    let found = if differ { Status::WouldChange } else { Status::Done };
    Ok(if gathered.failed { Status::Failed } else { status.max(found) })
}

fn failed(message: &str) -> Status {
    terminal::error(message);
    Status::Failed
}

fn build_options(args: &VerifyArgs) -> BuildOptions {
    BuildOptions {
        build_args: args.build_arg.clone(),
        secrets: args.secret.clone(),
        ssh: args.ssh.clone(),
        target: args.target.clone(),
        platform: args.platform.clone(),
        network: args.network.clone(),
        limit: Duration::from_secs(args.timeout),
    }
}

/// The text of a case after its first fixes.
fn text_after(case: &Case, fixes: usize) -> Option<Vec<u8>> {
    let settings = Settings { limit: Some(fixes), ..case.settings.clone() };
    let beside = Context::beside(&case.path);
    let outcome = fix_source_beside(&case.before, &settings, &|_| case.context.clone(), beside.as_ref()).ok()?;
    Some(outcome.changed.unwrap_or_else(|| case.before.clone()))
}

/// Builds the cases, so many side by side as are asked for; reports come in the order of the cases.
fn build_all(
    args: &VerifyArgs,
    cases: &[Case],
    engine: &Engine,
    interrupt: &Interrupt,
) -> io::Result<(Vec<Report>, Status)> {
    let verifier = Verifier {
        engine,
        interrupt,
        rebuild: !args.no_rebuild,
        bisect: if args.bisect { Some(&text_after) } else { None },
    };
    let mut reports = Vec::new();
    let mut status = Status::Done;
    let mut take = |result: Result<Report, EngineError>| {
        match result {
            Ok(report) if report.verdict == Verdict::Interrupted => {}
            Ok(report) => {
                tell(args, &report, reports.len() + 1, cases.len())?;
                reports.push(report);
            }
            Err(error) => status = failed(&error.to_string()),
        }
        Ok(())
    };
    let mut left = cases.len();
    for batch in cases.chunks(BATCH) {
        build_batch(&verifier, batch, usize::from(args.jobs), &mut take)?;
        left -= batch.len();
        // What can't be removed now is found again, and told, at the end.
        if left > 0 && !interrupt.is_set() {
            let _ = engine.clean_up();
        }
    }
    Ok((reports, status))
}

/// Tells of a file as soon as it is known.
fn tell(args: &VerifyArgs, report: &Report, number: usize, total: usize) -> io::Result<()> {
    if args.format == VerifyFormat::Text {
        let mut out = io::stdout().lock();
        out.write_all(verification::text(report, args.verbose).as_bytes())?;
        return out.flush();
    }
    if !args.quiet {
        terminal::line(&format!("({number}/{total}) {}", verification::headline(report)));
    }
    Ok(())
}

/// Builds cases side by side, and hands over what becomes of them in their order. After Ctrl-C no new one is
/// begun.
fn build_batch(
    verifier: &Verifier<'_>,
    batch: &[Case],
    jobs: usize,
    take: &mut dyn FnMut(Result<Report, EngineError>) -> io::Result<()>,
) -> io::Result<()> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(batch.len()) {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = batch.get(at).filter(|_| !verifier.interrupt.is_set()) else { return };
                    if sender.send((at, verifier.verify(case.clone()))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (at, result) in receiver {
            early.insert(at, result);
            while let Some(result) = early.remove(&due) {
                due += 1;
                if let Err(error) = take(result) {
                    // Nobody reads any more: what runs is ended.
                    verifier.interrupt.set();
                    return Err(error);
                }
            }
        }
        Ok(())
    })
}

fn print(args: &VerifyArgs, engine: &str, reports: &[Report]) -> io::Result<()> {
    let text = match args.format {
        VerifyFormat::Text => verification::totals(reports),
        VerifyFormat::Json => verification::json(engine, reports)?,
        VerifyFormat::Markdown => verification::markdown(engine, reports, args.verbose),
    };
    io::stdout().lock().write_all(text.as_bytes())
}
