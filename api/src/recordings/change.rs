//! `PATCH /v1/recordings/{recording_id}`.

use axum::extract::State;
use domain::channel::Visibility;
use domain::event::Topic;
use domain::id::RecordingId;
use futures_util::FutureExt as _;
use infra::database::{self, outbox, recordings};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::shape::{Recording, own, told};
use crate::auth::Principal;
use crate::channels::title;
use crate::convention::Versioned;
use crate::extract::{MergePatch, Patch, Path};
use crate::{App, refusal, schema};

/// How far comments may be moved: an hour.
const OFFSET_MS_MAX: i64 = 3_600_000;

/// What to change; absent members stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"visibility": "unlisted"}))]
pub struct RecordingChange {
    /// For people.
    #[schema(value_type = Option<String>, max_length = 140)]
    #[serde(default)]
    pub title: Patch<String>,
    /// `public`, `unlisted` or `private`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub visibility: Patch<String>,
    /// How much later than its media time each comment is shown.
    #[schema(value_type = Option<i64>, minimum = -3_600_000, maximum = 3_600_000)]
    #[serde(default)]
    pub comment_offset_ms: Patch<i64>,
}

/// Changes a recording.
#[utoipa::path(
    patch,
    path = "/v1/recordings/{recording_id}",
    operation_id = "updateRecording",
    tag = "recordings",
    params(("recording_id" = schema::RecordingId, Path, description = "The recording.")),
    request_body(content = RecordingChange, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The recording as it is now.", body = Recording)),
)]
pub(crate) async fn change(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RecordingId>,
    MergePatch(change): MergePatch<RecordingChange>,
) -> Result<Versioned<Recording>, Problem> {
    let mut row = own(&app, &principal, id).await?;
    if let Patch::Set(text) = &change.title {
        row.title = title(text)?;
    }
    row.visibility =
        change.visibility.apply_or(row.visibility, Visibility::Public.as_str().to_owned());
    if Visibility::parse(&row.visibility).is_none() {
        return Err(refusal::invalid("/visibility", "invalid", "public, unlisted or private"));
    }
    row.comment_offset_ms = change.comment_offset_ms.apply_or(row.comment_offset_ms, 0);
    if !(-OFFSET_MS_MAX..=OFFSET_MS_MAX).contains(&row.comment_offset_ms) {
        return Err(refusal::invalid("/comment_offset_ms", "out_of_range", "at most an hour"));
    }
    row.revision += 1;
    let (changed, event_id, now) = (row.clone(), app.ids.next(), app.clock.now());
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let changed = changed.clone();
        async move {
            recordings::update(tx, &changed).await?;
            outbox::append(tx, told(event_id, Topic::RecordingUpdated, &changed, now)).await?;
            Ok(())
        }
        .boxed()
    });
    written.await.map_err(database::Error::from)?;
    Ok(Versioned { version: row.revision, body: Recording::of(row) })
}
