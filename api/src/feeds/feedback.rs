//! `POST /v1/feeds/{feed_id}/feedback`.

use axum::extract::State;
use domain::id::{ChannelId, FeedId};
use http::StatusCode;
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Principal;
use crate::extract::{Json, Path};
use crate::{App, schema};

/// What a viewer says about a card.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "hide", "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"}))]
pub struct Feedback {
    /// `hide`: nothing of this channel any more, until it is followed.
    pub kind: FeedbackKind,
    /// The channel of the card.
    #[schema(value_type = schema::ChannelId)]
    pub channel_id: ChannelId,
}

/// What can be said.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "hide")]
pub enum FeedbackKind {
    /// Nothing of this channel any more.
    Hide,
}

/// Says something about a card.
#[utoipa::path(
    post,
    path = "/v1/feeds/{feed_id}/feedback",
    operation_id = "createFeedFeedback",
    tag = "feeds",
    params(("feed_id" = schema::FeedId, Path, description = "The feed that showed the card.")),
    request_body = Feedback,
    responses((status = 204, description = "It is taken into account at once.")),
)]
pub(crate) async fn feedback(
    State(app): State<App>,
    principal: Principal,
    Path(_feed): Path<FeedId>,
    Json(feedback): Json<Feedback>,
) -> Result<StatusCode, Problem> {
    let user = principal.user()?;
    app.feeds.know_viewer(&app.database, user).await?;
    match feedback.kind {
        FeedbackKind::Hide => {
            let now = app.feeds.now();
            app.feeds.change(|known| known.state.is_hidden(user, feedback.channel_id, now));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
