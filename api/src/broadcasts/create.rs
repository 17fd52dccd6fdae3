//! `POST /v1/broadcasts`.

use axum::extract::State;
use domain::broadcast::Status;
use domain::channel::Visibility;
use domain::event::Topic;
use domain::id::{BroadcastId, ChannelId, OrgId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::config::Live;
use infra::database::{self, broadcasts, outbox};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::shape::Broadcast;
use crate::auth::{Principal, rights};
use crate::channels::{own, room_of, title};
use crate::convention::Created;
use crate::extract::Json;
use crate::{App, refusal, schema};

/// What to plan.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "title": "Day 3", "scheduled_at": "2026-11-28T06:40:00.000Z"
}))]
pub struct NewBroadcast {
    /// The channel.
    #[schema(value_type = schema::ChannelId)]
    pub channel_id: ChannelId,
    /// For people.
    #[schema(min_length = 1, max_length = 140)]
    pub title: String,
    /// When it shall start; ready at once when absent.
    #[serde(default)]
    #[schema(value_type = Option<schema::Timestamp>)]
    pub scheduled_at: Option<Timestamp>,
    /// The latency profile: `low`, `standard`, `relaxed` or `classic`; the installation's when absent.
    #[serde(default)]
    pub profile: Option<String>,
    /// `public`, `unlisted` or `private`; the channel's when absent.
    #[serde(default)]
    pub visibility: Option<String>,
}

/// Plans a broadcast, or makes one ready for its publisher.
///
/// The publisher's connection takes the channel's ready broadcast, or makes one of its own.
#[utoipa::path(
    post,
    path = "/v1/broadcasts",
    operation_id = "createBroadcast",
    tag = "broadcasts",
    request_body = NewBroadcast,
    responses((status = 201, description = "The broadcast waits.", body = Broadcast)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewBroadcast>,
) -> Result<Created<Broadcast>, Problem> {
    principal.require(&rights::BROADCASTS_WRITE)?;
    let channel = own(&app, &principal, wanted.channel_id).await?;
    let visibility = wanted.visibility.clone().unwrap_or(channel.visibility);
    if Visibility::parse(&visibility).is_none() {
        return Err(refusal::invalid("/visibility", "invalid", "public, unlisted or private"));
    }
    let profile = wanted.profile.clone();
    if profile.as_deref().is_some_and(|profile| !Live::PROFILES.contains(&profile)) {
        return Err(refusal::invalid("/profile", "invalid", "low, standard, relaxed or classic"));
    }
    let status = if wanted.scheduled_at.is_some() { Status::Scheduled } else { Status::Ready };
    let new = broadcasts::New {
        id: app.ids.next(),
        org_id: principal.org_id(),
        channel_id: wanted.channel_id,
        title: title(&wanted.title)?,
        status,
        scheduled_at: wanted.scheduled_at,
        profile,
        visibility,
        room_id: room_of(&app, wanted.channel_id).await?,
        created_at: app.clock.now(),
    };
    let row = insert(&app, new).await?;
    let body = Broadcast::of(row);
    Ok(Created { location: format!("/v1/broadcasts/{}", body.id), body })
}

async fn insert(app: &App, new: broadcasts::New) -> Result<broadcasts::Model, Problem> {
    let event_id = app.ids.next();
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let new = new.clone();
        async move {
            let (id, scheduled) = (new.id, new.status == Status::Scheduled);
            let (org, now) = (new.org_id, new.created_at);
            broadcasts::insert(tx, new).await?;
            let row = broadcasts::find(tx, id).await?.ok_or(database::Error::Panicked)?;
            if scheduled {
                outbox::append(tx, told(event_id, Topic::BroadcastScheduled, org, &row, now))
                    .await?;
            }
            Ok(row)
        }
        .boxed()
    });
    Ok(written.await.map_err(database::Error::from)?)
}

/// The outbox row that tells of a broadcast, in the shape of the room's event.
pub(super) fn told(
    id: domain::id::EventId,
    topic: Topic,
    org_id: OrgId,
    row: &broadcasts::Model,
    now: Timestamp,
) -> outbox::Row {
    let broadcast = BroadcastId::from_uuid(row.id);
    outbox::Row {
        id,
        org_id: Some(org_id),
        topic,
        key: broadcast.to_string(),
        payload: serde_json::json!({
            "broadcast_id": broadcast, "channel_id": ChannelId::from_uuid(row.channel_id),
            "recording_id": row.recording_id.map(domain::id::RecordingId::from_uuid),
            "scheduled_at": row.scheduled_at.map(Timestamp),
        }),
        created_at: now,
    }
}
