//! RFC 9457 problem details: the only error body of this system.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Body;
use crate::database;

/// What stands before the code in the `type` of our own problems.
pub const TYPE_PREFIX: &str = "urn:headwater:problem:";

/// An error as the client sees it. Clients branch on `type` or `code`, never on text.
///
/// A secret or a cause inside the system never enters; the request id does.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

/// Boxed, because a refusal is rare and every `Result` carries its size.
#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: Cow<'static, str>,
    title: Cow<'static, str>,
    type_uri: Option<Cow<'static, str>>,
    detail: Option<String>,
    instance: Option<String>,
    request_id: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    members: Map<String, Value>,
    headers: HeaderMap,
}

/// What is wrong with one member of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body, for example `/user/display_name`.
    pub pointer: String,
    /// A stable word.
    pub code: Cow<'static, str>,
    /// For people.
    pub message: String,
}

impl Problem {
    /// A problem with its stable code and a title that never changes with the request.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            code: code.into(),
            title: title.into(),
            type_uri: None,
            detail: None,
            instance: None,
            request_id: None,
            errors: Vec::new(),
            retry_after: None,
            members: Map::new(),
            headers: HeaderMap::new(),
        }))
    }

    /// 404 `not_found`.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found")
    }

    /// 500 `internal`: the cause stands in the log under the request id.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something broke on our side")
    }

    /// 503 `overloaded` or `unavailable`: worth the same request again, later.
    pub fn unavailable(code: &'static str, retry_after: Duration) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, "Try again shortly")
            .retry_after(retry_after)
    }

    /// Another `type` than `urn:headwater:problem:<code>`, for the types that a standard names.
    #[must_use]
    pub fn type_uri(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.0.type_uri = Some(uri.into());
        self
    }

    /// What is particular to this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The path that was asked for.
    #[must_use]
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.0.instance = Some(instance.into());
        self
    }

    /// What the log knows this request by.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// One more thing wrong with the request's body.
    #[must_use]
    pub fn error(
        mut self,
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        self.0.errors.push(FieldError {
            pointer: pointer.into(),
            code: code.into(),
            message: message.into(),
        });
        self
    }

    /// When to ask again; sent as a header in whole seconds, rounded up.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// One more member of the body.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.into(), value.into());
        self
    }

    /// One more header of the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable word that clients branch on.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The JSON of the body.
    pub fn to_json(&self) -> Value {
        let mut body = self.0.members.clone();
        let type_uri = self
            .0
            .type_uri
            .as_deref()
            .map_or_else(|| format!("{TYPE_PREFIX}{}", self.0.code), Into::into);
        body.insert("type".into(), type_uri.into());
        body.insert("title".into(), self.0.title.as_ref().into());
        body.insert("status".into(), self.0.status.as_u16().into());
        body.insert("code".into(), self.0.code.as_ref().into());
        let optional = [
            ("detail", &self.0.detail),
            ("instance", &self.0.instance),
            ("request_id", &self.0.request_id),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                body.insert(name.into(), value.as_str().into());
            }
        }
        if !self.0.errors.is_empty() {
            body.insert("errors".into(), self.0.errors.iter().map(field).collect());
        }
        Value::Object(body)
    }

    /// The whole answer. Never cached, but by what the caller adds with [`Problem::header`].
    pub fn into_response(self) -> Response<Body> {
        let body = Bytes::from(self.to_json().to_string());
        let mut response = Response::new(Body::full(body));
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(after) = self.0.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        let private = HeaderValue::from_static("no-store");
        headers.insert(header::CACHE_CONTROL, private);
        for name in self.0.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &self.0.headers {
            headers.append(name, value.clone());
        }
        response
    }
}

fn field(error: &FieldError) -> Value {
    serde_json::json!({
        "pointer": error.pointer, "code": error.code, "message": error.message,
    })
}

impl axum_core::response::IntoResponse for Problem {
    fn into_response(self) -> axum_core::response::Response {
        Self::into_response(self).map(axum_core::body::Body::new)
    }
}

/// 503 while the database is down or full of work, 500 for what should not happen. Logged here.
impl From<database::Error> for Problem {
    fn from(error: database::Error) -> Self {
        match &error {
            database::Error::Overloaded => Self::unavailable("overloaded", Duration::from_secs(1)),
            _ if error.is_unavailable() => {
                tracing::warn!(error = &error as &dyn std::error::Error, "database unavailable");
                Self::unavailable("unavailable", Duration::from_secs(2))
            }
            _ => {
                tracing::error!(error = &error as &dyn std::error::Error, "database failed");
                Self::internal()
            }
        }
    }
}

/// The rule's problem, or the database's.
impl<E: Into<Problem>> From<database::Refused<E>> for Problem {
    fn from(refused: database::Refused<E>) -> Self {
        match refused {
            database::Refused::Rule(rule) => rule.into(),
            database::Refused::Database(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_problem_is_one_json_body_with_its_headers() {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "slow_mode", "Slow mode")
            .detail("one comment every 5 s")
            .instance("/v1/rooms/x/comments")
            .request_id("req_1")
            .error("/body", "too_long", "at most 500 characters")
            .member("wait_ms", 4_200)
            .retry_after(Duration::from_millis(4_200))
            .header(header::CACHE_CONTROL, HeaderValue::from_static("max-age=1"));
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "max-age=1");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        insta::assert_json_snapshot!(body, @r#"
        {
          "code": "slow_mode",
          "detail": "one comment every 5 s",
          "errors": [
            {
              "code": "too_long",
              "message": "at most 500 characters",
              "pointer": "/body"
            }
          ],
          "instance": "/v1/rooms/x/comments",
          "request_id": "req_1",
          "status": 429,
          "title": "Slow mode",
          "type": "urn:headwater:problem:slow_mode",
          "wait_ms": 4200
        }
        "#);
    }

    #[test]
    fn an_unavailable_database_is_a_503_that_says_when_to_return() {
        let response = Problem::from(database::Error::Overloaded).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
