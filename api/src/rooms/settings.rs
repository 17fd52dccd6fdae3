//! `PATCH /v1/rooms/{room_id}/settings`.

use std::sync::Arc;

use axum::extract::State;
use domain::event::{RoomEvent, RoomUpdated};
use domain::id::RoomId;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{Refused, rooms};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::enter;
use super::get::{RoomView, view};
use crate::auth::{Principal, rights};
use crate::convention::{IfMatch, Versioned};
use crate::extract::{MergePatch, Patch, Path};
use crate::room::{Access, Hold, Settings};
use crate::{App, refusal, schema};

/// What to change; `null` restores the default.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slow_mode_ms": 3000}))]
pub struct RoomSettingsChange {
    /// Least time between two comments of one viewer; 0 = none.
    #[schema(value_type = Option<u32>, maximum = 600_000)]
    #[serde(default)]
    pub slow_mode_ms: Patch<u32>,
    /// Who may write.
    #[schema(value_type = Option<Access>)]
    #[serde(default)]
    pub access: Patch<Access>,
    /// Which comments wait for a moderator.
    #[schema(value_type = Option<Hold>)]
    #[serde(default)]
    pub hold: Patch<Hold>,
    /// Comments a second that a viewer is shown before a sample is drawn.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    #[serde(default)]
    pub budget_per_s: Patch<u32>,
    /// Whether the room is over for good.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub closed: Patch<bool>,
}

/// Why settings were not changed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeSettingsError {
    /// Someone else was faster.
    #[error("the settings changed meanwhile")]
    Changed,
}

impl From<ChangeSettingsError> for Problem {
    fn from(error: ChangeSettingsError) -> Self {
        match error {
            ChangeSettingsError::Changed => {
                refusal::of(StatusCode::PRECONDITION_FAILED, "version_mismatch", error.to_string())
            }
        }
    }
}

/// Changes a room's settings; its streams hear of it at once.
#[utoipa::path(
    patch,
    path = "/v1/rooms/{room_id}/settings",
    operation_id = "updateRoomSettings",
    tag = "rooms",
    params(
        ("room_id" = schema::RoomId, Path, description = "The room."),
        ("If-Match" = String, Header, description = "The `ETag` that was read."),
    ),
    request_body(content = RoomSettingsChange, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The room as it is now.", body = RoomView),
        (status = 412, description = "`version_mismatch`: the settings changed meanwhile."),
        (status = 428, description = "`precondition_required`: send `If-Match`."),
    ),
)]
pub(crate) async fn change(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RoomId>,
    seen: IfMatch,
    MergePatch(change): MergePatch<RoomSettingsChange>,
) -> Result<Versioned<RoomView>, Problem> {
    let room = enter(&app, &principal, id, &rights::MODERATION_REVIEW).await?;
    let before = room.settings.load_full();
    seen.check(before.version)?;
    let after = apply(&before, &change)?;
    let stored = serde_json::to_value(after.stored()).expect("settings are plain data");
    let version = before.version;
    room.commit(move |tx| {
        let stored = stored.clone();
        async move {
            if !rooms::change_settings(tx.tx, tx.room_id, version, stored.clone()).await? {
                return Err(Refused::Rule(ChangeSettingsError::Changed));
            }
            let updated = RoomUpdated { settings_version: version + 1, settings: stored };
            tx.publish(&RoomEvent::RoomUpdated(updated)).await?;
            Ok(())
        }
        .boxed()
    })
    .await?;
    room.settings.store(Arc::new(after));
    room.hub.wake();
    Ok(view(&room))
}

fn apply(before: &Settings, change: &RoomSettingsChange) -> Result<Settings, Problem> {
    let after = Settings {
        version: before.version + 1,
        slow_mode_ms: change.slow_mode_ms.apply_or(before.slow_mode_ms, 0),
        access: change.access.apply_or(before.access, Access::default()),
        hold: change.hold.apply_or(before.hold, Hold::default()),
        budget_per_s: change.budget_per_s.apply_or(before.budget_per_s, Settings::BUDGET_PER_S),
        closed: change.closed.apply_or(before.closed, false),
    };
    if after.slow_mode_ms > Settings::SLOW_MODE_MS_MAX {
        return Err(refusal::invalid("/slow_mode_ms", "too_large", "at most ten minutes"));
    }
    if !(1..=Settings::BUDGET_PER_S_MAX).contains(&after.budget_per_s) {
        return Err(refusal::invalid("/budget_per_s", "out_of_range", "1 to 1000"));
    }
    Ok(after)
}
