//! `DELETE /v1/moderation/term-lists/{list_id}`.

use axum::extract::State;
use domain::id::TermListId;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{term_lists, terms};
use infra::http::problem::Problem;

use crate::auth::{Principal, rights};
use crate::extract::Path;
use crate::moderation::ModerationError;
use crate::{App, schema};

/// Takes a term list away with its terms; rules that cite it find nothing there any more.
#[utoipa::path(
    delete,
    path = "/v1/moderation/term-lists/{list_id}",
    operation_id = "deleteTermList",
    tag = "moderation",
    params(("list_id" = schema::TermListId, Path, description = "The term list.")),
    responses((status = 204, description = "The list is gone.")),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<TermListId>,
) -> Result<StatusCode, Problem> {
    principal.require(&rights::MODERATION_WRITE)?;
    let org = principal.org_id();
    app.database
        .write::<_, ModerationError, _>(move |tx| {
            async move {
                if term_lists::get(tx, org.uuid(), id.uuid()).await?.is_some() {
                    terms::delete_list(tx, id.uuid()).await?;
                    term_lists::delete(tx, id.uuid()).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await?;
    app.moderation.rules_changed(&app).await?;
    Ok(StatusCode::NO_CONTENT)
}
