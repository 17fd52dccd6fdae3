//! A name for each request, in its answer, its problem and its log lines.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};

use crate::state::App;

/// The header that carries the name both ways.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longest name that is taken from a caller.
const NAME_BYTES_MAX: usize = 64;

/// The name of a request, kept in its extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Takes the caller's name for the request when it is short and plain, else makes one.
pub(crate) async fn request_id(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let given = request
        .headers()
        .get(HEADER)
        .and_then(|name| name.to_str().ok())
        .filter(|name| plain(name));
    let name = given.map_or_else(|| format!("req_{}", app.ids.uuid().simple()), str::to_owned);
    request.extensions_mut().insert(RequestId(name.clone()));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn plain(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_names_are_taken_over() {
        for (name, taken) in [("abc-1_2.3", true), ("", false), ("a b", false), ("a\"b", false)] {
            assert_eq!(plain(name), taken, "{name}");
        }
        assert!(!plain(&"x".repeat(NAME_BYTES_MAX + 1)));
    }
}
