//! A JSON body: bounded, parsed whole, and refused with a pointer to what is wrong.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use infra::http::problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::refusal;

/// Largest JSON body of a request.
pub const JSON_BYTES_MAX: usize = 64 * 1024;

/// A JSON body, taken or answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        expect_media_type(request.headers(), &["application/json"])?;
        parse(&bounded(request).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The whole body, at most [`JSON_BYTES_MAX`].
pub(super) async fn bounded(request: Request) -> Result<Bytes, Problem> {
    to_bytes(request.into_body(), JSON_BYTES_MAX)
        .await
        .map_err(|_| refusal::too_large(JSON_BYTES_MAX))
}

/// Refuses a body whose media type is none of `wanted`; parameters such as `charset` are ignored.
pub(super) fn expect_media_type(
    headers: &HeaderMap,
    wanted: &[&'static str],
) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.and_then(|value| value.split(';').next()).map_or("", str::trim);
    if wanted.iter().any(|name| essence.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    Err(refusal::of(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        format!("send the body as {}", wanted.join(" or ")),
    ))
}

/// Reads `bytes` as `T`; an error points at the place in the body.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut text).map_err(|error| {
        let pointer = pointer(error.path());
        refusal::malformed(&pointer, error.inner())
    })?;
    text.end().map_err(|error| refusal::malformed("", &error))?;
    Ok(value)
}

/// The JSON pointer (RFC 6901) of a path in a body.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;

    let mut pointer = String::new();
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&step);
    }
    pointer
}
