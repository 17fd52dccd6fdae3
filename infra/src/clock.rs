//! Time, as a parameter: the wall clock for what is shown and stored, a monotonic one for durations.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use domain::time::Timestamp;
use parking_lot::Mutex;

/// Tells the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The wall clock, in milliseconds since 1970. It may jump when the machine's clock is set.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment of this process; never goes back.
    fn monotonic(&self) -> Duration;
}

/// A clock that many owners read.
pub type SharedClock = Arc<dyn Clock>;

/// The clock of the machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts at zero now.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// The same, ready to be handed down.
    pub fn shared() -> SharedClock {
        Arc::new(Self::new())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock {
    start: Timestamp,
    passed: Mutex<Duration>,
}

impl ManualClock {
    /// A clock that shows `start` until it is moved.
    pub fn new(start: Timestamp) -> Arc<Self> {
        Arc::new(Self { start, passed: Mutex::new(Duration::ZERO) })
    }

    /// Moves both readings forward.
    pub fn advance(&self, by: Duration) {
        *self.passed.lock() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.start.plus(*self.passed.lock())
    }

    fn monotonic(&self) -> Duration {
        *self.passed.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_both_readings_and_only_when_told() {
        let clock = ManualClock::new(Timestamp(1_000));
        assert_eq!((clock.now(), clock.monotonic()), (Timestamp(1_000), Duration::ZERO));
        clock.advance(Duration::from_millis(250));
        assert_eq!(
            (clock.now(), clock.monotonic()),
            (Timestamp(1_250), Duration::from_millis(250))
        );
    }

    #[test]
    fn the_system_clock_is_past_2024_and_never_goes_back() {
        let clock = SystemClock::new();
        assert!(clock.now() > Timestamp(1_704_067_200_000));
        let first = clock.monotonic();
        assert!(clock.monotonic() >= first);
    }
}
