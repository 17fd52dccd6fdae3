//! What must not be shown, whatever its score.

use super::{Ask, Candidate, State, Strategy, Surface};

/// Whether a candidate may be shown: it is available and listed, was not shown on an earlier page,
/// is not what is being watched, and was not hidden by the viewer.
pub fn passes(state: &State, ask: &Ask<'_>, candidate: &Candidate) -> bool {
    let is_hidden = ask
        .user
        .filter(|_| ask.strategy == Strategy::Personal)
        .and_then(|user| state.viewer(user))
        .is_some_and(|viewer| viewer.hides(candidate.channel));
    let is_watched_now = ask.surface == Surface::UpNext(candidate.channel);
    !is_hidden
        && !is_watched_now
        && !ask.shown.contains(&candidate.item)
        && state.is_available(candidate.item, ask.now)
}
