//! `DELETE /v1/recordings/{recording_id}`.

use axum::extract::State;
use domain::event::Topic;
use domain::id::RecordingId;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{self, outbox, recordings};
use infra::http::problem::Problem;

use super::shape::{own, told};
use crate::auth::Principal;
use crate::extract::Path;
use crate::{App, refusal, schema};

/// Why a recording was not deleted.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[non_exhaustive]
pub enum DeleteRecordingError {
    /// The law keeps it.
    #[error("a legal hold keeps this recording")]
    LegalHold,
    /// It still grows.
    #[error("its broadcast is still on the air: end it first")]
    StillRecording,
}

impl From<DeleteRecordingError> for Problem {
    fn from(error: DeleteRecordingError) -> Self {
        let detail = error.to_string();
        match error {
            DeleteRecordingError::LegalHold => {
                refusal::of(StatusCode::LOCKED, "legal_hold", detail)
            }
            DeleteRecordingError::StillRecording => refusal::conflict("still_recording", detail),
        }
    }
}

/// Deletes a recording: it can no longer be played, its objects go with the next sweep.
#[utoipa::path(
    delete,
    path = "/v1/recordings/{recording_id}",
    operation_id = "deleteRecording",
    tag = "recordings",
    params(("recording_id" = schema::RecordingId, Path, description = "The recording.")),
    responses(
        (status = 204, description = "The recording is gone."),
        (status = 423, description = "`legal_hold`: the law keeps it."),
    ),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RecordingId>,
) -> Result<StatusCode, Problem> {
    let mut row = own(&app, &principal, id).await?;
    if row.legal_hold {
        return Err(DeleteRecordingError::LegalHold.into());
    }
    if row.status == "recording" {
        return Err(DeleteRecordingError::StillRecording.into());
    }
    if row.status == "purged" {
        return Ok(StatusCode::NO_CONTENT);
    }
    let now = app.clock.now();
    "purged".clone_into(&mut row.status);
    row.purge_after = Some(now.as_millis());
    row.revision += 1;
    let event_id = app.ids.next();
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let row = row.clone();
        async move {
            recordings::update(tx, &row).await?;
            outbox::append(tx, told(event_id, Topic::RecordingPurged, &row, now)).await?;
            Ok(())
        }
        .boxed()
    });
    written.await.map_err(database::Error::from)?;
    Ok(StatusCode::NO_CONTENT)
}
