//! Query parameters, each named and typed; what is unknown or malformed is refused with 400.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use infra::http::problem::Problem;
use serde::de::DeserializeOwned;

use crate::refusal;

/// Query parameters, parsed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection| {
                refusal::of(StatusCode::BAD_REQUEST, "invalid_parameter", rejection.body_text())
            })
    }
}
