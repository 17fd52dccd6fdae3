//! From raw units to parts and segments on one grid.
//!
//! A packager takes what a publisher sends, with the time it came, and says what to publish. It
//! owns the broadcast's timeline: segment numbers, cuts and wall clock times. It outlives the
//! publisher's connections: when media stops, its tick goes on with gaps.

mod output;
mod profile;
mod settings;

pub use output::{
    Alarm, Control, Init, Output, Part, Rendition, Rid, RidError, Segment, SegmentOpen,
};
pub use profile::{Fraction, Profile, ProfileError};
pub use settings::{Resume, Settings};
