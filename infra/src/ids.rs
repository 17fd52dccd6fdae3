//! Fresh ids and random bytes: the only source of chance beside the one that tests seed.

use std::sync::Arc;

use domain::id::Id;
use parking_lot::Mutex;
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use crate::clock::SharedClock;

/// Bits of a UUIDv7 that hold no time, version or variant.
const RANDOM_BITS: u32 = 74;

/// Makes ids (UUIDv7) and secrets' bytes. Clones share one source.
///
/// Ids of one process grow strictly, also within a millisecond and when the clock is set back.
#[derive(Clone)]
pub struct Ids {
    clock: SharedClock,
    state: Arc<Mutex<State>>,
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ids").finish_non_exhaustive()
    }
}

struct State {
    /// A ChaCha generator, good enough for secrets.
    random: StdRng,
    last_ms: u64,
    /// The low 74 bits of the last id.
    last_low: u128,
}

impl Ids {
    /// Ids whose chance comes from the operating system.
    pub fn new(clock: SharedClock) -> Self {
        Self::from_source(clock, StdRng::from_os_rng())
    }

    /// Ids that are the same on every run: for tests.
    pub fn seeded(clock: SharedClock, seed: u64) -> Self {
        Self::from_source(clock, StdRng::seed_from_u64(seed))
    }

    fn from_source(clock: SharedClock, random: StdRng) -> Self {
        Self { clock, state: Arc::new(Mutex::new(State { random, last_ms: 0, last_low: 0 })) }
    }

    /// A fresh id of kind `T`.
    pub fn next<T>(&self) -> Id<T> {
        Id::from_uuid(self.uuid())
    }

    /// A fresh UUIDv7, larger than every one before it.
    pub fn uuid(&self) -> Uuid {
        let now_ms = u64::try_from(self.clock.now().as_millis()).unwrap_or(0);
        let mut state = self.state.lock();
        if now_ms > state.last_ms {
            state.last_ms = now_ms;
            // The top bit stays free, so that a millisecond has room for 2^41 steps below.
            state.last_low = state.random.random::<u128>() & ((1 << (RANDOM_BITS - 1)) - 1);
        } else {
            state.last_low += u128::from(state.random.random_range(1..=u32::MAX));
            if state.last_low >> RANDOM_BITS != 0 {
                state.last_ms += 1;
                state.last_low = state.random.random::<u128>() & ((1 << (RANDOM_BITS - 1)) - 1);
            }
        }
        compose(state.last_ms, state.last_low)
    }

    /// Random bytes, fit for secrets.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.state.lock().random.fill_bytes(&mut bytes);
        bytes
    }
}

/// Lays 48 bits of time and 74 free bits out as RFC 9562 says for version 7.
fn compose(ms: u64, low: u128) -> Uuid {
    let time = u128::from(ms & 0xffff_ffff_ffff) << 80;
    let high = ((low >> 62) & 0xfff) << 64;
    let tail = low & ((1 << 62) - 1);
    Uuid::from_u128(time | (0x7 << 76) | high | (0b10 << 62) | tail)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{id::BroadcastId, time::Timestamp};

    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn ids_are_version_7_and_hold_the_time() {
        let ids = Ids::seeded(ManualClock::new(Timestamp(0x0192_abcd_ef01)), 1);
        let uuid = ids.uuid();
        assert_eq!(uuid.get_version_num(), 7);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
        assert!(uuid.simple().to_string().starts_with("0192abcdef01"));
    }

    #[test]
    fn ids_grow_within_a_millisecond_and_across_them() {
        let clock = ManualClock::new(Timestamp(1_000));
        let ids = Ids::new(Arc::clone(&clock) as SharedClock);
        let mut last = ids.uuid();
        for step in 0..10_000 {
            if step % 1_000 == 0 {
                clock.advance(Duration::from_millis(1));
            }
            let next = ids.uuid();
            assert!(next > last);
            last = next;
        }
    }

    #[test]
    fn one_seed_gives_the_same_ids_and_two_seeds_others() {
        let make = |seed| {
            let ids = Ids::seeded(ManualClock::new(Timestamp(1)), seed);
            (ids.next::<domain::id::Broadcast>(), ids.bytes::<8>())
        };
        let first: (BroadcastId, _) = make(7);
        assert_eq!(first, make(7));
        assert_ne!(first, make(8));
    }
}
