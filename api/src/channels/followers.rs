//! `PUT` and `DELETE /v1/channels/{channel_id}/followers/me`, `GET …/followers`.

use axum::extract::{OriginalUri, State};
use domain::event::Topic;
use domain::id::{ChannelId, Id, OrgId, UserId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{self, channels, follows, outbox};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shape::own;
use crate::auth::{Principal, rights};
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Path, Query};
use crate::{App, refusal, schema};

/// Someone who follows a channel.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "since": "2026-11-25T18:30:00.000Z"
}))]
pub struct Follower {
    /// Who.
    #[schema(value_type = schema::UserId)]
    pub user_id: UserId,
    /// Since when.
    #[schema(value_type = schema::Timestamp)]
    pub since: Timestamp,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// Follows a channel; again changes nothing.
#[utoipa::path(
    put,
    path = "/v1/channels/{channel_id}/followers/me",
    operation_id = "followChannel",
    tag = "channels",
    params(("channel_id" = schema::ChannelId, Path, description = "The channel.")),
    responses((status = 204, description = "The user follows the channel.")),
)]
pub(crate) async fn follow(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<ChannelId>,
) -> Result<StatusCode, Problem> {
    change(&app, &principal, id, true).await
}

/// Follows a channel no more; again changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/channels/{channel_id}/followers/me",
    operation_id = "unfollowChannel",
    tag = "channels",
    params(("channel_id" = schema::ChannelId, Path, description = "The channel.")),
    responses((status = 204, description = "The user does not follow the channel.")),
)]
pub(crate) async fn unfollow(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<ChannelId>,
) -> Result<StatusCode, Problem> {
    change(&app, &principal, id, false).await
}

/// Lists who follows a channel, longest first.
#[utoipa::path(
    get,
    path = "/v1/channels/{channel_id}/followers",
    operation_id = "listFollowers",
    tag = "channels",
    params(("channel_id" = schema::ChannelId, Path, description = "The channel."), Params),
    responses((status = 200, description = "A page of followers.", body = List<Follower>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<ChannelId>,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<Follower>, Problem> {
    principal.require(&rights::CHANNELS_READ)?;
    own(&app, &principal, id).await?;
    let asked = Asked {
        cursors: &app.cursors,
        uri,
        filter: format!("followers of {id}"),
        limit: params.limit,
    };
    let after: Option<(i64, UserId)> = asked.position(params.cursor.as_deref())?;
    let after = after.map(|(since, user)| (Timestamp(since), user));
    let rows = follows::page_of(app.database.read(), id, after, params.limit.fetch()).await?;
    Ok(asked.page(
        rows,
        |row| (row.since, UserId::from_uuid(row.user_id)),
        |row| Follower { user_id: Id::from_uuid(row.user_id), since: Timestamp(row.since) },
    ))
}

async fn change(
    app: &App,
    principal: &Principal,
    id: ChannelId,
    follows: bool,
) -> Result<StatusCode, Problem> {
    let user = principal.user()?;
    let row = channels::find(app.database.read(), id).await?;
    let row = row
        .filter(|row| OrgId::from_uuid(row.org_id) == principal.org_id())
        .ok_or_else(refusal::not_found)?;
    let (org, now, event_id) = (OrgId::from_uuid(row.org_id), app.clock.now(), app.ids.next());
    let topic = if follows { Topic::ChannelFollowed } else { Topic::ChannelUnfollowed };
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        async move {
            let changed = if follows {
                follows::follow(tx, org, id, user, now).await?
            } else {
                follows::unfollow(tx, id, user).await?
            };
            if changed {
                let payload = serde_json::json!({ "channel_id": id, "user_id": user });
                let row = outbox::Row {
                    id: event_id,
                    org_id: Some(org),
                    topic,
                    key: id.to_string(),
                    payload,
                    created_at: now,
                };
                outbox::append(tx, row).await?;
            }
            Ok(())
        }
        .boxed()
    });
    written.await.map_err(database::Error::from)?;
    Ok(StatusCode::NO_CONTENT)
}
