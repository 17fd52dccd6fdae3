//! `GET /v1/gift-types`.

use axum::extract::State;
use domain::id::ChannelId;
use infra::database::{channels, gift_types, orgs};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::GiftType;
use crate::auth::{Caller, rights};
use crate::extract::{Json, Query};
use crate::{App, refusal, schema};

/// Which catalogue.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// What can be given to this channel; without it, the catalogue of one's own organisation.
    #[param(value_type = Option<schema::ChannelId>)]
    channel_id: Option<ChannelId>,
    /// Whether retired gifts are listed too; for those who may change the catalogue.
    #[serde(default)]
    retired: bool,
}

/// The whole catalogue: tens of gifts, so it has no cursor.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Catalogue {
    /// The cheapest first.
    pub data: Vec<GiftType>,
}

/// Lists what can be given, cheapest first.
#[utoipa::path(
    get,
    path = "/v1/gift-types",
    operation_id = "listGiftTypes",
    tag = "gifts",
    params(Params),
    security(()),
    responses((status = 200, description = "The catalogue.", body = Catalogue)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    Query(params): Query<Params>,
) -> Result<Json<Catalogue>, Problem> {
    let read = app.database.read();
    let org = match (params.channel_id, &caller) {
        (Some(channel), _) => {
            let channel = channels::find(read, channel).await?;
            channel.ok_or_else(refusal::not_found)?.org_id
        }
        (None, Some(principal)) => principal.org_id().uuid(),
        (None, None) => orgs::first(read).await?.ok_or_else(refusal::not_found)?.id,
    };
    let may_change = caller.is_some_and(|principal| principal.has(&rights::CATALOGUE_WRITE));
    let offers = gift_types::list(read, org, params.retired && may_change).await?;
    Ok(Json(Catalogue { data: offers.into_iter().map(GiftType::from).collect() }))
}
