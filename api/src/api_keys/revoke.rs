//! `DELETE /v1/api-keys/{key_id}`.

use axum::extract::State;
use domain::id::ApiKeyId;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{self, api_keys};
use infra::http::problem::Problem;

use crate::auth::{Principal, rights};
use crate::extract::Path;
use crate::{App, schema};

/// Revokes an API key: no request is served with it after two seconds. Again changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/api-keys/{key_id}",
    operation_id = "revokeApiKey",
    tag = "accounts",
    params(("key_id" = schema::ApiKeyId, Path, description = "The key.")),
    responses((status = 204, description = "The key opens nothing any more.")),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    principal.require(&rights::API_KEYS_MANAGE)?;
    let (org, now) = (principal.org_id(), app.clock.now());
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        async move {
            api_keys::revoke(tx, org, id, now).await?;
            Ok(())
        }
        .boxed()
    });
    written.await.map_err(database::Error::from)?;
    app.keys.forget();
    Ok(StatusCode::NO_CONTENT)
}
