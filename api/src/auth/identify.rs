//! Finds out who asks, once for each request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::event::Badge;
use domain::id::Id;
use domain::time::Timestamp;
use http::{HeaderMap, Method, header};
use infra::auth::secret;
use infra::auth::token::Claims;
use infra::database::{api_keys, sessions};
use infra::http::problem::Problem;
use sha2::{Digest, Sha256};

use super::api_keys::Found;
use super::cookie::{SESSION_COOKIE, read_cookie};
use super::principal::{KeyHolder, Principal, SignedIn};
use super::rights::Role;
use super::viewer::Viewer;
use crate::refusal;
use crate::state::App;

/// Who asks: left in the request's extensions.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Nobody: no credential was sent.
    Nobody,
    /// Someone.
    Known(Principal),
    /// What was sent is not good.
    Refused(BadCredential),
}

/// Why a credential is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCredential {
    /// Not made here, or damaged.
    #[error("this is no key or token of this server")]
    Unknown,
    /// Its time is over.
    #[error("the token has ended")]
    Expired,
    /// It was taken back.
    #[error("the token was revoked")]
    Revoked,
    /// A cookie came with a request of another site.
    #[error("a session's writes come from its own site only")]
    CrossSite,
}

impl BadCredential {
    pub(super) fn problem(self) -> Problem {
        match self {
            Self::Unknown => refusal::invalid_token("this is no key or token of this server"),
            Self::Expired => refusal::invalid_token("the token has ended"),
            Self::Revoked => refusal::invalid_token("the token was revoked"),
            Self::CrossSite => refusal::forbidden("cross_site_request", self.to_string()),
        }
    }
}

/// Leaves an [`Identity`] in the request.
pub(crate) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let (method, headers) = (request.method().clone(), request.headers().clone());
    match find(&app, &method, &headers).await {
        Ok(identity) => {
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(problem) => refusal::answer(problem),
    }
}

async fn find(app: &App, method: &Method, headers: &HeaderMap) -> Result<Identity, Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().unwrap_or_default();
        let Some((scheme, credential)) = text.split_once(' ') else {
            return Ok(Identity::Refused(BadCredential::Unknown));
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Ok(Identity::Refused(BadCredential::Unknown));
        }
        let credential = credential.trim();
        return if credential.starts_with("hw_sk_") {
            by_key(app, credential).await
        } else {
            by_token(app, credential).await
        };
    }
    match read_cookie(headers, SESSION_COOKIE) {
        Some(cookie) => by_session(app, method, headers, cookie).await,
        None => Ok(Identity::Nobody),
    }
}

async fn by_key(app: &App, text: &str) -> Result<Identity, Problem> {
    let Ok(key) = secret::parse(secret::Kind::ApiKey, text) else {
        return Ok(Identity::Refused(BadCredential::Unknown));
    };
    let hash = key.hash();
    let holder = if let Some(found) = app.keys.get(&hash) {
        found
    } else {
        let found = look_up(app, &hash).await?;
        app.keys.put(hash, found.clone());
        found
    };
    Ok(holder.map_or(Identity::Refused(BadCredential::Unknown), |holder| {
        Identity::Known(Principal::Key(holder))
    }))
}

async fn look_up(app: &App, hash: &[u8; 32]) -> Result<Found, Problem> {
    let row = api_keys::find_by_hash(app.database.read(), hash).await?;
    let now = app.clock.now().as_millis();
    if let Some(row) = &row {
        touch(app, row);
    }
    let good = row.filter(|row| {
        row.revoked_at.is_none() && row.expires_at.is_none_or(|expires_at| expires_at > now)
    });
    Ok(good.map(|row| {
        Arc::new(KeyHolder {
            id: Id::from_uuid(row.id),
            org_id: Id::from_uuid(row.org_id),
            scopes: serde_json::from_value(row.scopes).unwrap_or_default(),
        })
    }))
}

/// Remembers that a key was used, once a minute; nobody waits for it.
fn touch(app: &App, row: &api_keys::Model) {
    let now = app.clock.now();
    let stale = now.minus(Duration::from_mins(1)).as_millis();
    if row.revoked_at.is_some() || row.last_used_at.is_some_and(|used| used > stale) {
        return;
    }
    let (database, id) = (app.database.clone(), Id::from_uuid(row.id));
    app.tasks.spawn("api key: touch", async move {
        let written = database.write_low::<_, Infallible, _>(move |tx| {
            Box::pin(async move { Ok(api_keys::touch(tx, id, now).await?) })
        });
        if let Err(error) = written.await {
            tracing::debug!(error = %error, "the use of a key was not remembered");
        }
    });
}

async fn by_token(app: &App, text: &str) -> Result<Identity, Problem> {
    let claims: Claims = match app.tokens.verify(text, app.clock.now()) {
        Ok(claims) => claims,
        Err(infra::auth::token::Error::Expired) => {
            return Ok(Identity::Refused(BadCredential::Expired));
        }
        Err(_) => return Ok(Identity::Refused(BadCredential::Unknown)),
    };
    if app.revocations.contains(&app.database, (claims.org_id, claims.token_id)).await? {
        return Ok(Identity::Refused(BadCredential::Revoked));
    }
    Ok(Identity::Known(Principal::Viewer(Arc::new(viewer(claims)))))
}

fn viewer(claims: Claims) -> Viewer {
    let badge = |name: &String| serde_json::from_value::<Badge>(name.clone().into()).ok();
    Viewer {
        token_id: claims.token_id,
        org_id: claims.org_id,
        user_id: claims.user_id,
        room_id: claims.room_id,
        capabilities: claims.capabilities,
        badges: claims.badges.iter().filter_map(badge).collect(),
        display_name: claims.display_name,
        is_guest: claims.is_guest,
        expires_at: claims.expires_at,
    }
}

/// SHA-256 of a session's secret: what the table knows it by.
pub(crate) fn session_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

async fn by_session(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    cookie: &str,
) -> Result<Identity, Problem> {
    let hash = session_hash(cookie);
    let found = sessions::find_signed_in(app.database.read(), &hash, app.clock.now()).await?;
    // A cookie that has ended is no credential: the page is simply signed out.
    let Some(found) = found else { return Ok(Identity::Nobody) };
    let Some(role) = Role::parse(&found.role) else { return Ok(Identity::Nobody) };
    if !is_safe(method) && !is_same_site(headers) {
        return Ok(Identity::Refused(BadCredential::CrossSite));
    }
    Ok(Identity::Known(Principal::Session(Arc::new(SignedIn {
        user_id: Id::from_uuid(found.user_id),
        org_id: Id::from_uuid(found.org_id),
        role,
        display_name: found.display_name,
        hash: hash.to_vec(),
        expires_at: Timestamp(found.expires_at),
    }))))
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a browser says that our own pages made the request (CSRF).
pub(crate) fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let fetched = text(header::HeaderName::from_static("sec-fetch-site"));
    if let Some(site) = fetched {
        return matches!(site, "same-origin" | "none");
    }
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    matches!((origin, text(header::HOST)), (Some((_, from)), Some(host)) if from == host)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_our_own_pages_write_with_a_cookie() {
        let cases: [(&[(&str, &str)], bool); 8] = [
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "a")], false),
            (&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (&[("origin", "http://evil.example"), ("host", "127.0.0.1:8080")], false),
            (&[("origin", "null"), ("host", "127.0.0.1:8080")], false),
            (&[("host", "127.0.0.1:8080")], false),
        ];
        for (pairs, allowed) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(is_same_site(&headers), allowed, "{pairs:?}");
        }
    }
}
