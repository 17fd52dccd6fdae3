//! `POST /v1/channels`.

use std::sync::Arc;

use axum::extract::State;
use domain::channel::Slug;
use domain::event::Topic;
use domain::id::{ChannelId, OrgId, RoomId, UserId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::database::{self, DatabaseTransaction, Refused, channels, outbox, rooms};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::shape::{self, Channel};
use crate::auth::{Principal, rights};
use crate::convention::Created;
use crate::extract::Json;
use crate::{App, refusal};

/// Characters of a title.
pub(super) const TITLE_CHARS_MAX: usize = 140;

/// What to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slug": "mira", "title": "Mira paints"}))]
pub struct NewChannel {
    /// Its name in addresses: a-z, 0-9, `-` and `_`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9_-]*$")]
    pub slug: String,
    /// For people; the slug when absent.
    #[schema(max_length = 140)]
    pub title: Option<String>,
}

/// Why a channel was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateChannelError {
    /// Another channel has the name.
    #[error("the slug `{0}` is taken")]
    SlugTaken(String),
}

impl From<CreateChannelError> for Problem {
    fn from(error: CreateChannelError) -> Self {
        match &error {
            CreateChannelError::SlugTaken(_) => refusal::conflict("slug_taken", error.to_string())
                .error("/slug", "taken", error.to_string()),
        }
    }
}

/// Makes a channel with its room.
#[utoipa::path(
    post,
    path = "/v1/channels",
    operation_id = "createChannel",
    tag = "channels",
    request_body = NewChannel,
    responses(
        (status = 201, description = "The channel was made.", body = Channel),
        (status = 409, description = "`slug_taken`: another channel has the name."),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewChannel>,
) -> Result<Created<Channel>, Problem> {
    principal.require(&rights::CHANNELS_WRITE)?;
    let slug: Slug = wanted.slug.parse().map_err(|error: domain::channel::SlugError| {
        refusal::invalid("/slug", "invalid", &error.to_string())
    })?;
    let title = title(wanted.title.as_deref().unwrap_or(slug.as_str()))?;
    let fresh = Fresh {
        id: app.ids.next(),
        room_id: app.ids.next(),
        org_id: principal.org_id(),
        owner_id: principal.user_id(),
        slug: slug.as_str().to_owned(),
        title,
        epoch: epoch(app.ids.bytes()),
        at: app.clock.now(),
    };
    let row = insert(&app, fresh.clone()).await?;
    let body = Channel::of(row, fresh.room_id);
    Ok(Created { location: format!("/v1/channels/{}", body.id), body })
}

/// A title that people can read.
pub(crate) fn title(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = (1..=TITLE_CHARS_MAX).contains(&text.chars().count())
        && !text.chars().any(char::is_control);
    if fits {
        return Ok(text.to_owned());
    }
    Err(refusal::invalid(
        "/title",
        "invalid",
        &format!("a title has 1 to {TITLE_CHARS_MAX} characters"),
    ))
}

/// A channel and its room, about to be made.
#[derive(Debug, Clone)]
struct Fresh {
    id: ChannelId,
    room_id: RoomId,
    org_id: OrgId,
    owner_id: Option<UserId>,
    slug: String,
    title: String,
    epoch: String,
    at: Timestamp,
}

async fn insert(app: &App, fresh: Fresh) -> Result<channels::Model, Problem> {
    let fresh = Arc::new(fresh);
    let state = app.clone();
    let row = app
        .database
        .write(move |tx| {
            let (fresh, state) = (Arc::clone(&fresh), state.clone());
            async move { insert_all(tx, &state, &fresh).await }.boxed()
        })
        .await?;
    Ok(row)
}

async fn insert_all(
    tx: &DatabaseTransaction,
    app: &App,
    fresh: &Fresh,
) -> Result<channels::Model, Refused<CreateChannelError>> {
    let new = channels::New {
        id: fresh.id,
        org_id: fresh.org_id,
        slug: fresh.slug.clone(),
        title: fresh.title.clone(),
        owner_id: fresh.owner_id,
        created_at: fresh.at,
    };
    channels::insert(tx, new).await.map_err(|error| {
        if error.is_unique_violation() {
            Refused::Rule(CreateChannelError::SlugTaken(fresh.slug.clone()))
        } else {
            Refused::Database(error)
        }
    })?;
    rooms::insert(tx, room(fresh)).await?;
    let row = channels::find(tx, fresh.id).await?.ok_or(database::Error::Panicked)?;
    outbox::append(tx, shape::told(app, Topic::ChannelCreated, &row)).await?;
    Ok(row)
}

fn room(fresh: &Fresh) -> rooms::Model {
    rooms::Model {
        id: fresh.room_id.uuid(),
        org_id: fresh.org_id.uuid(),
        channel_id: fresh.id.uuid(),
        kind: "chat".to_owned(),
        settings: serde_json::json!({}),
        settings_version: 1,
        epoch: fresh.epoch.clone(),
        head_seq: 0,
        created_at: fresh.at.as_millis(),
        closed_at: None,
    }
}

/// A name for a history: eight letters and digits out of 36.
fn epoch(chance: [u8; 8]) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    chance.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}
