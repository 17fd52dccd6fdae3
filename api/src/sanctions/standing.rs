//! What a user may do in a room right now. Read from the table each time: no process is ever late.

use domain::event::SanctionKind;
use domain::id::UserId;
use domain::time::Timestamp;
use http::StatusCode;
use infra::database::{self, sanctions};
use infra::http::problem::Problem;

use crate::App;
use crate::refusal;
use crate::room::Room;

/// How the words of a user who may write are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As anyone's.
    Free,
    /// Shown to their author alone, who is not told.
    Shadowed,
}

/// Why a user may not do something here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandingError {
    /// A sanction forbids it.
    #[error("a sanction forbids this")]
    Sanctioned {
        /// Which kind.
        kind: SanctionKind,
        /// Until when; without end when absent.
        until: Option<Timestamp>,
    },
    /// The database did not answer.
    #[error("the sanctions could not be read")]
    Database(#[from] database::Error),
}

impl From<StandingError> for Problem {
    fn from(error: StandingError) -> Self {
        match error {
            StandingError::Sanctioned { kind, until } => {
                let until = until.map(|until| until.to_string());
                refusal::of(StatusCode::FORBIDDEN, "sanctioned", "you may not do this here now")
                    .member("kind", kind.as_str())
                    .member("until", until)
            }
            StandingError::Database(error) => error.into(),
        }
    }
}

/// Whether a user may write in a room.
///
/// # Errors
/// [`StandingError::Sanctioned`] during a timeout or ban.
pub async fn may_write(app: &App, user: UserId, room: &Room) -> Result<Standing, StandingError> {
    let binding = binding(app, user, room).await?;
    forbid(&binding, &[SanctionKind::Ban, SanctionKind::Timeout])?;
    let shadowed = binding.iter().any(|(kind, _)| *kind == SanctionKind::Shadow);
    Ok(if shadowed { Standing::Shadowed } else { Standing::Free })
}

/// Whether a user may send gifts in a room.
///
/// # Errors
/// [`StandingError::Sanctioned`] during a ban or where gifts are forbidden.
pub async fn may_give(app: &App, user: UserId, room: &Room) -> Result<(), StandingError> {
    let binding = binding(app, user, room).await?;
    forbid(&binding, &[SanctionKind::Ban, SanctionKind::NoGifts])
}

type Binding = Vec<(SanctionKind, Option<Timestamp>)>;

async fn binding(app: &App, user: UserId, room: &Room) -> Result<Binding, database::Error> {
    let scopes = [room.id.uuid(), room.channel_id.uuid(), room.org_id.uuid()];
    let now = app.clock.now();
    let rows = sanctions::binding(app.database.read(), user.uuid(), &scopes, now.0).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((SanctionKind::parse(&row.kind)?, row.ends_at.map(Timestamp))))
        .collect())
}

/// Refuses by the one that holds longest.
fn forbid(binding: &Binding, kinds: &[SanctionKind]) -> Result<(), StandingError> {
    let longest = binding
        .iter()
        .filter(|(kind, _)| kinds.contains(kind))
        .max_by_key(|(_, until)| until.unwrap_or(Timestamp::MAX));
    match longest {
        Some(&(kind, until)) => Err(StandingError::Sanctioned { kind, until }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_sanction_is_named() {
        let binding = vec![
            (SanctionKind::Warn, None),
            (SanctionKind::Timeout, Some(Timestamp(10))),
            (SanctionKind::Timeout, Some(Timestamp(30))),
        ];
        let kinds = [SanctionKind::Ban, SanctionKind::Timeout];
        let Err(StandingError::Sanctioned { kind, until }) = forbid(&binding, &kinds) else {
            panic!("a timeout forbids");
        };
        assert_eq!((kind, until), (SanctionKind::Timeout, Some(Timestamp(30))));
        assert!(forbid(&binding, &[SanctionKind::NoGifts]).is_ok());
    }
}
