//! The ledger, for auditors.

pub mod trial_balance;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

/// The endpoints of the ledger.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(trial_balance::trial_balance))
}
