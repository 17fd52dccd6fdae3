//! Background work: imports, exports, roll-ups, sweeps, and the jobs that carry them.
//!
//! [`Workers::spawn`] starts what a process does beside answering. Any number of processes may:
//! jobs are leased rows, roll-ups and sweeps take rows away in the transaction that uses them.

pub mod export;
pub mod import;
pub mod jobs;
mod purge;
mod roll_up;
mod sweep;
#[cfg(test)]
mod testing;

use infra::{clock::SharedClock, database::Database, ids::Ids, object::Store, tasks::Tasks};

/// What the workers are made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where facts are.
    pub database: Database,
    /// Where objects are.
    pub store: Store,
    /// Fresh ids.
    pub ids: Ids,
    /// The time.
    pub clock: SharedClock,
    /// Who waits for tasks.
    pub tasks: Tasks,
}

/// The background work of one process.
#[derive(Debug)]
pub struct Workers;

impl Workers {
    /// Starts every worker; they end when the process drains.
    pub fn spawn(parts: &Parts) {
        roll_up::start(parts);
        sweep::start(parts);
        let runner = jobs::Runner::new(parts.clone()).with(purge::KIND, purge::Purge::new(parts));
        runner.start();
    }
}
