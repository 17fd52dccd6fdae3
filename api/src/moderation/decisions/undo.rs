//! `POST /v1/moderation/decisions/{decision_id}/undo`.

use std::sync::Arc;

use axum::extract::State;
use domain::id::{DecisionId, RoomId};
use futures_util::FutureExt as _;
use infra::database::{mod_decisions, mod_items};
use infra::http::problem::Problem;

use super::show::Decision;
use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::moderation::ModerationError;
use crate::moderation::decide;
use crate::moderation::reviewer;
use crate::moderation::scene::Scene;
use crate::{App, refusal, schema};

/// Takes a decision back: the comment returns to what it was, its sanctions are lifted. Within ten
/// seconds the item waits again; afterwards this is a reversing decision of its own.
#[utoipa::path(
    post,
    path = "/v1/moderation/decisions/{decision_id}/undo",
    operation_id = "undoDecision",
    tag = "moderation",
    params(("decision_id" = schema::DecisionId, Path, description = "The decision.")),
    responses(
        (status = 200, description = "The decision that takes it back.", body = Decision),
        (status = 409, description = "`already_undone`."),
    ),
)]
pub(crate) async fn undo(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<DecisionId>,
) -> Result<Json<Decision>, Problem> {
    let (org, reviewer) = (principal.org_id(), reviewer(&app, &principal).await?);
    let read = app.database.read();
    let first = mod_decisions::get(read, org.uuid(), id.uuid()).await?;
    let first = first.ok_or_else(refusal::not_found)?;
    let item = first.item_id.ok_or_else(refusal::not_found)?;
    let item = mod_items::get(read, org.uuid(), item).await?.ok_or_else(refusal::not_found)?;
    let ids = app.ids.clone();
    let undone = if let Some(room) = item.room_id.map(RoomId::from_uuid) {
        principal.require_in(room, &rights::MODERATION_REVIEW)?;
        let room = app.rooms.open(room).await?;
        room.commit::<_, ModerationError, _>(move |tx| {
            let ids = ids.clone();
            async move { decide::undo(&Scene::Room(tx), &ids, org, id, reviewer).await }.boxed()
        })
        .await?
    } else {
        principal.require(&rights::MODERATION_REVIEW)?;
        let clock = Arc::clone(&app.clock);
        app.database
            .write(move |tx| {
                let (ids, at) = (ids.clone(), clock.now());
                async move {
                    let scene = Scene::Org { tx, org, ids: ids.clone(), at };
                    decide::undo(&scene, &ids, org, id, reviewer).await
                }
                .boxed()
            })
            .await?
    };
    app.moderation.hint(org);
    Ok(Json(Decision::from(undone)))
}
