//! `GET /v1/comments/{comment_id}`.

use axum::extract::State;
use domain::comment::Status;
use domain::id::{CommentId, OrgId, RoomId, UserId};
use infra::database::comments;
use infra::http::problem::Problem;

use super::shape::{Comment, show};
use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::{App, refusal, schema};

/// Shows a comment; one that is not published only to its author and to moderators.
#[utoipa::path(
    get,
    path = "/v1/comments/{comment_id}",
    operation_id = "getComment",
    tag = "comments",
    params(("comment_id" = schema::CommentId, Path, description = "The comment.")),
    responses((status = 200, description = "The comment.", body = Comment)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<CommentId>,
) -> Result<Json<Comment>, Problem> {
    let row = visible(&app, &principal, id).await?;
    principal.require_in(RoomId::from_uuid(row.room_id), &rights::COMMENTS_READ)?;
    let comment = show(&app, vec![row]).await?.pop();
    comment.map(Json).ok_or_else(refusal::not_found)
}

/// The comment, for one who may see it in its present state.
pub(super) async fn visible(
    app: &App,
    principal: &Principal,
    id: CommentId,
) -> Result<comments::Model, Problem> {
    let row = comments::find(app.database.read(), id).await?.ok_or_else(refusal::not_found)?;
    refusal::same_org(principal.org_id(), OrgId::from_uuid(row.org_id))?;
    let own = principal.user_id() == Some(UserId::from_uuid(row.author_id));
    let public = row.status == Status::Published.as_str();
    if public || own || principal.moderates(RoomId::from_uuid(row.room_id)) {
        Ok(row)
    } else {
        Err(refusal::not_found())
    }
}
