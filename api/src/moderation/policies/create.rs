//! `POST /v1/moderation/policies`.

use axum::extract::State;
use futures_util::FutureExt as _;
use infra::database::{Refused, policies};
use infra::http::problem::Problem;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Policy, Titles, are_titles};
use crate::auth::{Principal, rights};
use crate::convention::Created;
use crate::extract::Json;
use crate::moderation::ModerationError;
use crate::{App, refusal};

/// A policy to add.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "key": "spoilers", "title": { "en": "Spoilers" }, "severity": 1 }))]
pub struct NewPolicy {
    /// Its name in reports and reasons: a-z, 0-9 and `_`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9_]+$")]
    pub key: String,
    /// Titles by language tag.
    #[schema(value_type = crate::schema::LocalizedText)]
    pub title: Titles,
    /// From 1, a nuisance, to 5, a danger.
    #[schema(minimum = 1, maximum = 5)]
    pub severity: i32,
}

/// Adds a policy.
#[utoipa::path(
    post,
    path = "/v1/moderation/policies",
    operation_id = "createPolicy",
    tag = "moderation",
    request_body = NewPolicy,
    responses(
        (status = 201, description = "Decisions can cite it.", body = Policy),
        (status = 409, description = "`name_taken`: another policy has this key."),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewPolicy>,
) -> Result<Created<Policy>, Problem> {
    principal.require(&rights::MODERATION_WRITE)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !(1..=64).contains(&wanted.key.len()) || !wanted.key.bytes().all(plain) {
        return Err(refusal::invalid("/key", "invalid", "1 to 64 of a-z, 0-9 and _"));
    }
    if !are_titles(&wanted.title) {
        return Err(refusal::invalid("/title", "invalid", "1 to 20 titles of 1 to 140 characters"));
    }
    if !(1..=5).contains(&wanted.severity) {
        return Err(refusal::invalid("/severity", "invalid", "1 to 5"));
    }
    let row = policies::Model {
        id: app.ids.uuid(),
        org_id: principal.org_id().uuid(),
        key: wanted.key,
        parent_id: None,
        title: json!(wanted.title),
        severity: wanted.severity,
        statutory_refs: json!([]),
        version: 1,
        created_at: app.clock.now().0,
    };
    let body = Policy::from(row.clone());
    app.database
        .write(move |tx| {
            let row = row.clone();
            async move {
                let inserted = policies::insert(tx, row).await?;
                if inserted { Ok(()) } else { Err(Refused::Rule(ModerationError::NameTaken)) }
            }
            .boxed()
        })
        .await?;
    Ok(Created { location: format!("/v1/moderation/policies/{}", body.id), body })
}
