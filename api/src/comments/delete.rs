//! `DELETE /v1/comments/{comment_id}`.

use axum::extract::State;
use domain::comment::Status;
use domain::event::{CommentDeleted, DeletedBy, RoomEvent};
use domain::id::{CommentId, RoomId, UserId};
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::comments;
use infra::http::problem::Problem;

use super::get::visible;
use crate::auth::{Principal, rights};
use crate::extract::Path;
use crate::{App, refusal, schema};

/// Takes a comment away: its author's own, or a moderator's choice. Again changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/comments/{comment_id}",
    operation_id = "deleteComment",
    tag = "comments",
    params(("comment_id" = schema::CommentId, Path, description = "The comment.")),
    responses((status = 204, description = "The comment is gone for everyone.")),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<CommentId>,
) -> Result<StatusCode, Problem> {
    let row = visible(&app, &principal, id).await?;
    let room_id = RoomId::from_uuid(row.room_id);
    let own = principal.user_id() == Some(UserId::from_uuid(row.author_id));
    let (to, by) = if own {
        (Status::Retracted, DeletedBy::Author)
    } else {
        principal.require_in(room_id, &rights::MODERATION_REVIEW)?;
        (Status::Removed, DeletedBy::Moderation)
    };
    let from = Status::parse(&row.status).ok_or_else(refusal::internal)?;
    if matches!(from, Status::Removed | Status::Retracted | Status::Rejected) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let to = if from == Status::Held && !own { Status::Rejected } else { to };
    let seq = row.seq;
    let room = app.rooms.open(room_id).await?;
    room.commit::<_, std::convert::Infallible, _>(move |tx| {
        async move {
            let at = Some(tx.at.as_millis());
            let changed =
                comments::change_status(tx.tx, id, from.as_str(), to.as_str(), at).await?;
            if changed && seq.is_some() {
                let deleted = CommentDeleted { comment_id: id, by, visible_reason: None };
                tx.publish(&RoomEvent::CommentDeleted(deleted)).await?;
                tx.forget_words(seq.as_slice()).await?;
            }
            Ok(())
        }
        .boxed()
    })
    .await
    .map_err(infra::database::Error::from)?;
    room.hub.forget(&seq.and_then(|seq| u64::try_from(seq).ok()).into_iter().collect::<Vec<_>>());
    Ok(StatusCode::NO_CONTENT)
}
