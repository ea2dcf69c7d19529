//! Long Dockerfiles take time by their length, and no more: eight times the instructions, or the levels of brackets,
//! never take thirty times as long.
#![allow(clippy::expect_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::ops::Add as _;
use std::time::{Duration, Instant};

use dockmod::edit::{Selected, Settings, fix_source};
use dockmod::transforms;

/// So many instructions, lines or words of one kind.
type Shape = fn(&mut String, usize);

const SHAPES: &[(&str, &str, Shape, &str)] = &[
    ("runs", "", |text, i| line(text, format_args!("RUN apt-get update && apt-get install -y package{i}")), ""),
    ("envs", "", |text, i| line(text, format_args!("ENV NAME{i} value{i}")), ""),
    ("copies", "", |text, i| line(text, format_args!("COPY file{i} /srv/file{i}")), ""),
    ("labels", "", |text, i| line(text, format_args!("LABEL name{i} value")), ""),
    ("comments", "", |text, i| line(text, format_args!("# comment {i}")), "RUN true\n"),
    ("words", "RUN apt-get update && apt-get install -y", |text, i| append(text, format_args!(" \\\n  p{i}")), "\n"),
    ("chain", "RUN true", |text, i| append(text, format_args!(" \\\n && echo {i} > /etc/file{i}")), "\n"),
    ("heredoc", "RUN <<EOF\n", |text, i| line(text, format_args!("echo {i}")), "EOF\n"),
    ("stages", "", stages, ""),
    ("mixed", "", mixed, ""),
];

/// What opens a level, and what closes it.
const NESTED: &[(&str, &str, &str)] = &[
    ("RUN ", "( ", " )"),
    ("RUN ", "{ ", "; }"),
    ("RUN ", "if true; then ", "; fi"),
    ("RUN ", "while true; do ", "; done"),
    ("RUN ", "case a in a) ", ";; esac"),
    ("RUN ", "f() { ", "; }"),
    ("RUN ", "! ", ""),
    ("RUN ", "time ", ""),
    ("RUN echo ", "$(echo ", ")"),
    ("RUN echo ", "\"$(echo ", ")\""),
    ("RUN echo ", "${A:-", "}"),
    ("RUN echo ", "$((", "))"),
    ("ENV A=", "${A:-", "}"),
    ("CMD ", "[", "]"),
    ("", "ONBUILD ", ""),
];

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("a text takes all");
}

fn append(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a text takes all");
}

fn stages(text: &mut String, i: usize) {
    if i.is_multiple_of(50) {
        line(text, format_args!("FROM debian:12 AS stage{i}"));
    } else {
        line(text, format_args!("COPY --from=stage{} /a{i} /b", i - i % 50));
    }
}

fn mixed(text: &mut String, i: usize) {
    match i % 6 {
        0 => line(text, format_args!("WORKDIR /srv/{i}")),
        1 => line(text, format_args!("COPY package.json .")),
        2 => line(text, format_args!("RUN npm install package{i}")),
        3 => line(text, format_args!("RUN cd /tmp && pip install package{i} && curl -fsSL https://e.example/{i} | sh")),
        4 => line(text, format_args!("ENV A{i}=$A{}b", i.saturating_sub(6))),
        _ => line(text, format_args!("ARG B{i}")),
    }
}

fn time(source: &str, settings: &Settings) -> Duration {
    let start = Instant::now();
    fix_source(source.as_bytes(), settings, &|_| None).expect("a Dockerfile");
    start.elapsed()
}

fn settings() -> Settings {
    let selected = transforms::ALL.iter().filter(|transform| !transform.opt_in);
    let transforms = selected.map(|transform| Selected { transform, by_name: false }).collect();
    Settings { transforms, ..Settings::default() }
}

#[test]
fn eight_times_the_depth_takes_no_thirty_times_the_time() {
    let settings = settings();
    for (head, open, close) in NESTED {
        // BuildKit reads no line of more than 64 KiB.
        let levels = |part: &str, number: usize| part.repeat(100).add("\\\n").repeat(number / 100);
        let source = |number: usize, run: usize| {
            format!("FROM debian:12\n{head}{}RUN{run}{}\n", levels(open, number), levels(close, number))
        };
        let least = |number| {
            let times = (1..4).map(|run| {
                let (text, start) = (source(number, run), Instant::now());
                // Such a file may be none that BuildKit takes: what counts is that it ends.
                let _ = fix_source(text.as_bytes(), &settings, &|_| None);
                start.elapsed()
            });
            times.min().expect("three runs")
        };
        let (shallow, deep) = (least(1000), least(8000));
        assert!(deep < shallow * 30 + Duration::from_millis(100), "{open}: {shallow:?}, then {deep:?}");
    }
}

#[test]
fn eight_times_the_length_takes_no_thirty_times_the_time() {
    let settings = settings();
    for (name, head, shape, end) in SHAPES {
        // Another text in each run: scripts that were read before are remembered.
        let source = |number: usize, run: usize| {
            let mut text = format!("FROM debian:12\n{head}");
            (run * 6000..run * 6000 + number).for_each(|i| shape(&mut text, i));
            text + end
        };
        let least = |number| (1..4).map(|run| time(&source(number, run), &settings)).min().expect("three runs");
        let (short, long) = (least(500), least(4000));
        assert!(long < short * 30 + Duration::from_millis(100), "{name}: {short:?}, then {long:?}");
    }
}
