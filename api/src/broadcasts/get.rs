//! `GET /v1/broadcasts/{broadcast_id}`.

use axum::extract::State;
use domain::id::BroadcastId;
use infra::database::broadcasts;
use infra::http::problem::Problem;

use super::shape::{Broadcast, may_see};
use crate::auth::Caller;
use crate::extract::{Json, Path};
use crate::{App, refusal, schema};

/// Shows a broadcast.
#[utoipa::path(
    get,
    path = "/v1/broadcasts/{broadcast_id}",
    operation_id = "getBroadcast",
    tag = "broadcasts",
    security((), ("bearer" = []), ("session" = [])),
    params(("broadcast_id" = schema::BroadcastId, Path, description = "The broadcast.")),
    responses((status = 200, description = "The broadcast.", body = Broadcast)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    Caller(caller): Caller,
    Path(id): Path<BroadcastId>,
) -> Result<Json<Broadcast>, Problem> {
    let row = broadcasts::find(app.database.read(), id).await?.ok_or_else(refusal::not_found)?;
    if !may_see(caller.as_ref(), row.org_id, &row.visibility) {
        return Err(refusal::not_found());
    }
    Ok(Json(Broadcast::of(row)))
}
