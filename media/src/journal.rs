//! The journal of a broadcast: what was published, in order, so that the next process can say the
//! same again after a crash.
//!
//! A journal is a header and records; each record has its length and its CRC-32C before it. What
//! a crash tore off at the end is left out: a record is there whole, or it is not. The bytes of
//! parts are not in it but in a spool file for each segment, where they lie one after another.

mod record;
mod replay;

pub use record::{PartRecord, Reader, Record, SegmentRecord, write_header, write_record};
pub use replay::{Replay, Trail, retold};
