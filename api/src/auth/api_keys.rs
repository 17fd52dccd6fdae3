//! API keys looked up lately: at most two seconds old, so that a revocation takes hold soon.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use infra::clock::SharedClock;
use parking_lot::Mutex;

use super::principal::KeyHolder;

/// How old a look-up may be.
const AGE_MAX: Duration = Duration::from_secs(2);
/// Keys remembered; unknown ones count too.
const KEYS_MAX: usize = 10_000;

/// What a look-up found: the holder, or nothing.
pub(crate) type Found = Option<Arc<KeyHolder>>;

/// Remembers look-ups by the hash of the key.
#[derive(Debug)]
pub struct KeyCache {
    clock: SharedClock,
    found: Mutex<HashMap<[u8; 32], (Duration, Found)>>,
}

impl KeyCache {
    /// Nothing is remembered yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, found: Mutex::default() }
    }

    /// The look-up of this hash, unless it is too old.
    pub fn get(&self, hash: &[u8; 32]) -> Option<Found> {
        let now = self.clock.monotonic();
        let found = self.found.lock();
        let (at, holder) = found.get(hash)?;
        (now.saturating_sub(*at) < AGE_MAX).then(|| holder.clone())
    }

    /// Remembers a look-up.
    pub fn put(&self, hash: [u8; 32], holder: Found) {
        let now = self.clock.monotonic();
        let mut found = self.found.lock();
        if found.len() >= KEYS_MAX {
            found.retain(|_, (at, _)| now.saturating_sub(*at) < AGE_MAX);
            if found.len() >= KEYS_MAX {
                found.clear();
            }
        }
        found.insert(hash, (now, holder));
    }

    /// Forgets everything: a key of this process's making was revoked.
    pub fn forget(&self) {
        self.found.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;
    use infra::clock::ManualClock;

    use super::*;

    #[test]
    fn a_look_up_is_believed_for_two_seconds() {
        let clock = ManualClock::new(Timestamp(0));
        let cache = KeyCache::new(Arc::<ManualClock>::clone(&clock));
        assert!(cache.get(&[1; 32]).is_none());
        cache.put([1; 32], None);
        clock.advance(Duration::from_millis(1_999));
        assert!(matches!(cache.get(&[1; 32]), Some(None)));
        clock.advance(Duration::from_millis(1));
        assert!(cache.get(&[1; 32]).is_none());
        cache.put([1; 32], None);
        cache.forget();
        assert!(cache.get(&[1; 32]).is_none());
    }
}
