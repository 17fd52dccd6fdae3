//! One board as an answer.

use domain::id::UserId;
use infra::database::gift_totals::{self, Board};
use infra::database::{self, users};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Limit;
use crate::{App, schema};

/// Who gave most, the most first. Anonymous gifts count on no board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Leaderboard {
    /// At most as many as asked for.
    pub data: Vec<Leader>,
}

/// Someone who gave.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "rank": 1, "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Ana", "coins": 1_250
}))]
pub struct Leader {
    /// The place, from 1; equal sums share one.
    pub rank: u32,
    /// Who.
    #[schema(value_type = schema::UserId)]
    pub user_id: UserId,
    /// How they are called.
    pub display_name: String,
    /// How much they gave.
    pub coins: i64,
}

/// The top of a board.
pub(super) async fn show(
    app: &App,
    board: Board,
    limit: Limit,
) -> Result<Leaderboard, database::Error> {
    let read = app.database.read();
    let rows = gift_totals::top(read, board, None, limit.rows() as u64).await?;
    let mut data: Vec<Leader> = Vec::with_capacity(rows.len());
    for (row, place) in rows.into_iter().zip(1..) {
        let tied = data.last().filter(|last| last.coins == row.coins).map(|last| last.rank);
        let user_id = UserId::from_uuid(row.user_id);
        let user = users::find(read, user_id).await?;
        data.push(Leader {
            rank: tied.unwrap_or(place),
            user_id,
            display_name: user.map_or_else(String::new, |user| user.display_name),
            coins: row.coins,
        });
    }
    Ok(Leaderboard { data })
}
