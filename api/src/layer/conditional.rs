//! `If-None-Match`: an answer that the asker already has is 304 without a body.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};

/// Turns a successful answer into 304 when its `ETag` is named by `If-None-Match`.
pub(crate) async fn conditional(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(header::IF_NONE_MATCH).filter(|_| reads).cloned();
    let mut response = next.run(request).await;
    if let (Some(known), Some(tag)) = (known, response.headers().get(header::ETAG))
        && response.status() == StatusCode::OK
        && names(&known, tag)
    {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}

/// Whether a list of entity tags names `tag`, compared weakly (RFC 9110, 13.1.2).
fn names(list: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(list), Ok(tag)) = (list.to_str(), tag.to_str()) else { return false };
    list.split(',').map(str::trim).any(|known| {
        known == "*"
            || known.strip_prefix("W/").unwrap_or(known) == tag.strip_prefix("W/").unwrap_or(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list() {
        for (list, named) in [
            ("\"7\"", true),
            ("W/\"7\"", true),
            ("\"6\", \"7\"", true),
            ("*", true),
            ("\"6\"", false),
            ("7", false),
            ("", false),
        ] {
            let list = HeaderValue::from_static(list);
            assert_eq!(names(&list, &HeaderValue::from_static("\"7\"")), named, "{list:?}");
        }
    }
}
