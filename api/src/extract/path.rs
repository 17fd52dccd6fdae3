//! Path parameters: a text that is no id names nothing, so it is not found.

use axum::extract::FromRequestParts;
use http::request::Parts;
use infra::http::problem::Problem;
use serde::de::DeserializeOwned;

use crate::refusal;

/// Path parameters, parsed.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| refusal::not_found())
    }
}
