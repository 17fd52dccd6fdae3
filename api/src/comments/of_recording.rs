//! `GET /v1/recordings/{recording_id}/comments`: the replay of a broadcast's comments.

use axum::extract::{OriginalUri, State};
use domain::id::{Id, RecordingId};
use domain::time::Timestamp;
use infra::database::broadcast_timeline::Timeline;
use infra::database::{broadcast_timeline, comments, recordings};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::shape::{Comment, show};
use crate::auth::Caller;
use crate::broadcasts::may_see;
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Path, Query};
use crate::{App, refusal, schema};

/// Which part, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// From this media time on.
    #[param(minimum = 0)]
    from_ms: Option<i64>,
    /// Before this media time.
    #[param(minimum = 0)]
    to_ms: Option<i64>,
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// A comment at its place in a recording.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RecordedComment, example = json!({
    "at_ms": 298_500,
    "comment": {
        "id": "cmt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "seq": 18240, "status": "published", "kind": "chat", "body": "hello",
        "author": {"id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "display_name": "Mira", "badges": []},
        "sent_at": "2026-11-25T18:30:00.000Z", "pdt_at": "2026-11-25T18:29:58.500Z", "media_ms": 298_500,
        "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"
    }
}))]
pub struct RecordedComment {
    /// Where it is shown, in the recording's time: media time and the recording's offset.
    pub at_ms: i64,
    /// The comment.
    pub comment: Comment,
}

/// Lists the comments of a recording in the order of its media.
#[utoipa::path(
    get,
    path = "/v1/recordings/{recording_id}/comments",
    operation_id = "listRecordingComments",
    tag = "comments",
    security((), ("bearer" = []), ("session" = [])),
    params(("recording_id" = schema::RecordingId, Path, description = "The recording."), Params),
    responses((status = 200, description = "A page of comments.", body = List<RecordedComment>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    Path(id): Path<RecordingId>,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<RecordedComment>, Problem> {
    let read = app.database.read();
    let recording = recordings::find(read, id).await?.ok_or_else(refusal::not_found)?;
    if !may_see(caller.as_ref(), recording.org_id, &recording.visibility) {
        return Err(refusal::not_found());
    }
    let filter = format!("comments of {id} {:?}..{:?}", params.from_ms, params.to_ms);
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let after: Option<(i64, Uuid)> = asked.position(params.cursor.as_deref())?;
    let Some(broadcast) = recording.broadcast_id.map(Id::from_uuid) else {
        return Ok(asked.page(Vec::new(), |_: &RecordedComment| (), |row| row));
    };
    let timeline = Timeline::new(&broadcast_timeline::of(read, broadcast).await?);
    let offset = recording.comment_offset_ms;
    let edge = |media_ms: Option<i64>, open: i64| {
        let pdt = media_ms.and_then(|ms| timeline.pdt(ms - offset));
        pdt.map_or(open, Timestamp::as_millis)
    };
    let span = edge(params.from_ms, i64::MIN)..edge(params.to_ms, i64::MAX);
    let rows =
        comments::page_of_broadcast(read, broadcast, span, after, params.limit.fetch()).await?;
    let shown = show(&app, rows).await?.into_iter().map(|comment| RecordedComment {
        at_ms: (comment.media_ms.unwrap_or(0) + offset).max(0),
        comment,
    });
    Ok(asked.page(
        shown.collect(),
        |row| (row.comment.pdt_at.as_millis(), row.comment.id.uuid()),
        |row| row,
    ))
}
