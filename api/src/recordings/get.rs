//! `GET /v1/recordings/{recording_id}`.

use axum::extract::State;
use domain::id::RecordingId;
use infra::database::recordings;
use infra::http::problem::Problem;

use super::shape::Recording;
use crate::auth::Caller;
use crate::broadcasts::may_see;
use crate::convention::Versioned;
use crate::extract::Path;
use crate::{App, refusal, schema};

/// Shows a recording.
#[utoipa::path(
    get,
    path = "/v1/recordings/{recording_id}",
    operation_id = "getRecording",
    tag = "recordings",
    security((), ("bearer" = []), ("session" = [])),
    params(("recording_id" = schema::RecordingId, Path, description = "The recording.")),
    responses((status = 200, description = "The recording; `ETag` names its revision.", body = Recording)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    Caller(caller): Caller,
    Path(id): Path<RecordingId>,
) -> Result<Versioned<Recording>, Problem> {
    let row = recordings::find(app.database.read(), id).await?.ok_or_else(refusal::not_found)?;
    if !may_see(caller.as_ref(), row.org_id, &row.visibility) {
        return Err(refusal::not_found());
    }
    Ok(Versioned { version: row.revision, body: Recording::of(row) })
}
