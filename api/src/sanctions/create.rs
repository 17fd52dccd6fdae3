//! `POST /v1/sanctions`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use domain::event::SanctionKind;
use domain::id::{OrgId, PolicyId, RoomId, UserId};
use domain::moderation::decide::SANCTION_MAX;
use futures_util::FutureExt as _;
use infra::database::{policies, rooms, users};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Sanction;
use super::impose::{Imposed, impose};
use crate::auth::{Principal, rights};
use crate::convention::Created;
use crate::extract::Json;
use crate::moderation::rules::{Scope, ScopeKind};
use crate::moderation::scene::Scene;
use crate::moderation::{ModerationError, Reason};
use crate::{App, refusal, schema};

/// What a sanction forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NewSanctionKind, example = "timeout")]
pub enum Kind {
    /// Nothing; a note to the user.
    Warn,
    /// Writing, for a while.
    Timeout,
    /// Writing and giving.
    Ban,
    /// Being seen by others.
    Shadow,
    /// Sending gifts.
    NoGifts,
}

impl From<Kind> for SanctionKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Warn => Self::Warn,
            Kind::Timeout => Self::Timeout,
            Kind::Ban => Self::Ban,
            Kind::Shadow => Self::Shadow,
            Kind::NoGifts => Self::NoGifts,
        }
    }
}

/// A sanction to set.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "kind": "timeout", "seconds": 600,
    "scope": { "kind": "room", "id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d" }
}))]
pub struct NewSanction {
    /// Whom it binds.
    #[schema(value_type = schema::UserId)]
    pub user_id: UserId,
    /// Where it holds.
    pub scope: Scope,
    /// What it forbids.
    pub kind: Kind,
    /// How long; a timeout has an end, the others may have one.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 31_622_400)]
    pub seconds: Option<u64>,
    /// What the user reads.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// The policy that was broken.
    #[serde(default)]
    #[schema(value_type = Option<schema::PolicyId>)]
    pub policy_id: Option<PolicyId>,
    /// Whether everything that the user wrote there goes as well: one event tells every page.
    #[serde(default)]
    pub remove_comments: bool,
}

/// Sets a sanction. It binds from the next request on; open pages of the room hear of it at once.
#[utoipa::path(
    post,
    path = "/v1/sanctions",
    operation_id = "createSanction",
    tag = "moderation",
    request_body = NewSanction,
    responses((status = 201, description = "The sanction binds.", body = Sanction)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewSanction>,
) -> Result<Created<Sanction>, Problem> {
    let org = principal.org_id();
    let scope_id = wanted.scope.resolve(&app, org).await?;
    if wanted.scope.kind == ScopeKind::Room {
        principal.require_in(RoomId::from_uuid(scope_id), &rights::MODERATION_REVIEW)?;
    } else if matches!(principal, Principal::Viewer(_)) {
        return Err(refusal::insufficient_scope(rights::MODERATION_REVIEW.scope));
    } else {
        principal.require(&rights::MODERATION_REVIEW)?;
    }
    let length = check(&app, org, &wanted).await?;
    let imposed = Imposed {
        org,
        user: wanted.user_id,
        scope: wanted.scope.kind,
        scope_id,
        kind: wanted.kind.into(),
        length,
        hides_comments: wanted.remove_comments,
        reason: wanted.reason,
        policy: wanted.policy_id,
        decision: None,
        actor: principal.user_id(),
    };
    let row = run(&app, imposed).await?;
    let body = Sanction::of(row, app.clock.now());
    Ok(Created { location: format!("/v1/users/{}/sanctions", body.user_id), body })
}

/// How long the sanction lasts, if the request makes sense.
async fn check(app: &App, org: OrgId, wanted: &NewSanction) -> Result<Option<Duration>, Problem> {
    let read = app.database.read();
    users::find(read, wanted.user_id)
        .await?
        .filter(|user| user.org_id == org.uuid())
        .ok_or_else(|| refusal::invalid("/user_id", "unknown", "no such user"))?;
    if let Some(policy) = wanted.policy_id
        && policies::get(read, org.uuid(), policy.uuid()).await?.is_none()
    {
        return Err(ModerationError::UnknownPolicy.into());
    }
    if let Some(reason) = &wanted.reason {
        reason.check()?;
    }
    let length = wanted.seconds.map(Duration::from_secs);
    let fits = |length: Duration| !length.is_zero() && length <= SANCTION_MAX;
    if length.is_some_and(|length| !fits(length))
        || (length.is_none() && wanted.kind == Kind::Timeout)
    {
        return Err(refusal::invalid("/seconds", "invalid", "1 second to 366 days"));
    }
    Ok(length)
}

/// Sets the sanction in the room where it holds, or in the channel's; for the organisation, beside.
async fn run(app: &App, imposed: Imposed) -> Result<infra::database::sanctions::Model, Problem> {
    let ids = app.ids.clone();
    if let Some(room) = room_of(app, imposed.scope, imposed.scope_id).await? {
        let room = app.rooms.open(room).await?;
        let (row, removed) = room
            .commit::<_, ModerationError, _>(move |tx| {
                let (ids, imposed) = (ids.clone(), imposed.clone());
                async move { impose(&Scene::Room(tx), &ids, imposed).await }.boxed()
            })
            .await?;
        room.hub.forget(&removed);
        return Ok(row);
    }
    let (org, clock) = (imposed.org, Arc::clone(&app.clock));
    let (row, _) = app
        .database
        .write::<_, ModerationError, _>(move |tx| {
            let (ids, imposed, at) = (ids.clone(), imposed.clone(), clock.now());
            async move {
                let scene = Scene::Org { tx, org, ids: ids.clone(), at };
                impose(&scene, &ids, imposed).await
            }
            .boxed()
        })
        .await?;
    Ok(row)
}

/// The room whose pages hear of a sanction.
pub(super) async fn room_of(
    app: &App,
    scope: ScopeKind,
    scope_id: Uuid,
) -> Result<Option<RoomId>, Problem> {
    Ok(match scope {
        ScopeKind::Room => Some(RoomId::from_uuid(scope_id)),
        ScopeKind::Channel => {
            let room = rooms::chat_of(app.database.read(), scope_id).await?;
            room.map(|room| RoomId::from_uuid(room.id))
        }
        ScopeKind::Org => None,
    })
}
