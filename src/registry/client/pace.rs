//! How fast a host is asked, and when again.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::registry::{Registries, RegistryError};

use super::Patience;
use super::exchange::Answer;

/// How many requests a host gets at once where nothing else is configured.
const CONCURRENT: usize = 8;

/// Lets so many requests at a host at once, and asks again what failed for a while.
#[derive(Debug)]
pub(super) struct Pace {
    patience: Patience,
    configured: BTreeMap<String, usize>,
    hosts: Mutex<BTreeMap<String, Host>>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Host {
    running: usize,
    /// It asked to be left alone until then.
    until: Option<Instant>,
}

impl Pace {
    pub fn new(registries: &Registries, patience: Patience) -> Self {
        let configured = registries.0.iter().filter_map(|(host, registry)| Some((host.clone(), registry.concurrent?)));
        Self { patience, configured: configured.collect(), hosts: Mutex::default(), changed: Condvar::new() }
    }

    /// Sends by `send`, again where the host has too much to do or does not answer.
    pub fn paced(&self, host: &str, send: impl Fn() -> Result<Answer, RegistryError>) -> Result<Answer, RegistryError> {
        let mut wait = self.patience.first;
        let mut tries = 0;
        loop {
            tries += 1;
            let result = self.among_others(host, &send);
            if tries >= self.patience.tries {
                return result;
            }
            let asked = match &result {
                Ok(answer) if matches!(answer.status, 429 | 500 | 502 | 503 | 504) => answer.retry_after(),
                Err(RegistryError::Unreachable { .. }) => None,
                _ => return result,
            };
            let pause = asked.unwrap_or(wait);
            if pause > self.patience.between {
                return result;
            }
            if asked.is_some() {
                self.leave_alone(host, pause);
            } else {
                std::thread::sleep(pause);
            }
            wait *= 2;
        }
    }

    fn among_others<T>(&self, host: &str, send: impl Fn() -> T) -> T {
        let most = self.configured.get(host).copied().unwrap_or(CONCURRENT).max(1);
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let state = hosts.entry(host.to_owned()).or_default();
            let quiet = state.until.and_then(|until| until.checked_duration_since(Instant::now()));
            match quiet.filter(|quiet| !quiet.is_zero()) {
                Some(quiet) => {
                    hosts = self.changed.wait_timeout(hosts, quiet).unwrap_or_else(PoisonError::into_inner).0;
                }
                None if state.running < most => {
                    state.running += 1;
                    break;
                }
                None => hosts = self.changed.wait(hosts).unwrap_or_else(PoisonError::into_inner),
            }
        }
        drop(hosts);
        let _place = Place { pace: self, host };
        send()
    }

    fn leave_alone(&self, host: &str, pause: Duration) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + pause;
        let state = hosts.entry(host.to_owned()).or_default();
        state.until = Some(state.until.map_or(until, |known| known.max(until)));
    }
}

/// One of the requests that a host gets at once.
struct Place<'p> {
    pace: &'p Pace,
    host: &'p str,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut hosts = self.pace.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = hosts.get_mut(self.host) {
            state.running -= 1;
        }
        drop(hosts);
        self.pace.changed.notify_all();
    }
}
