//! Background work: imports, roll-ups, sweeps, and the jobs that carry them.

pub mod import;
