//! `GET /v1/api-keys`.

use axum::extract::{OriginalUri, State};
use domain::id::{ApiKeyId, Id};
use domain::time::Timestamp;
use infra::database::api_keys;
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Principal, rights};
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Query};
use crate::{App, schema};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// An API key without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "key_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "name": "chat bridge", "prefix": "hw_sk_live_4fQz",
    "scopes": ["comments:read"], "created_at": "2026-11-25T18:30:00.000Z", "expires_at": null,
    "last_used_at": null, "revoked_at": null
}))]
pub struct ApiKey {
    /// Its id.
    #[schema(value_type = schema::ApiKeyId)]
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// What to recognise it by.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
    /// When it ends, if it ends.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, give or take a minute.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    #[schema(value_type = Option<schema::Timestamp>)]
    pub revoked_at: Option<Timestamp>,
}

/// Lists the API keys of one's own organisation, oldest first, without their secrets.
#[utoipa::path(
    get,
    path = "/v1/api-keys",
    operation_id = "listApiKeys",
    tag = "accounts",
    params(Params),
    responses((status = 200, description = "A page of keys.", body = List<ApiKey>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<ApiKey>, Problem> {
    principal.require(&rights::API_KEYS_MANAGE)?;
    let org = principal.org_id();
    let filter = format!("api keys of {org}");
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let after: Option<ApiKeyId> = asked.position(params.cursor.as_deref())?;
    let read = app.database.read();
    let rows = api_keys::page_after(read, org, after, params.limit.fetch()).await?;
    Ok(asked.page(
        rows,
        |row| ApiKeyId::from_uuid(row.id),
        |row| ApiKey {
            id: Id::from_uuid(row.id),
            name: row.name,
            prefix: row.prefix,
            scopes: serde_json::from_value(row.scopes).unwrap_or_default(),
            created_at: Timestamp(row.created_at),
            expires_at: row.expires_at.map(Timestamp),
            last_used_at: row.last_used_at.map(Timestamp),
            revoked_at: row.revoked_at.map(Timestamp),
        },
    ))
}
