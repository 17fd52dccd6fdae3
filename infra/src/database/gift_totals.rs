//! Coins given by each user in each scope: what leaderboards read. Can be rebuilt from orders.

use sea_orm::entity::prelude::*;
use sea_orm::{
    ConnectionTrait, QueryOrder as _, QuerySelect as _, Statement, sea_query::Condition,
};

use super::Error;

/// One sum.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gift_totals")]
pub struct Model {
    /// `broadcast`, `channel`, `channel_day` or `channel_week`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// The broadcast or channel; for a day or week, its start behind a colon.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope_id: String,
    /// Who gave.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// How much.
    pub coins: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Which leaderboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    /// `broadcast`, `channel`, `channel_day` or `channel_week`.
    pub scope: &'static str,
    /// The broadcast or channel.
    pub scope_id: Uuid,
    /// Where the day or week starts (UTC, weeks on Monday), milliseconds since 1970; else zero.
    pub period_start: i64,
}

const DAY_MS: i64 = 86_400_000;

impl Board {
    /// The text that the table knows it by.
    fn key(self) -> String {
        match self.period_start {
            0 => self.scope_id.simple().to_string(),
            start => format!("{}:{start}", self.scope_id.simple()),
        }
    }

    /// All gifts of one broadcast.
    pub const fn broadcast(id: Uuid) -> Self {
        Self { scope: "broadcast", scope_id: id, period_start: 0 }
    }

    /// All gifts that a channel ever got.
    pub const fn channel(id: Uuid) -> Self {
        Self { scope: "channel", scope_id: id, period_start: 0 }
    }

    /// A channel's gifts of the day, in UTC, that `now` lies in.
    pub const fn channel_day(id: Uuid, now: i64) -> Self {
        Self { scope: "channel_day", scope_id: id, period_start: now - now.rem_euclid(DAY_MS) }
    }

    /// A channel's gifts of the week, from Monday in UTC, that `now` lies in.
    pub const fn channel_week(id: Uuid, now: i64) -> Self {
        // 1970 began on a Thursday, three days after a Monday.
        let into_week = (now + 3 * DAY_MS).rem_euclid(7 * DAY_MS);
        Self { scope: "channel_week", scope_id: id, period_start: now - into_week }
    }

    /// Every board that a gift to this channel at `at` counts on.
    pub fn all(channel: Uuid, broadcast: Option<Uuid>, at: i64) -> impl Iterator<Item = Self> {
        broadcast.map(Self::broadcast).into_iter().chain([
            Self::channel(channel),
            Self::channel_day(channel, at),
            Self::channel_week(channel, at),
        ])
    }
}

/// Adds coins, below zero for a refund, to a user's sum on one board.
pub async fn add(
    tx: &impl ConnectionTrait,
    board: Board,
    user: Uuid,
    coins: i64,
    now: i64,
) -> Result<(), Error> {
    tx.execute_raw(Statement::from_sql_and_values(
        tx.get_database_backend(),
        "INSERT INTO gift_totals (scope, scope_id, user_id, coins, updated_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (scope, scope_id, user_id) DO UPDATE \
         SET coins = gift_totals.coins + excluded.coins, updated_at = excluded.updated_at",
        [board.scope.into(), board.key().into(), user.into(), coins.into(), now.into()],
    ))
    .await?;
    Ok(())
}

/// The greatest sums of a board after a place in it (coins, user).
pub async fn top(
    conn: &impl ConnectionTrait,
    board: Board,
    after: Option<(i64, Uuid)>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::Scope.eq(board.scope))
        .filter(Column::ScopeId.eq(board.key()))
        .filter(Column::Coins.gt(0));
    if let Some((coins, user)) = after {
        query = query.filter(
            Condition::any()
                .add(Column::Coins.lt(coins))
                .add(Condition::all().add(Column::Coins.eq(coins)).add(Column::UserId.gt(user))),
        );
    }
    query
        .order_by_desc(Column::Coins)
        .order_by_asc(Column::UserId)
        .limit(limit)
        .all(conn)
        .await
        .map_err(Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_starts_on_monday_in_utc() {
        let monday = 1_767_571_200_000; // 2026-01-05T00:00:00Z
        for (now, start) in [
            (monday, monday),
            (monday + 7 * DAY_MS - 1, monday),
            (monday + 7 * DAY_MS, monday + 7 * DAY_MS),
        ] {
            assert_eq!(Board::channel_week(Uuid::nil(), now).period_start, start);
        }
        assert_eq!(Board::channel_day(Uuid::nil(), monday + 5).period_start, monday);
    }
}
