//! `PATCH /v1/broadcasts/{broadcast_id}`.

use axum::extract::State;
use domain::channel::Visibility;
use domain::event::Topic;
use domain::id::{BroadcastId, OrgId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::database::{self, broadcasts, outbox};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::told;
use super::shape::{Broadcast, own};
use crate::auth::{Principal, rights};
use crate::channels::title;
use crate::extract::{Json, MergePatch, Patch, Path};
use crate::{App, refusal, schema};

/// What to change; absent members stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Day 3, second half"}))]
pub struct BroadcastChange {
    /// For people.
    #[schema(value_type = Option<String>, max_length = 140)]
    #[serde(default)]
    pub title: Patch<String>,
    /// `public`, `unlisted` or `private`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub visibility: Patch<String>,
    /// When it shall start.
    #[schema(value_type = Option<schema::Timestamp>)]
    #[serde(default)]
    pub scheduled_at: Patch<Timestamp>,
}

/// Changes a broadcast.
#[utoipa::path(
    patch,
    path = "/v1/broadcasts/{broadcast_id}",
    operation_id = "updateBroadcast",
    tag = "broadcasts",
    params(("broadcast_id" = schema::BroadcastId, Path, description = "The broadcast.")),
    request_body(content = BroadcastChange, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The broadcast as it is now.", body = Broadcast)),
)]
pub(crate) async fn change(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<BroadcastId>,
    MergePatch(change): MergePatch<BroadcastChange>,
) -> Result<Json<Broadcast>, Problem> {
    let mut row = own(&app, &principal, &rights::BROADCASTS_WRITE, id).await?;
    if let Patch::Set(text) = &change.title {
        row.title = title(text)?;
    }
    row.visibility =
        change.visibility.apply_or(row.visibility, Visibility::Public.as_str().to_owned());
    if Visibility::parse(&row.visibility).is_none() {
        return Err(refusal::invalid("/visibility", "invalid", "public, unlisted or private"));
    }
    row.scheduled_at =
        change.scheduled_at.apply(row.scheduled_at.map(Timestamp)).map(Timestamp::as_millis);
    let (changed, event_id, now) = (row.clone(), app.ids.next(), app.clock.now());
    let org = OrgId::from_uuid(row.org_id);
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let changed = changed.clone();
        async move {
            broadcasts::update(tx, &changed).await?;
            let told = told(event_id, Topic::BroadcastUpdated, org, &changed, now);
            Ok(outbox::append(tx, told).await?)
        }
        .boxed()
    });
    written.await.map_err(database::Error::from)?;
    Ok(Json(Broadcast::of(row)))
}
