//! Pages of lists: keyset cursors, `next_cursor` in the body and `Link` in the head.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, Uri, header};
use infra::http::problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::cursor::{CursorError, Cursors};
use crate::extract::Limit;
use crate::refusal;

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct List<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Where the next page starts; absent on the last one.
    #[schema(example = "kF3vX1q0…")]
    pub next_cursor: Option<String>,
}

/// A page with its `Link` header.
#[derive(Debug)]
pub struct Listed<T> {
    list: List<T>,
    uri: Uri,
}

/// A list as it is asked for: its filters, where this page starts, how long it is.
///
/// `filter` names the list and everything that changes its rows or their order.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Who signs the cursors.
    pub cursors: &'a Cursors,
    /// The request's address, for the `Link`.
    pub uri: Uri,
    /// The list and its filters.
    pub filter: String,
    /// Rows on this page.
    pub limit: Limit,
}

impl Asked<'_> {
    /// The position after which this page starts; none on the first page.
    ///
    /// # Errors
    /// 400 `cursor_mismatch` for a cursor of other filters, 400 `invalid_cursor` for a foreign one.
    pub fn position<P: DeserializeOwned>(
        &self,
        cursor: Option<&str>,
    ) -> Result<Option<P>, Problem> {
        let Some(cursor) = cursor else { return Ok(None) };
        let opened = self.cursors.open(&self.filter, cursor);
        opened.map(Some).map_err(|error| {
            let code = match error {
                CursorError::Mismatch => "cursor_mismatch",
                CursorError::Invalid => "invalid_cursor",
            };
            refusal::of(StatusCode::BAD_REQUEST, code, error.to_string())
        })
    }

    /// The page made of `rows`, of which [`Limit::fetch`] were read; `position` names a row's place.
    pub fn page<R, T, P: Serialize>(
        self,
        mut rows: Vec<R>,
        position: impl Fn(&R) -> P,
        show: impl FnMut(R) -> T,
    ) -> Listed<T> {
        let more = rows.len() > self.limit.rows();
        rows.truncate(self.limit.rows());
        let last = rows.last().filter(|_| more);
        let next_cursor = last.map(|row| self.cursors.seal(&self.filter, &position(row)));
        Listed {
            list: List { data: rows.into_iter().map(show).collect(), next_cursor },
            uri: self.uri,
        }
    }
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        let link = self.list.next_cursor.as_deref().map(|cursor| link(&self.uri, cursor));
        let mut response = Json(self.list).into_response();
        if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

/// The address of the next page: this one's with another cursor.
fn link(uri: &Uri, cursor: &str) -> String {
    let others = uri.query().unwrap_or_default().split('&');
    let mut parts: Vec<&str> =
        others.filter(|part| !part.is_empty() && !part.starts_with("cursor=")).collect();
    let cursor = format!("cursor={cursor}");
    parts.push(&cursor);
    format!("<{}?{}>; rel=\"next\"", uri.path(), parts.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(cursors: &Cursors, filter: &str) -> Asked<'static> {
        let cursors = Box::leak(Box::new(cursors.clone()));
        Asked {
            cursors,
            uri: Uri::from_static("/v1/channels?limit=50&cursor=old&sort=name"),
            filter: filter.to_owned(),
            limit: Limit::default(),
        }
    }

    #[test]
    fn a_full_page_names_the_next_one_and_the_last_page_none() {
        let cursors = Cursors::new([1; 32]);
        let page = asked(&cursors, "a").page((0..51).collect(), |&row: &i32| row, |row| row);
        assert_eq!(page.list.data.len(), 50);
        let cursor = page.list.next_cursor.unwrap();
        assert_eq!(asked(&cursors, "a").position(Some(&cursor)).unwrap(), Some(49));
        let refused = asked(&cursors, "b").position::<i32>(Some(&cursor)).unwrap_err();
        assert_eq!(refused.code(), "cursor_mismatch");
        let last = asked(&cursors, "a").page((0..50).collect(), |&row: &i32| row, |row| row);
        assert_eq!(last.list.next_cursor, None);
    }

    #[test]
    fn the_link_keeps_every_other_parameter() {
        let uri = Uri::from_static("/v1/channels?limit=5&cursor=old&sort=name");
        assert_eq!(link(&uri, "new"), "</v1/channels?limit=5&sort=name&cursor=new>; rel=\"next\"");
        assert_eq!(link(&Uri::from_static("/v1/x"), "c"), "</v1/x?cursor=c>; rel=\"next\"");
    }
}
