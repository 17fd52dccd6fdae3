//! Term lists: named sets of words that rules cite.

pub mod change_terms;
pub mod create;
pub mod delete;
pub mod list;
pub mod terms;

use domain::id::{Id, TermListId};
use domain::time::Timestamp;
use infra::database::term_lists;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{App, schema};

/// The endpoints of term lists.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(delete::delete))
        .routes(routes!(terms::terms, change_terms::change_terms))
}

/// Terms of one list.
const TERMS_MAX: u64 = 100_000;
/// Terms of one request: what a body of 64 KiB holds.
const CHANGES_MAX: usize = 2_000;

/// A named set of words.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "tls_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "name": "our own", "version": 3,
    "created_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct TermList {
    /// The list's id.
    #[schema(value_type = schema::TermListId)]
    pub id: TermListId,
    /// What people call it.
    pub name: String,
    /// Grows with every change of its terms.
    pub version: i64,
    /// When it was made.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

impl From<term_lists::Model> for TermList {
    fn from(row: term_lists::Model) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            name: row.name,
            version: row.version,
            created_at: Timestamp(row.created_at),
        }
    }
}
