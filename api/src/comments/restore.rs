//! `POST /v1/comments/{comment_id}/restore`.

use axum::extract::State;
use domain::comment::Status;
use domain::event::RoomEvent;
use domain::id::{CommentId, RoomId};
use futures_util::FutureExt as _;
use infra::database::{Refused, comments};
use infra::http::problem::Problem;

use super::get::visible;
use super::shape::{Comment, event_of, show};
use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::{App, refusal, schema};

/// Why a comment was not brought back.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreCommentError {
    /// It is not in a state that moderators can undo.
    #[error("a comment that is {0:?} is not brought back")]
    InvalidTransition(Status),
    /// Someone else was faster.
    #[error("the comment changed meanwhile")]
    Changed,
}

impl From<RestoreCommentError> for Problem {
    fn from(error: RestoreCommentError) -> Self {
        let code = match error {
            RestoreCommentError::InvalidTransition(_) => "invalid_transition",
            RestoreCommentError::Changed => "changed_meanwhile",
        };
        refusal::conflict(code, error.to_string())
    }
}

/// Brings back a comment that moderation held, refused or took away.
#[utoipa::path(
    post,
    path = "/v1/comments/{comment_id}/restore",
    operation_id = "restoreComment",
    tag = "comments",
    params(("comment_id" = schema::CommentId, Path, description = "The comment.")),
    responses(
        (status = 200, description = "The comment is published.", body = Comment),
        (status = 409, description = "`invalid_transition`: its author took it away, or it is published."),
    ),
)]
pub(crate) async fn restore(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<CommentId>,
) -> Result<Json<Comment>, Problem> {
    let row = visible(&app, &principal, id).await?;
    let room_id = RoomId::from_uuid(row.room_id);
    principal.require_in(room_id, &rights::MODERATION_REVIEW)?;
    let from = Status::parse(&row.status).ok_or_else(refusal::internal)?;
    if !from.can_become(Status::Published) {
        return Err(RestoreCommentError::InvalidTransition(from).into());
    }
    let room = app.rooms.open(room_id).await?;
    let danmaku = show(&app, vec![row.clone()]).await?.pop().and_then(|comment| comment.danmaku);
    let comment = event_of(&row, danmaku.map(Into::into));
    let was_shown = row.seq.is_some();
    room.commit(move |tx| {
        let comment = comment.clone();
        async move {
            let to = Status::Published.as_str();
            if !comments::change_status(tx.tx, id, from.as_str(), to, None).await? {
                return Err(Refused::Rule(RestoreCommentError::Changed));
            }
            // One that nobody has seen yet is new to the room.
            let event = if was_shown {
                RoomEvent::CommentRestored { comment }
            } else {
                RoomEvent::CommentCreated { comment }
            };
            let seq = tx.publish(&event).await?;
            comments::place(tx.tx, id, seq).await?;
            Ok(())
        }
        .boxed()
    })
    .await?;
    let row = comments::find(app.database.read(), id).await?.ok_or_else(refusal::not_found)?;
    show(&app, vec![row]).await?.pop().map(Json).ok_or_else(refusal::not_found)
}
