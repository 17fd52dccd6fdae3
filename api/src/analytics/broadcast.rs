//! `GET /v1/analytics/broadcasts/{broadcast_id}`.

use axum::extract::State;
use domain::id::{BroadcastId, OrgId};
use infra::database::{analytics_events, broadcasts};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::{App, refusal, schema};

/// What became of a broadcast.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(example = json!({"broadcast_id": "brd_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "viewers": 5}))]
pub struct BroadcastAnalytics {
    /// The broadcast.
    #[schema(value_type = schema::BroadcastId)]
    pub broadcast_id: BroadcastId,
    /// How many watched it, each person once.
    pub viewers: i64,
}

/// Shows what became of a broadcast of one's own organisation.
#[utoipa::path(
    get,
    path = "/v1/analytics/broadcasts/{broadcast_id}",
    operation_id = "getBroadcastAnalytics",
    tag = "analytics",
    params(("broadcast_id" = schema::BroadcastId, Path, description = "The broadcast.")),
    responses((status = 200, description = "Its figures so far.", body = BroadcastAnalytics)),
)]
pub(crate) async fn broadcast(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<BroadcastId>,
) -> Result<Json<BroadcastAnalytics>, Problem> {
    principal.require(&rights::CHANNELS_READ)?;
    let row = broadcasts::find(app.database.read(), id).await?.ok_or_else(refusal::not_found)?;
    refusal::same_org(principal.org_id(), OrgId::from_uuid(row.org_id))?;
    let viewers = analytics_events::viewers_of(app.database.read(), id).await?;
    Ok(Json(BroadcastAnalytics { broadcast_id: id, viewers }))
}
