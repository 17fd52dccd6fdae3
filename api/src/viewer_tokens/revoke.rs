//! `POST /v1/viewer-tokens/{token_id}/revoke`.

use std::time::Duration;

use axum::extract::State;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{self, revoked_viewer_tokens};
use infra::http::problem::Problem;
use uuid::Uuid;

use crate::App;
use crate::auth::{Principal, rights};
use crate::extract::Path;

/// No viewer token lives longer, so a revocation need not be kept longer.
const KEPT: Duration = Duration::from_hours(12);

/// Revokes a viewer token: no request and no stream is served with it after two seconds.
#[utoipa::path(
    post,
    path = "/v1/viewer-tokens/{token_id}/revoke",
    operation_id = "revokeViewerToken",
    tag = "accounts",
    params(("token_id" = String, Path, description = "The `token_id` of the token.")),
    responses((status = 204, description = "The token opens nothing any more.")),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    principal: Principal,
    Path(token_id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    principal.require(&rights::VIEWER_TOKENS_WRITE)?;
    let (org_id, now) = (principal.org_id(), app.clock.now());
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        async move {
            Ok(revoked_viewer_tokens::insert(tx, token_id, org_id, now.plus(KEPT), now).await?)
        }
        .boxed()
    });
    written.await.map_err(database::Error::from)?;
    app.revocations.revoke((org_id, token_id));
    Ok(StatusCode::NO_CONTENT)
}
