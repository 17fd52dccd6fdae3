//! `DELETE /v1/moderation/rules/{rule_id}`.

use axum::extract::State;
use domain::id::RuleId;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::rules;
use infra::http::problem::Problem;

use crate::auth::{Principal, rights};
use crate::extract::Path;
use crate::moderation::ModerationError;
use crate::{App, schema};

/// Takes a rule out of force. Again changes nothing; what cites it still can.
#[utoipa::path(
    delete,
    path = "/v1/moderation/rules/{rule_id}",
    operation_id = "deleteRule",
    tag = "moderation",
    params(("rule_id" = schema::RuleId, Path, description = "The rule.")),
    responses((status = 204, description = "The rule holds no more.")),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<RuleId>,
) -> Result<StatusCode, Problem> {
    principal.require(&rights::MODERATION_WRITE)?;
    let (org, now) = (principal.org_id(), app.clock.now());
    app.database
        .write::<_, ModerationError, _>(move |tx| {
            async move {
                if let Some(mut row) = rules::get(tx, org.uuid(), id.uuid()).await? {
                    row.retired_at = Some(now.0);
                    rules::update(tx, row.version, &row).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await?;
    app.moderation.rules_changed(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}
