//! The room hub: one owner task for each open room, one position for each viewer.
//!
//! Facts enter through [`Room::commit`] (any rows together with room events, one transaction, no
//! hole in the sequence) and, for comments, [`Room::post`] (batched). Viewers read through
//! [`Stream`]. What may be said is decided before, by [`Screening`].

mod airing;
mod answer;
mod assembly;
mod commit;
mod crowd;
mod follow;
mod frame;
mod hub;
mod outlet;
mod owner;
mod position;
mod post;
mod ring;
mod rooms;
mod screening;
mod settings;
mod standing;
mod stream;
mod ticket;

pub use airing::Airing;
pub use commit::RoomTx;
pub(crate) use follow::follow_broadcasts;
pub use frame::{Frame, Sample, Stamped};
pub use hub::{Hub, Read};
pub use position::{Position, PositionError};
pub use post::{Draft, Posted, With};
pub use rooms::{OpenError, Room, Rooms, Surroundings};
pub use screening::{Said, Screening, Verdict};
pub use settings::{Access, Hold, Settings, Stored as StoredSettings};
pub use standing::{Pace, TooOften};
pub use stream::{Stream, Wanted};
pub use ticket::{Ticket, TicketError, Tickets};
