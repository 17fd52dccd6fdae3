//! Rules: instant tests of comments, by scope.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
mod shape;
pub mod test;
pub mod update;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use shape::{Rule, RuleAction, RuleMode, Scope, ScopeKind};

use crate::App;

/// The endpoints of rules.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(test::test))
        .routes(routes!(get::get, update::update, delete::delete))
}
