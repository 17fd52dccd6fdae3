//! `POST /v1/api-keys`.

use axum::extract::State;
use domain::id::ApiKeyId;
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::auth::secret;
use infra::database::{self, api_keys};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Principal, rights};
use crate::convention::Created;
use crate::extract::Json;
use crate::{App, refusal, schema};

/// Scopes of one key.
const SCOPES_MAX: usize = 32;

/// What to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "chat bridge", "scopes": ["comments:read", "comments:write"]}))]
pub struct NewApiKey {
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub name: String,
    /// What it may do; never more than its maker.
    #[schema(min_items = 1, max_items = 32)]
    pub scopes: Vec<String>,
    /// When it ends, if it ends.
    #[serde(default)]
    #[schema(value_type = Option<schema::Timestamp>)]
    pub expires_at: Option<Timestamp>,
}

/// A new API key with its secret, which is shown only this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "key_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "name": "chat bridge", "key": "hw_sk_live_…", "prefix": "hw_sk_live_4fQz",
    "scopes": ["comments:read"], "created_at": "2026-11-25T18:30:00.000Z", "expires_at": null
}))]
pub struct NewApiKeySecret {
    /// Its id.
    #[schema(value_type = schema::ApiKeyId)]
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// The secret; it cannot be shown again.
    pub key: String,
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
}

/// Makes an API key.
#[utoipa::path(
    post,
    path = "/v1/api-keys",
    operation_id = "createApiKey",
    tag = "accounts",
    request_body = NewApiKey,
    responses((status = 201, description = "The key, with its secret.", body = NewApiKeySecret)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewApiKey>,
) -> Result<Created<NewApiKeySecret>, Problem> {
    principal.require(&rights::API_KEYS_MANAGE)?;
    check(&principal, &wanted)?;
    let secret = secret::make(secret::Kind::ApiKey, &app.ids);
    let new = api_keys::New {
        id: app.ids.next(),
        org_id: principal.org_id(),
        name: wanted.name.clone(),
        prefix: secret.prefix().to_owned(),
        hash: secret.hash(),
        scopes: wanted.scopes.clone(),
        created_at: app.clock.now(),
        expires_at: wanted.expires_at,
    };
    let (id, created_at, prefix) = (new.id, new.created_at, new.prefix.clone());
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let new = new.clone();
        async move { Ok(api_keys::insert(tx, new).await?) }.boxed()
    });
    written.await.map_err(database::Error::from)?;
    Ok(Created {
        location: format!("/v1/api-keys/{id}"),
        body: NewApiKeySecret {
            id,
            name: wanted.name,
            key: secret.expose().to_owned(),
            prefix,
            scopes: wanted.scopes,
            created_at,
            expires_at: wanted.expires_at,
        },
    })
}

fn check(principal: &Principal, wanted: &NewApiKey) -> Result<(), Problem> {
    if wanted.name.chars().count() > 64 {
        return Err(refusal::invalid("/name", "too_long", "at most 64 characters"));
    }
    if !(1..=SCOPES_MAX).contains(&wanted.scopes.len()) {
        return Err(refusal::invalid("/scopes", "invalid", "1 to 32 scopes"));
    }
    for (place, scope) in wanted.scopes.iter().enumerate() {
        if !rights::is_scope(scope) {
            return Err(refusal::invalid(&format!("/scopes/{place}"), "unknown", "no such scope"));
        }
        // Nobody makes a key that may do more than they may.
        let missing = rights::ALL.iter().find(|right| {
            domain::capability::scope_covers(scope, right.scope) && !principal.has(right)
        });
        if let Some(right) = missing {
            return Err(refusal::insufficient_scope(right.scope));
        }
    }
    Ok(())
}
