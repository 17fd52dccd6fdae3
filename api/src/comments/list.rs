//! `GET /v1/rooms/{room_id}/comments`.

use axum::extract::{OriginalUri, State};
use domain::comment::{Kind, Status};
use domain::id::{RoomId, UserId};
use infra::database::comments::{self, Wanted};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::shape::{Comment, show};
use crate::auth::{Principal, rights};
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Path, Query};
use crate::rooms::enter;
use crate::{App, schema};

/// Which comments, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only with this status; all but `published` are for moderators.
    #[param(value_type = Option<String>)]
    status: Option<Status>,
    /// Only of this kind.
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
    /// Only of this author.
    #[param(value_type = Option<schema::UserId>)]
    author_id: Option<UserId>,
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// Lists comments of a room, newest first.
#[utoipa::path(
    get,
    path = "/v1/rooms/{room_id}/comments",
    operation_id = "listComments",
    tag = "comments",
    params(("room_id" = schema::RoomId, Path, description = "The room."), Params),
    responses((status = 200, description = "A page of comments.", body = List<Comment>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RoomId>,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<Comment>, Problem> {
    let status = params.status.unwrap_or(Status::Published);
    let right = if status == Status::Published {
        &rights::COMMENTS_READ
    } else {
        &rights::MODERATION_REVIEW
    };
    enter(&app, &principal, id, right).await?;
    let kind = params.kind.map(Kind::as_str);
    let filter = format!("comments of {id} {} {kind:?} {:?}", status.as_str(), params.author_id);
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let read = app.database.read();
    let fetch = params.limit.fetch();
    let placed = matches!(status, Status::Published | Status::Removed | Status::Retracted);
    let before: Option<(i64, Uuid)> = asked.position(params.cursor.as_deref())?;
    let rows = if placed {
        let wanted = Wanted { status: Some(status.as_str()), kind, author: params.author_id };
        comments::page_before(read, id, before.map(|(seq, _)| seq), wanted, fetch).await?
    } else {
        comments::page_unplaced(read, id, before.map(|(_, id)| id), status.as_str(), fetch).await?
    };
    let shown = show(&app, rows).await?;
    Ok(asked.page(shown, |row| (row.seq.unwrap_or(0), row.id.uuid()), |row| row))
}
