//! What may be asked of a feed.

use domain::feed::{LIMIT_MAX, Strategy};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::refusal;

/// Which page, in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Cards on a page.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 50, default = 20)]
    limit: Option<usize>,
    /// Where the page starts.
    pub(super) cursor: Option<String>,
    /// `personal`, `trending`, `chronological`, `small_channels` or `random`. Nothing of the viewer
    /// is read unless it is `personal`.
    #[param(default = "personal")]
    strategy: Option<String>,
}

impl Params {
    pub(super) const fn new(
        limit: Option<usize>,
        cursor: Option<String>,
        strategy: Option<String>,
    ) -> Self {
        Self { limit, cursor, strategy }
    }

    pub(super) fn limit(&self) -> Result<usize, Problem> {
        match self.limit.unwrap_or(20) {
            limit @ 1..=LIMIT_MAX => Ok(limit),
            _ => Err(refusal::invalid_parameter(format!("limit is 1 to {LIMIT_MAX}"))),
        }
    }

    pub(super) fn strategy(&self) -> Result<Strategy, Problem> {
        let Some(text) = &self.strategy else { return Ok(Strategy::Personal) };
        Strategy::parse(text).ok_or_else(|| {
            let known = Strategy::ALL.map(Strategy::as_str).join(", ");
            refusal::invalid_parameter(format!("strategy is one of {known}"))
        })
    }
}
