//! EXPOSE of what is no port of a container.

use std::net::IpAddr;

use crate::edit::{Offers, Proposals, Subject, Transform};
use crate::syntax::Keyword;

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "invalid-expose",
    summary: "find EXPOSE with ports that are none",
    offers: Offers::Findings,
    codes: &["DL3011", "ExposeInvalidFormat"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    asks_registries: false,
    words: &["expose"],
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    let model = subject.model;
    for index in 0..model.instructions.len() {
        let instruction = model.instructions[index];
        let body = model.inner(index);
        if body.keyword != Keyword::Expose {
            continue;
        }
        for (range, word) in body.operands(instruction.joined.text()) {
            // A variable may hold several ports, and `{port}` is a template's.
            if word.contains(['$', '{']) {
                continue;
            }
            let written = word.trim_matches(['"', '\'']);
            if let Some(text) = wrong(written) {
                proposals.leave(instruction.joined.span(range), text);
            }
        }
    }
}

/// Source: `convert_expose.go` of BuildKit's `dockerfile2llb`.
fn wrong(word: &str) -> Option<String> {
    let (host, port) = word.rsplit_once(':').map_or((None, word), |(host, port)| (Some(host), port));
    let (number, protocol) = port.split_once('/').map_or((port, "tcp"), |(number, protocol)| (number, protocol));
    if !matches!(protocol.to_ascii_lowercase().as_str(), "tcp" | "udp" | "sctp" | "") {
        return Some(format!(
            "`{word}` has no protocol that EXPOSE knows, and the build fails; write `tcp`, `udp` or `sctp`"
        ));
    }
    if let Some(text) = host.and_then(|host| wrong_mapping(word, host, number)) {
        return Some(text);
    }
    let (first, last) = number.split_once('-').unwrap_or((number, number));
    let numbers = [first, last];
    if !numbers.iter().all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(format!(
            "`{word}` is no port, and the build fails; write one number or range a word, as in `EXPOSE 80 443/udp`"
        ));
    }
    let numbers = numbers.map(str::parse::<u16>);
    let [Ok(first), Ok(last)] = numbers else {
        return Some(format!(
            "`{word}` is beyond 65535, the last port there is, and the build fails; write the port that the program listens on"
        ));
    };
    if first > last {
        return Some(format!("`{word}` ends before it begins, and the build fails; write the lower port first"));
    }
    host.filter(|host| !host.is_empty()).map(|_| {
        format!(
            "`{word}` maps a port of the host, which EXPOSE can't do: only the port of the container counts; map it by \
             `docker run -p`"
        )
    })
}

/// A port of the host that the parser does not take, or a range of ports that is not as long as that of the host.
///
/// Source: `ParsePortSpec` of `go-connections/nat`.
fn wrong_mapping(word: &str, host: &str, number: &str) -> Option<String> {
    let (address, host_port) = host.rsplit_once(':').unwrap_or(("", host));
    let range = |ports: &str| -> Option<(u16, u16)> {
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        Some((first.parse().ok()?, last.parse().ok()?))
    };
    // `127.0.0.1::80` is taken, and of addresses in brackets it depends on the version.
    if host_port.is_empty() || host_port.contains(']') {
        return None;
    }
    let (first, last) = range(number).filter(|(first, last)| first <= last)?;
    let fits = match range(host_port) {
        // One port of the container may get any of several ports of the host.
        Some((from, to)) => from <= to && (first == last || to - from == last - first),
        None => false,
    };
    let address_fits = address.is_empty() || address.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    (!(fits && address_fits)).then(|| {
        format!(
            "`{word}` maps a port of the host, which EXPOSE can't do, and the two sides do not fit, so that the build fails; \
             write the port of the container alone"
        )
    })
}
