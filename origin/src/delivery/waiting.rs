//! The bound on requests that wait for media which does not exist yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts waiting requests of the process; a cheap handle.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    now: Arc<AtomicUsize>,
    max: usize,
}

/// A place among the waiting; left when dropped, so a viewer who goes away frees it.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    now: &'a AtomicUsize,
}

impl Waiting {
    /// Room for `max` waiting requests.
    pub(crate) fn new(max: usize) -> Self {
        Self { now: Arc::default(), max }
    }

    /// A place, or `None` when all are taken.
    pub(crate) fn enter(&self) -> Option<Place<'_>> {
        let before = self.now.fetch_add(1, Ordering::Relaxed);
        let place = Place { now: &self.now };
        // Dropping the place takes the count back.
        (before < self.max).then_some(place)
    }

    /// Requests that wait now.
    pub(crate) fn count(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_come_back() {
        let waiting = Waiting::new(2);
        let first = waiting.enter();
        let second = waiting.enter();
        assert!(first.is_some() && second.is_some());
        assert!(waiting.enter().is_none());
        assert_eq!(waiting.count(), 2);
        drop(first);
        assert!(waiting.enter().is_some());
        drop(second);
        assert_eq!(waiting.count(), 0);
    }
}
