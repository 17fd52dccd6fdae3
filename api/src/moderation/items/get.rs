//! `GET /v1/moderation/items/{item_id}`.

use axum::extract::State;
use domain::id::{Id, ItemId, RoomId, UserId};
use domain::time::Timestamp;
use infra::database::{comments, mod_decisions, mod_items, reports, sanctions, users};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::show::{Item, show};
use crate::auth::{Principal, rights};
use crate::comments::{Comment, show as show_comments};
use crate::extract::{Json, Path};
use crate::moderation::decisions::Decision;
use crate::reports::Report;
use crate::sanctions::Sanction;
use crate::{App, refusal, schema};

/// Comments of the room round the subject.
const ROUND_MAX: u64 = 20;
/// The author's last comments, decisions and sanctions.
const HISTORY_MAX: u64 = 20;
/// Reports of one item.
const REPORTS_MAX: u64 = 50;

/// Everything a moderator needs to judge an item.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ModerationItemDetail)]
pub struct Detail {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// What was said in the room up to the subject and right after it, oldest first.
    pub around: Vec<Comment>,
    /// Who made the subject, with what they did before.
    pub author_history: Option<AuthorHistory>,
    /// Decisions on this item, newest first.
    pub decisions: Vec<Decision>,
    /// Reports that went into it, oldest first.
    pub reports: Vec<Report>,
}

/// What an author did before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuthorHistory {
    /// When they joined.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub joined_at: Option<Timestamp>,
    /// Their last comments in the organisation, newest first.
    pub comments: Vec<Comment>,
    /// Decisions about what they made, newest first.
    pub decisions: Vec<Decision>,
    /// Their sanctions, newest first.
    pub sanctions: Vec<Sanction>,
}

/// Shows an item with what was said around it and what its author did before.
#[utoipa::path(
    get,
    path = "/v1/moderation/items/{item_id}",
    operation_id = "getItem",
    tag = "moderation",
    params(("item_id" = schema::ItemId, Path, description = "The item.")),
    responses((status = 200, description = "The item.", body = Detail)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<ItemId>,
) -> Result<Json<Detail>, Problem> {
    let org = principal.org_id();
    let read = app.database.read();
    let row = mod_items::get(read, org.uuid(), id.uuid()).await?.ok_or_else(refusal::not_found)?;
    match row.room_id.map(RoomId::from_uuid) {
        Some(room) => principal.require_in(room, &rights::MODERATION_REVIEW)?,
        None => principal.require(&rights::MODERATION_REVIEW)?,
    }
    let around = around(&app, &row).await?;
    let author_history = match row.subject_author_id.map(UserId::from_uuid) {
        Some(author) => Some(history(&app, &principal, author).await?),
        None => None,
    };
    let decisions = mod_decisions::on(read, row.id, HISTORY_MAX).await?;
    let reports = reports::of_item(read, row.id, REPORTS_MAX).await?;
    let item = show(&app, vec![row]).await?.pop().ok_or_else(refusal::not_found)?;
    Ok(Json(Detail {
        item,
        around,
        author_history,
        decisions: decisions.into_iter().map(Decision::from).collect(),
        reports: reports.into_iter().map(Report::from).collect(),
    }))
}

async fn around(app: &App, row: &mod_items::Model) -> Result<Vec<Comment>, Problem> {
    let Some(room) = row.room_id.map(RoomId::from_uuid) else { return Ok(Vec::new()) };
    let read = app.database.read();
    let rows = comments::around(read, room, Id::from_uuid(row.subject_id), ROUND_MAX).await?;
    Ok(show_comments(app, rows).await?)
}

async fn history(
    app: &App,
    principal: &Principal,
    author: UserId,
) -> Result<AuthorHistory, Problem> {
    let read = app.database.read();
    let org = principal.org_id().uuid();
    let user = users::find(read, author).await?.filter(|user| user.org_id == org);
    // A viewer's token sees no further than its own room.
    let room = match principal {
        Principal::Viewer(viewer) => Some(viewer.room_id),
        Principal::Key(_) | Principal::Session(_) => None,
    };
    let rows = comments::latest_of(read, principal.org_id(), author, room, HISTORY_MAX).await?;
    let decisions = mod_decisions::about_author(read, org, author.uuid(), HISTORY_MAX).await?;
    let sanctions = sanctions::page_before(read, org, author.uuid(), None, HISTORY_MAX).await?;
    let now = app.clock.now();
    Ok(AuthorHistory {
        joined_at: user.map(|user| Timestamp(user.created_at)),
        comments: show_comments(app, rows).await?,
        decisions: decisions.into_iter().map(Decision::from).collect(),
        sanctions: sanctions.into_iter().map(|row| Sanction::of(row, now)).collect(),
    })
}
