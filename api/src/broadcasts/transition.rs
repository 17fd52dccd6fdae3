//! `POST /v1/broadcasts/{broadcast_id}/transitions`.

use axum::extract::State;
use bytes::Bytes;
use domain::broadcast::Status;
use domain::event::Topic;
use domain::id::{BroadcastId, OrgId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::database::{DatabaseTransaction, Refused, broadcasts, outbox};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::told;
use super::shape::{Broadcast, own};
use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::{App, refusal, schema};

/// Where a broadcast shall go.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "ended"}))]
pub struct Transition {
    /// `ready` or `ended`; only a publisher makes a broadcast live.
    pub to: String,
}

/// Why a broadcast does not go there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// There is no such state, or no one but the origin leads there.
    #[error("`{0}` is no state that can be asked for")]
    NoSuchState(String),
    /// The state does not lead there.
    #[error(transparent)]
    Invalid(#[from] domain::broadcast::InvalidTransition),
}

impl From<TransitionError> for Problem {
    fn from(error: TransitionError) -> Self {
        let detail = error.to_string();
        match error {
            TransitionError::NoSuchState(_) => refusal::invalid("/to", "invalid", &detail),
            TransitionError::Invalid(invalid) => {
                let allowed: Vec<_> =
                    invalid.allowed().iter().map(|status| status.as_str()).collect();
                refusal::conflict("invalid_transition", detail).member("allowed", allowed)
            }
        }
    }
}

/// Moves a broadcast on: makes a planned one ready, ends a live one.
///
/// A live broadcast ends at the origin; its publisher is disconnected within two seconds.
#[utoipa::path(
    post,
    path = "/v1/broadcasts/{broadcast_id}/transitions",
    operation_id = "transitionBroadcast",
    tag = "broadcasts",
    params(("broadcast_id" = schema::BroadcastId, Path, description = "The broadcast.")),
    request_body = Transition,
    responses(
        (status = 200, description = "The broadcast; one that was on the air ends shortly after.", body = Broadcast),
        (status = 409, description = "`invalid_transition`, with the states that are `allowed`."),
    ),
)]
pub(crate) async fn transition(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<BroadcastId>,
    Json(wanted): Json<Transition>,
) -> Result<Json<Broadcast>, Problem> {
    own(&app, &principal, &rights::BROADCASTS_WRITE, id).await?;
    let to = Status::parse(&wanted.to)
        .filter(|status| matches!(status, Status::Ready | Status::Ended))
        .ok_or(TransitionError::NoSuchState(wanted.to))?;
    let (event_id, now, org) = (app.ids.next(), app.clock.now(), principal.org_id());
    let row =
        app.database.write(move |tx| step(tx, (id, to), (event_id, org, now)).boxed()).await?;
    if Status::parse(&row.status).is_some_and(Status::is_on_air) && to == Status::Ended {
        let order = Bytes::from_static(br#"{"action":"end","reason":"ended_by_creator"}"#);
        app.bus.publish(format!("hw.broadcast.{id}.control"), order);
    }
    Ok(Json(Broadcast::of(row)))
}

/// One step in one transaction: on the air it is an order to the origin, else a new status.
async fn step(
    tx: &DatabaseTransaction,
    (id, to): (BroadcastId, Status),
    (event_id, org, now): (domain::id::EventId, OrgId, Timestamp),
) -> Result<broadcasts::Model, Refused<TransitionError>> {
    let found = broadcasts::find(tx, id).await?;
    let mut row = found.ok_or_else(|| Refused::Database(infra::database::Error::Panicked))?;
    let from = Status::parse(&row.status).unwrap_or(Status::Archived);
    from.become_checked(to).map_err(|error| Refused::Rule(error.into()))?;
    if from.is_on_air() {
        broadcasts::order(tx, id, "end", "ended_by_creator").await?;
        row.control_version += 1;
        return Ok(row);
    }
    to.as_str().clone_into(&mut row.status);
    if to == Status::Ended {
        row.ended_at = Some(now.as_millis());
        row.end_reason = Some("ended_by_creator".to_owned());
    }
    broadcasts::update(tx, &row).await?;
    if to == Status::Ended {
        outbox::append(tx, told(event_id, Topic::BroadcastEnded, org, &row, now)).await?;
    }
    Ok(row)
}
