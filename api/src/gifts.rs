//! Gifts: orders that are paid by a transfer and shown in the room at once.

mod combo_closer;
mod derive;
pub mod get;
mod order;
pub mod refund;
pub mod send;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub(crate) use combo_closer::close_combos;
#[cfg(test)]
pub(crate) use combo_closer::close_due;

/// The endpoints of gifts.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(send::send))
        .routes(routes!(get::get))
        .routes(routes!(refund::refund))
}
