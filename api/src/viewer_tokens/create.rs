//! `POST /v1/viewer-tokens`.

use std::time::Duration;

use axum::extract::State;
use domain::capability::Capability;
use domain::event::Badge;
use domain::id::{OrgId, RoomId, UserId};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::auth::token::Claims;
use infra::database::{self, users};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Principal, Right, rights};
use crate::extract::Json;
use crate::{App, refusal, schema};

/// Longest life of a viewer token: three hours.
const TTL_S_MAX: u32 = 180 * 60;
/// Usual life of a viewer token.
const TTL_S: u32 = 60 * 60;

/// Whom to vouch for, where, and for what.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "user": {"external_id": "customer-17", "display_name": "Mira"}, "capabilities": ["read", "comment", "gift"], "ttl_s": 3600
}))]
pub struct NewViewerToken {
    /// The room.
    #[schema(value_type = schema::RoomId)]
    pub room_id: RoomId,
    /// The viewer.
    pub user: TokenUser,
    /// What they may do there; `read` when absent.
    #[serde(default)]
    #[schema(max_items = 8)]
    pub capabilities: Vec<String>,
    /// How long, at most three hours.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10_800)]
    pub ttl_s: Option<u32>,
}

/// A viewer as a partner knows them.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"external_id": "customer-17", "display_name": "Mira", "badges": ["subscriber"]}))]
pub struct TokenUser {
    /// The partner's own id of the user.
    #[schema(min_length = 1, max_length = 128)]
    pub external_id: String,
    /// How others see them; copied into comments, so that nobody can borrow a name.
    #[schema(min_length = 1, max_length = 64)]
    pub display_name: String,
    /// What they are to the channel.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub badges: Vec<Badge>,
}

/// A viewer token.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "token": "eyJ…", "token_id": "0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "expires_at": "2026-11-25T19:30:00.000Z"
}))]
pub struct ViewerToken {
    /// What to send as `Authorization: Bearer …`.
    pub token: String,
    /// What to revoke it by.
    pub token_id: String,
    /// The user, made on first sight.
    #[schema(value_type = schema::UserId)]
    pub user_id: UserId,
    /// When it ends.
    #[schema(value_type = schema::Timestamp)]
    pub expires_at: Timestamp,
}

/// Mints a viewer token. Capabilities never exceed the scopes of the key.
#[utoipa::path(
    post,
    path = "/v1/viewer-tokens",
    operation_id = "createViewerToken",
    tag = "accounts",
    request_body = NewViewerToken,
    responses((status = 201, description = "The token.", body = ViewerToken)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewViewerToken>,
) -> Result<(StatusCode, Json<ViewerToken>), Problem> {
    principal.require(&rights::VIEWER_TOKENS_WRITE)?;
    let capabilities = capabilities(&principal, &wanted.capabilities)?;
    check(&wanted)?;
    let room = app.rooms.open(wanted.room_id).await?;
    refusal::same_org(principal.org_id(), room.org_id)?;
    let user_id = user(&app, principal.org_id(), &wanted.user).await?;
    let now = app.clock.now();
    let ttl = wanted.ttl_s.unwrap_or(TTL_S);
    let claims = Claims {
        token_id: app.ids.uuid(),
        org_id: principal.org_id(),
        user_id,
        room_id: wanted.room_id,
        capabilities,
        display_name: wanted.user.display_name.trim().to_owned(),
        badges: wanted.user.badges.iter().copied().map(badge_name).collect(),
        is_guest: false,
        expires_at: now.plus(Duration::from_secs(ttl.into())),
    };
    let body = ViewerToken {
        token: app.tokens.sign(&claims, now),
        token_id: claims.token_id.simple().to_string(),
        user_id,
        expires_at: claims.expires_at,
    };
    Ok((StatusCode::CREATED, Json(body)))
}

fn badge_name(badge: Badge) -> String {
    let value = serde_json::to_value(badge).expect("a badge is a word");
    value.as_str().unwrap_or_default().to_owned()
}

/// The right that a capability needs of the key that grants it.
fn needed(capability: Capability) -> &'static Right {
    match capability {
        Capability::Read => &rights::COMMENTS_READ,
        Capability::Comment | Capability::React => &rights::COMMENTS_WRITE,
        Capability::Gift => &rights::GIFTS_WRITE,
        Capability::Moderate => &rights::MODERATION_REVIEW,
    }
}

fn capabilities(principal: &Principal, wanted: &[String]) -> Result<Vec<Capability>, Problem> {
    let mut granted = Vec::new();
    for (place, name) in wanted.iter().enumerate() {
        let capability = Capability::parse(name).ok_or_else(|| {
            refusal::invalid(&format!("/capabilities/{place}"), "unknown", "no such capability")
        })?;
        principal.require(needed(capability))?;
        granted.push(capability);
    }
    if granted.is_empty() {
        granted.push(Capability::Read);
    }
    granted.sort_unstable();
    granted.dedup();
    Ok(granted)
}

fn check(wanted: &NewViewerToken) -> Result<(), Problem> {
    if !(1..=TTL_S_MAX).contains(&wanted.ttl_s.unwrap_or(TTL_S)) {
        return Err(refusal::invalid("/ttl_s", "out_of_range", "1 s to three hours"));
    }
    let external = wanted.user.external_id.chars().count();
    if !(1..=128).contains(&external) {
        return Err(refusal::invalid("/user/external_id", "invalid", "1 to 128 characters"));
    }
    name(&wanted.user.display_name, "/user/display_name").map(drop)
}

/// A name that others can read.
pub(crate) fn name(text: &str, pointer: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(refusal::invalid(pointer, "invalid", "1 to 64 characters"))
    }
}

/// The partner's user, made on first sight and renamed when the name changed.
async fn user(app: &App, org_id: OrgId, wanted: &TokenUser) -> Result<UserId, Problem> {
    let display_name = wanted.display_name.trim().to_owned();
    let known =
        users::find_by_external_id(app.database.read(), org_id, &wanted.external_id).await?;
    if let Some(known) = known
        && known.display_name == display_name
    {
        return Ok(UserId::from_uuid(known.id));
    }
    let new = users::New {
        id: app.ids.next(),
        org_id,
        external_id: Some(wanted.external_id.clone()),
        display_name,
        kind: users::Kind::Human,
        locale: None,
        created_at: app.clock.now(),
    };
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let new = new.clone();
        async move { Ok(users::upsert_external(tx, new).await?) }.boxed()
    });
    Ok(written.await.map_err(database::Error::from)?)
}
