//! `DELETE /v1/sanctions/{sanction_id}`.

use std::sync::Arc;

use axum::extract::State;
use domain::id::{RoomId, SanctionId};
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::sanctions;
use infra::http::problem::Problem;

use super::create::room_of;
use super::impose;
use crate::auth::{Principal, rights};
use crate::extract::Path;
use crate::moderation::ModerationError;
use crate::moderation::reviewer;
use crate::moderation::rules::ScopeKind;
use crate::moderation::scene::Scene;
use crate::{App, refusal, schema};

/// Lifts a sanction before its end. Again changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/sanctions/{sanction_id}",
    operation_id = "liftSanction",
    tag = "moderation",
    params(("sanction_id" = schema::SanctionId, Path, description = "The sanction.")),
    responses((status = 204, description = "It binds no more.")),
)]
pub(crate) async fn lift(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<SanctionId>,
) -> Result<StatusCode, Problem> {
    let (org, by) = (principal.org_id(), reviewer(&app, &principal).await?);
    let row = sanctions::get(app.database.read(), org.uuid(), id.uuid()).await?;
    let row = row.ok_or_else(refusal::not_found)?;
    let scope = match row.scope.as_str() {
        "room" => ScopeKind::Room,
        "channel" => ScopeKind::Channel,
        _ => ScopeKind::Org,
    };
    if scope == ScopeKind::Room {
        principal.require_in(RoomId::from_uuid(row.scope_id), &rights::MODERATION_REVIEW)?;
    } else {
        principal.require(&rights::MODERATION_REVIEW)?;
    }
    if row.lifted_at.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let lifted = if let Some(room) = room_of(&app, scope, row.scope_id).await? {
        let room = app.rooms.open(room).await?;
        room.commit::<_, ModerationError, _>(move |tx| {
            async move { impose::lift(&Scene::Room(tx), org, id, by).await }.boxed()
        })
        .await
    } else {
        let (ids, clock) = (app.ids.clone(), Arc::clone(&app.clock));
        app.database
            .write::<_, ModerationError, _>(move |tx| {
                let scene = Scene::Org { tx, org, ids: ids.clone(), at: clock.now() };
                async move { impose::lift(&scene, org, id, by).await }.boxed()
            })
            .await
    };
    match lifted {
        // Someone else lifted it a moment before: it is lifted.
        Ok(_) | Err(infra::database::Refused::Rule(ModerationError::NotFound)) => {
            Ok(StatusCode::NO_CONTENT)
        }
        Err(refused) => Err(refused.into()),
    }
}
