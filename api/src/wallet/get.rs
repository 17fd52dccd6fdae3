//! `GET /v1/wallet`.

use axum::extract::State;
use domain::id::UserId;
use infra::database::{ledgers, wallets};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Principal;
use crate::extract::Json;
use crate::{App, schema};

/// A viewer's coins.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "balance": 1_240, "currency": "COIN"
}))]
pub struct Wallet {
    /// Whose.
    #[schema(value_type = schema::UserId)]
    pub user_id: UserId,
    /// What can be spent.
    pub balance: i64,
    /// `COIN`.
    pub currency: String,
}

/// Shows one's own wallet.
#[utoipa::path(
    get,
    path = "/v1/wallet",
    operation_id = "getWallet",
    tag = "wallet",
    responses((status = 200, description = "The wallet.", body = Wallet)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Wallet>, Problem> {
    let user_id = principal.user()?;
    let balance = wallets::available(app.database.read(), user_id).await?;
    Ok(Json(Wallet { user_id, balance: balance.0, currency: ledgers::COIN.to_owned() }))
}
