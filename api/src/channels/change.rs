//! `PATCH /v1/channels/{channel_id}`.

use axum::extract::State;
use domain::channel::{Visibility, WhenNotLive};
use domain::event::Topic;
use domain::id::ChannelId;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{Refused, channels, outbox};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::title;
use super::shape::{self, Channel, own};
use crate::auth::{Principal, rights};
use crate::convention::{IfMatch, Versioned};
use crate::extract::{MergePatch, Patch, Path};
use crate::{App, refusal, schema};

/// Characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 5_000;
/// Tags of one channel, and characters of each.
const TAGS_MAX: usize = 10;
const TAG_CHARS_MAX: usize = 32;

/// What to change; absent members stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Mira paints at night", "visibility": "unlisted"}))]
pub struct ChannelChange {
    /// For people.
    #[schema(value_type = Option<String>, max_length = 140)]
    #[serde(default)]
    pub title: Patch<String>,
    /// For people, longer.
    #[schema(value_type = Option<String>, max_length = 5_000)]
    #[serde(default)]
    pub description: Patch<String>,
    /// `public`, `unlisted` or `private`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub visibility: Patch<String>,
    /// What it is about.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    pub category: Patch<String>,
    /// Words to find it by.
    #[schema(value_type = Option<Vec<String>>, max_items = 10)]
    #[serde(default)]
    pub tags: Patch<Vec<String>>,
    /// What its playlist's address gives while it is not live: `nothing` or `newest_recording`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub when_not_live: Patch<String>,
}

/// Why a channel was not changed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeChannelError {
    /// Someone else was faster.
    #[error("the channel changed meanwhile")]
    Changed,
}

impl From<ChangeChannelError> for Problem {
    fn from(error: ChangeChannelError) -> Self {
        match error {
            ChangeChannelError::Changed => {
                refusal::of(StatusCode::PRECONDITION_FAILED, "version_mismatch", error.to_string())
            }
        }
    }
}

/// Changes a channel.
#[utoipa::path(
    patch,
    path = "/v1/channels/{channel_id}",
    operation_id = "updateChannel",
    tag = "channels",
    params(
        ("channel_id" = schema::ChannelId, Path, description = "The channel."),
        ("If-Match" = String, Header, description = "The `ETag` that was read."),
    ),
    request_body(content = ChannelChange, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The channel as it is now.", body = Channel),
        (status = 412, description = "`version_mismatch`: it changed meanwhile."),
        (status = 428, description = "`precondition_required`: send `If-Match`."),
    ),
)]
pub(crate) async fn change(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<ChannelId>,
    seen: IfMatch,
    MergePatch(change): MergePatch<ChannelChange>,
) -> Result<Versioned<Channel>, Problem> {
    principal.require(&rights::CHANNELS_WRITE)?;
    let row = own(&app, &principal, id).await?;
    seen.check(row.settings_version)?;
    let changed = apply(row, change)?;
    let state = app.clone();
    let row = app
        .database
        .write(move |tx| {
            let (changed, app) = (changed.clone(), state.clone());
            async move {
                if !channels::update(tx, &changed).await? {
                    return Err(Refused::Rule(ChangeChannelError::Changed));
                }
                outbox::append(tx, shape::told(&app, Topic::ChannelUpdated, &changed)).await?;
                let version = changed.settings_version + 1;
                Ok(channels::Model { settings_version: version, ..changed })
            }
            .boxed()
        })
        .await?;
    let room_id = shape::room_of(&app, id).await?;
    Ok(Versioned { version: row.settings_version, body: Channel::of(row, room_id) })
}

fn apply(mut row: channels::Model, change: ChannelChange) -> Result<channels::Model, Problem> {
    if let Patch::Set(text) = &change.title {
        row.title = title(text)?;
    }
    row.description = change.description.apply_or(row.description, String::new());
    if row.description.chars().count() > DESCRIPTION_CHARS_MAX {
        return Err(refusal::invalid("/description", "too_long", "at most 5000 characters"));
    }
    row.visibility =
        change.visibility.apply_or(row.visibility, Visibility::Public.as_str().to_owned());
    if Visibility::parse(&row.visibility).is_none() {
        return Err(refusal::invalid("/visibility", "invalid", "public, unlisted or private"));
    }
    row.category = change.category.apply(row.category);
    if row.category.as_ref().is_some_and(|category| category.chars().count() > 64) {
        return Err(refusal::invalid("/category", "too_long", "at most 64 characters"));
    }
    let tags = change.tags.apply_or(shape::words(&row.tags), Vec::new());
    if tags.len() > TAGS_MAX || tags.iter().any(|tag| tag.chars().count() > TAG_CHARS_MAX) {
        return Err(refusal::invalid("/tags", "invalid", "at most 10 tags of 32 characters"));
    }
    row.tags = tags.into();
    let choice = row.when_not_live().as_str().to_owned();
    let choice = change.when_not_live.apply_or(choice, WhenNotLive::default().as_str().to_owned());
    row.set_when_not_live(WhenNotLive::parse(&choice).ok_or_else(|| {
        refusal::invalid("/when_not_live", "invalid", "nothing or newest_recording")
    })?);
    Ok(row)
}
