//! The rules of Headwater: ids, money, comments, gifts, moderation, feeds.
//!
//! Nothing here reads a clock, draws chance, or touches a socket, file or table: `now` and random
//! numbers are parameters. Only [`event`] is a wire format.

pub mod broadcast;
pub mod capability;
pub mod channel;
pub mod comment;
pub mod event;
pub mod feed;
pub mod gift;
pub mod id;
pub mod ledger;
pub mod moderation;
pub mod money;
pub mod time;
