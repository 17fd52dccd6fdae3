//! `GET` and `PATCH /v1/users/me`.

use axum::extract::State;
use domain::id::{OrgId, RoomId, UserId};
use futures_util::FutureExt as _;
use infra::database::{self, users};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Principal, Role};
use crate::extract::{Json, MergePatch, Patch};
use crate::viewer_tokens::name;
use crate::{App, refusal, schema};

/// Who one is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "org_id": "org_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "display_name": "Mira", "kind": "human", "locale": "en", "role": "owner", "room_id": null, "capabilities": []
}))]
pub struct Me {
    /// One's id.
    #[schema(value_type = schema::UserId)]
    pub id: UserId,
    /// One's organisation.
    #[schema(value_type = schema::OrgId)]
    pub org_id: OrgId,
    /// How others see one.
    pub display_name: String,
    /// `human`, `bot`, `service` or `anonymous`.
    pub kind: String,
    /// The language of one's pages, BCP 47.
    pub locale: Option<String>,
    /// What a member is to the organisation.
    pub role: Option<Role>,
    /// The room of a viewer token.
    #[schema(value_type = Option<schema::RoomId>)]
    pub room_id: Option<RoomId>,
    /// What a viewer token allows.
    pub capabilities: Vec<String>,
}

/// What to change; absent members stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"display_name": "Mira", "locale": "zh-CN"}))]
pub struct MeChange {
    /// How others see one.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    pub display_name: Patch<String>,
    /// The language of one's pages, BCP 47.
    #[schema(value_type = Option<String>, max_length = 35)]
    #[serde(default)]
    pub locale: Patch<String>,
}

/// Shows who one is.
#[utoipa::path(
    get,
    path = "/v1/users/me",
    operation_id = "getMe",
    tag = "accounts",
    responses((status = 200, description = "One's own account.", body = Me)),
)]
pub(crate) async fn get(State(app): State<App>, principal: Principal) -> Result<Json<Me>, Problem> {
    let row = row(&app, &principal).await?;
    Ok(Json(shown(row, &principal)))
}

/// Changes one's own account.
#[utoipa::path(
    patch,
    path = "/v1/users/me",
    operation_id = "updateMe",
    tag = "accounts",
    request_body(content = MeChange, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "One's account as it is now.", body = Me)),
)]
pub(crate) async fn change(
    State(app): State<App>,
    principal: Principal,
    MergePatch(change): MergePatch<MeChange>,
) -> Result<Json<Me>, Problem> {
    let mut row = row(&app, &principal).await?;
    if let Patch::Set(text) = &change.display_name {
        row.display_name = name(text, "/display_name")?;
    }
    row.locale = change.locale.apply(row.locale);
    if row.locale.as_ref().is_some_and(|locale| locale.len() > 35) {
        return Err(refusal::invalid("/locale", "too_long", "at most 35 characters"));
    }
    let changed = row.clone();
    let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
        let changed = changed.clone();
        async move { Ok(users::update(tx, &changed).await?) }.boxed()
    });
    written.await.map_err(database::Error::from)?;
    Ok(Json(shown(row, &principal)))
}

async fn row(app: &App, principal: &Principal) -> Result<users::Model, Problem> {
    let user = principal.user()?;
    users::find(app.database.read(), user).await?.ok_or_else(refusal::not_found)
}

fn shown(row: users::Model, principal: &Principal) -> Me {
    let (role, room_id, capabilities) = match principal {
        Principal::Session(session) => (Some(session.role), None, Vec::new()),
        Principal::Viewer(viewer) => (None, Some(viewer.room_id), viewer.capabilities.clone()),
        Principal::Key(_) => (None, None, Vec::new()),
    };
    Me {
        id: UserId::from_uuid(row.id),
        org_id: OrgId::from_uuid(row.org_id),
        display_name: row.display_name,
        kind: row.kind,
        locale: row.locale,
        role,
        room_id,
        capabilities: capabilities.iter().map(|one| one.as_str().to_owned()).collect(),
    }
}
