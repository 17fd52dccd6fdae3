//! `GET /v1/channels/by-slug/{slug}`.

use axum::extract::State;
use domain::channel::Visibility;
use domain::id::{ChannelId, Id, OrgId};
use infra::database::{broadcasts, channels, follows, recordings};
use infra::http::problem::Problem;

use super::shape::{CurrentBroadcast, PublicChannel, hls, room_of, words};
use crate::auth::Caller;
use crate::extract::{Json, Path};
use crate::{App, refusal};

/// Shows a channel as everyone sees it, with what is on the air.
#[utoipa::path(
    get,
    path = "/v1/channels/by-slug/{slug}",
    operation_id = "getChannelBySlug",
    tag = "channels",
    security((), ("bearer" = []), ("session" = [])),
    params(("slug" = String, Path, description = "The channel's name in addresses.")),
    responses((status = 200, description = "The channel.", body = PublicChannel)),
)]
pub(crate) async fn by_slug(
    State(app): State<App>,
    Caller(caller): Caller,
    Path(slug): Path<String>,
) -> Result<Json<PublicChannel>, Problem> {
    let row = channels::find_by_slug(app.database.read(), &slug).await?;
    let row = row.filter(|row| row.archived_at.is_none()).ok_or_else(refusal::not_found)?;
    let org = OrgId::from_uuid(row.org_id);
    let invited = caller.is_some_and(|principal| principal.org_id() == org);
    if row.visibility == Visibility::Private.as_str() && !invited {
        return Err(refusal::not_found());
    }
    Ok(Json(public(&app, row).await?))
}

/// A channel as everyone sees it.
pub(crate) async fn public(app: &App, row: channels::Model) -> Result<PublicChannel, Problem> {
    let read = app.database.read();
    let id = ChannelId::from_uuid(row.id);
    let current = broadcasts::current_of(read, id).await?;
    let next = broadcasts::next_of(read, id).await?;
    let last = recordings::newest_public_of(read, id).await?;
    Ok(PublicChannel {
        id,
        hls: hls(&row.slug),
        slug: row.slug,
        title: row.title,
        description: row.description,
        visibility: row.visibility,
        category: row.category,
        tags: words(&row.tags),
        room_id: room_of(app, id).await?,
        follower_count: u64::try_from(follows::count_of(read, id).await?).unwrap_or(0),
        broadcast: current.map(CurrentBroadcast::of),
        next_broadcast: next.map(CurrentBroadcast::of),
        last_recording_id: last.map(|recording| Id::from_uuid(recording.id)),
    })
}
