//! `POST /v1/moderation/claims/{item_id}/extend`.

use axum::extract::State;
use domain::id::ItemId;
use domain::moderation::queue::CLAIM;
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::database::{Refused, mod_claims, mod_items};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::moderation::ModerationError;
use crate::moderation::reviewer;
use crate::{App, refusal, schema};

/// Which claim is meant.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "lease_token": 1 }))]
pub struct Lease {
    /// The token that the claim gave.
    pub lease_token: i64,
}

/// The claim's new end.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = ExtendedClaim, example = json!({
    "item_id": "itm_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "lease_token": 1,
    "lease_until": "2026-11-25T18:31:00.000Z"
}))]
pub struct Extended {
    /// The item.
    #[schema(value_type = schema::ItemId)]
    pub item_id: ItemId,
    /// The same token as before.
    pub lease_token: i64,
    /// When the claim now ends.
    #[schema(value_type = schema::Timestamp)]
    pub lease_until: Timestamp,
}

/// Keeps a claim for another minute: the heartbeat of an item that is open on a screen.
#[utoipa::path(
    post,
    path = "/v1/moderation/claims/{item_id}/extend",
    operation_id = "extendClaim",
    tag = "moderation",
    params(("item_id" = schema::ItemId, Path, description = "The claimed item.")),
    request_body = Lease,
    responses(
        (status = 200, description = "The claim goes on.", body = Extended),
        (status = 409, description = "`lease_lost`: it ended, or someone else has the item."),
    ),
)]
pub(crate) async fn extend(
    State(app): State<App>,
    principal: Principal,
    Path(item): Path<ItemId>,
    Json(lease): Json<Lease>,
) -> Result<Json<Extended>, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let (org, reviewer) = (principal.org_id(), reviewer(&app, &principal).await?);
    mod_items::get(app.database.read(), org.uuid(), item.uuid())
        .await?
        .ok_or_else(refusal::not_found)?;
    let now = app.clock.now();
    let lease_until = now.plus(CLAIM);
    app.database
        .write(move |tx| {
            async move {
                let claim = mod_claims::get(tx, item.uuid()).await?;
                let own = claim.is_some_and(|claim| claim.reviewer_id == reviewer.uuid());
                let (id, fence) = (item.uuid(), lease.lease_token);
                if own && mod_claims::extend(tx, id, fence, now.0, lease_until.0).await? {
                    Ok(())
                } else {
                    Err(Refused::Rule(ModerationError::LeaseLost))
                }
            }
            .boxed()
        })
        .await?;
    Ok(Json(Extended { item_id: item, lease_token: lease.lease_token, lease_until }))
}
