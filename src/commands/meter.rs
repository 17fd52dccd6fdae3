//! How far a long command is: a line that grows on a terminal, else one line every five seconds.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use infra::clock::SharedClock;
use workers::import::Progress;

use super::say;

/// Shows progress on stderr.
pub(super) struct Meter {
    /// What is done to segments: `imported`.
    verb: &'static str,
    clock: SharedClock,
    shown_at: Duration,
    terminal: bool,
}

impl Meter {
    /// Begins now.
    pub(super) fn new(verb: &'static str, clock: &SharedClock) -> Self {
        let (clock, terminal) = (Arc::clone(clock), std::io::stderr().is_terminal());
        Self { verb, shown_at: clock.monotonic(), clock, terminal }
    }

    /// Says how far it is, but not too often.
    pub(super) fn show(&mut self, progress: Progress) {
        let pause = if self.terminal { Duration::from_millis(100) } else { Duration::from_secs(5) };
        let now = self.clock.monotonic();
        let last = progress.done == progress.of;
        if now < self.shown_at + pause && !(last && self.terminal) {
            return;
        }
        self.shown_at = now;
        let line = format!("{} {} of {} segments", self.verb, progress.done, progress.of);
        if self.terminal {
            let end = if last { "\n" } else { "" };
            // A closed stderr is nobody's loss.
            drop(write!(std::io::stderr().lock(), "\r{line}{end}"));
        } else {
            say(&line);
        }
    }
}
