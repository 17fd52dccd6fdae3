//! `POST /v1/auth/logout`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::{StatusCode, header};
use infra::database::{self, sessions};
use infra::http::problem::Problem;

use crate::App;
use crate::auth::{Caller, Principal, SESSION_COOKIE, clear_cookie};

/// Ends the session of this browser; without one, changes nothing.
#[utoipa::path(
    post,
    path = "/v1/auth/logout",
    operation_id = "logout",
    tag = "accounts",
    security((), ("session" = [])),
    responses((status = 204, description = "Signed out.")),
)]
pub(crate) async fn logout(
    State(app): State<App>,
    Caller(caller): Caller,
) -> Result<Response, Problem> {
    if let Some(Principal::Session(session)) = caller {
        let now = app.clock.now();
        let written = app.database.write::<_, std::convert::Infallible, _>(move |tx| {
            let hash = session.hash.clone();
            async move { Ok(sessions::revoke(tx, &hash, now).await?) }.boxed()
        });
        written.await.map_err(database::Error::from)?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let cookie = clear_cookie(SESSION_COOKIE, app.settings.secure_cookies);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
