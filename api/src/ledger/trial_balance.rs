//! `GET /v1/ledger/trial-balance`.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::time::Timestamp;
use infra::database::ledger::{self, KindBalance};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Principal, rights};
use crate::extract::Json;
use crate::{App, schema};

/// What every account holds together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrialBalance {
    /// When it was read.
    #[schema(value_type = schema::Timestamp)]
    pub at: Timestamp,
    /// Whether every ledger sums to zero.
    #[schema(example = true)]
    pub balanced: bool,
    /// One line for each ledger and kind of account.
    pub data: Vec<TrialBalanceLine>,
}

/// What all accounts of one kind hold in one ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({ "ledger": "COIN", "kind": "wallet", "accounts": 12, "sum": 4_300 }))]
pub struct TrialBalanceLine {
    /// The ledger's code.
    pub ledger: String,
    /// `wallet`, `creator`, `platform`, `promo`….
    pub kind: String,
    /// How many accounts.
    pub accounts: i64,
    /// Their sum; below zero for the promotion account, which gives.
    pub sum: i64,
}

impl From<KindBalance> for TrialBalanceLine {
    fn from(line: KindBalance) -> Self {
        Self { ledger: line.ledger, kind: line.kind, accounts: line.accounts, sum: line.sum }
    }
}

/// Shows the trial balance of one's own organisation: the lines of a ledger sum to zero.
#[utoipa::path(
    get,
    path = "/v1/ledger/trial-balance",
    operation_id = "getTrialBalance",
    tag = "ledger",
    responses((status = 200, description = "The trial balance.", body = TrialBalance)),
)]
pub(crate) async fn trial_balance(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<TrialBalance>, Problem> {
    principal.require(&rights::LEDGER_READ)?;
    let lines = ledger::trial_balance(app.database.read(), principal.org_id()).await?;
    let mut sums = BTreeMap::<_, i128>::new();
    for line in &lines {
        *sums.entry(line.ledger.clone()).or_default() += i128::from(line.sum);
    }
    Ok(Json(TrialBalance {
        at: app.clock.now(),
        balanced: sums.values().all(|sum| *sum == 0),
        data: lines.into_iter().map(TrialBalanceLine::from).collect(),
    }))
}
