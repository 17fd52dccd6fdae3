//! `POST /v1/moderation/term-lists`.

use axum::extract::State;
use futures_util::FutureExt as _;
use infra::database::{Refused, term_lists};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::TermList;
use crate::auth::{Principal, rights};
use crate::convention::Created;
use crate::extract::Json;
use crate::moderation::ModerationError;
use crate::{App, refusal};

/// A term list to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "our own" }))]
pub struct NewTermList {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

/// Makes an empty term list; rules of kind `terms` cite it.
#[utoipa::path(
    post,
    path = "/v1/moderation/term-lists",
    operation_id = "createTermList",
    tag = "moderation",
    request_body = NewTermList,
    responses(
        (status = 201, description = "The list was made.", body = TermList),
        (status = 409, description = "`name_taken`: another list has this name."),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewTermList>,
) -> Result<Created<TermList>, Problem> {
    principal.require(&rights::MODERATION_WRITE)?;
    let name = wanted.name.trim().to_owned();
    if !(1..=100).contains(&name.chars().count()) {
        return Err(refusal::invalid("/name", "invalid", "1 to 100 characters"));
    }
    let row = term_lists::Model {
        id: app.ids.uuid(),
        org_id: principal.org_id().uuid(),
        name,
        version: 1,
        created_at: app.clock.now().0,
    };
    let body = TermList::from(row.clone());
    app.database
        .write(move |tx| {
            let row = row.clone();
            async move {
                let inserted = term_lists::insert(tx, row).await?;
                if inserted { Ok(()) } else { Err(Refused::Rule(ModerationError::NameTaken)) }
            }
            .boxed()
        })
        .await?;
    Ok(Created { location: format!("/v1/moderation/term-lists/{}/terms", body.id), body })
}
