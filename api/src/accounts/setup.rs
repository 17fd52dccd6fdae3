//! `POST /v1/auth/setup-sessions`.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::{StatusCode, header};
use infra::database::{Refused, sessions, setup_links};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::{SESSION_COOKIE, session_hash, set_cookie};
use crate::extract::Json;
use crate::guest_sessions::create::hex;
use crate::{App, refusal};

/// How long a session lasts.
const SESSION_AGE: Duration = Duration::from_hours(24 * 14);

/// The token of a setup link.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"setup_token": "hw_setup_…"}))]
pub struct NewSetupSession {
    /// What stands in the link that the server printed at its first start.
    #[schema(min_length = 1, max_length = 200)]
    pub setup_token: String,
}

/// Why no session was made.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// Unknown, used or too old.
    #[error("this setup link was used or is too old: `headwater user` prints another one")]
    Spent,
}

impl From<SetupError> for Problem {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::Spent => {
                refusal::of(StatusCode::UNAUTHORIZED, "setup_link_spent", error.to_string())
            }
        }
    }
}

/// Signs the owner in with a setup link: single use, 30 minutes.
#[utoipa::path(
    post,
    path = "/v1/auth/setup-sessions",
    operation_id = "createSetupSession",
    tag = "accounts",
    security(()),
    request_body = NewSetupSession,
    responses(
        (status = 204, description = "Signed in: the cookie `hw_session` is set."),
        (status = 401, description = "`setup_link_spent`: used or too old."),
    ),
)]
pub(crate) async fn setup(
    State(app): State<App>,
    Json(wanted): Json<NewSetupSession>,
) -> Result<Response, Problem> {
    let secret = hex(&app.ids.bytes::<32>());
    let (token_hash, id_hash) = (session_hash(&wanted.setup_token), session_hash(&secret));
    let now = app.clock.now();
    app.database
        .write(move |tx| {
            async move {
                let link = setup_links::use_up(tx, &token_hash, now).await?;
                let link = link.ok_or(Refused::Rule(SetupError::Spent))?;
                let session = sessions::New {
                    id_hash,
                    org_id: domain::id::Id::from_uuid(link.org_id),
                    user_id: domain::id::Id::from_uuid(link.user_id),
                    kind: sessions::Kind::SignIn,
                    now,
                    expires_at: now.plus(SESSION_AGE),
                };
                sessions::insert(tx, session).await?;
                Ok(())
            }
            .boxed()
        })
        .await?;
    let cookie = set_cookie(SESSION_COOKIE, &secret, SESSION_AGE, app.settings.secure_cookies);
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
