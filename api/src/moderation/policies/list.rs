//! `GET /v1/moderation/policies`.

use axum::extract::State;
use infra::database::policies;
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::Policy;
use crate::App;
use crate::auth::{Principal, rights};
use crate::extract::Json;

/// The policies of an organisation: tens at most, so the list has no cursor.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Policies {
    /// The gravest first.
    pub data: Vec<Policy>,
}

/// Lists the policies, the gravest first.
#[utoipa::path(
    get,
    path = "/v1/moderation/policies",
    operation_id = "listPolicies",
    tag = "moderation",
    responses((status = 200, description = "The policies.", body = Policies)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Policies>, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let rows = policies::of_org(app.database.read(), principal.org_id().uuid()).await?;
    Ok(Json(Policies { data: rows.into_iter().map(Policy::from).collect() }))
}
