//! `DELETE /v1/moderation/claims/{item_id}`.

use axum::extract::State;
use domain::id::ItemId;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{Refused, mod_claims, mod_items};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::{Principal, rights};
use crate::extract::{Path, Query};
use crate::moderation::ModerationError;
use crate::{App, schema};

/// Which claim is meant.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// The token that the claim gave.
    lease_token: i64,
}

/// Gives an item back to its queue without a decision.
#[utoipa::path(
    delete,
    path = "/v1/moderation/claims/{item_id}",
    operation_id = "releaseClaim",
    tag = "moderation",
    params(("item_id" = schema::ItemId, Path, description = "The claimed item."), Params),
    responses(
        (status = 204, description = "The item waits again."),
        (status = 409, description = "`lease_lost`: it ended, or someone else has the item."),
    ),
)]
pub(crate) async fn release(
    State(app): State<App>,
    principal: Principal,
    Path(item): Path<ItemId>,
    Query(params): Query<Params>,
) -> Result<StatusCode, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let (org, now) = (principal.org_id(), app.clock.now());
    app.database
        .write(move |tx| {
            async move {
                let item = mod_items::lock(tx, org.uuid(), item.uuid()).await?;
                let item = item.ok_or(Refused::Rule(ModerationError::NotFound))?;
                if !mod_claims::release(tx, item.id, params.lease_token, now.0).await? {
                    return Err(Refused::Rule(ModerationError::LeaseLost));
                }
                if item.state == "claimed" {
                    mod_items::set_state(tx, &[item.id], "open", now.0).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await?;
    app.moderation.hint(org);
    Ok(StatusCode::NO_CONTENT)
}
