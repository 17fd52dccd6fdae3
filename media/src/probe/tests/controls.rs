//! For every rule, streams that break it.

mod fragments;
mod http;
mod playlists;

use super::super::{Ask, Exchange};
use super::sound::{Kind, Sound};

/// A rule, a sound stream, and what makes the stream break the rule.
pub(super) type Control = (&'static str, Kind, fn(&mut Sound));

/// All of them.
pub(super) const CONTROLS: [&[Control]; 3] =
    [http::CONTROLS, playlists::CONTROLS, fragments::CONTROLS];
