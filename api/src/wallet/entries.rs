//! `GET /v1/wallet/entries`.

use axum::extract::{OriginalUri, State};
use domain::id::{GiftId, TransferId};
use domain::time::Timestamp;
use infra::database::entries::{self, Line};
use infra::database::wallets;
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Principal;
use crate::convention::Listed;
use crate::convention::list::{Asked, List};
use crate::extract::{Limit, Query};
use crate::{App, schema};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Rows on a page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page starts.
    cursor: Option<String>,
}

/// One line of a wallet's statement.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "transfer_id": "trf_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "code": "gift", "amount": -50,
    "at": "2026-11-25T18:30:00.000Z", "gift_id": "gft_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "memo": ""
}))]
pub struct WalletEntry {
    /// The transfer.
    #[schema(value_type = schema::TransferId)]
    pub transfer_id: TransferId,
    /// `gift`, `refund`, `grant`, `purchase` or `adjustment`.
    pub code: String,
    /// Below zero when coins left the wallet.
    pub amount: i64,
    /// When.
    #[schema(value_type = schema::Timestamp)]
    pub at: Timestamp,
    /// The gift that it paid or gave back.
    #[schema(value_type = Option<schema::GiftId>)]
    pub gift_id: Option<GiftId>,
    /// What was noted.
    pub memo: String,
}

impl From<Line> for WalletEntry {
    fn from(line: Line) -> Self {
        let is_gift = line.ref_kind.as_deref() == Some("gift");
        Self {
            transfer_id: TransferId::from_uuid(line.transfer_id),
            code: line.code,
            amount: line.amount,
            at: Timestamp(line.effective_at),
            gift_id: line.ref_id.filter(|_| is_gift).map(GiftId::from_uuid),
            memo: line.memo,
        }
    }
}

/// Lists what came into one's own wallet and went out of it, newest first.
#[utoipa::path(
    get,
    path = "/v1/wallet/entries",
    operation_id = "listWalletEntries",
    tag = "wallet",
    params(Params),
    responses((status = 200, description = "A page of entries.", body = List<WalletEntry>)),
)]
pub(crate) async fn entries(
    State(app): State<App>,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<Params>,
) -> Result<Listed<WalletEntry>, Problem> {
    let user = principal.user()?;
    let read = app.database.read();
    let filter = format!("wallet entries of {user}");
    let asked = Asked { cursors: &app.cursors, uri, filter, limit: params.limit };
    let before: Option<(i64, TransferId)> = asked.position(params.cursor.as_deref())?;
    let before = before.map(|(at, transfer)| (at, transfer.uuid()));
    let rows = match wallets::find(read, user).await? {
        Some(wallet) => {
            entries::statement_before(read, wallet.uuid(), before, params.limit.fetch()).await?
        }
        None => Vec::new(),
    };
    let place = |line: &Line| (line.effective_at, TransferId::from_uuid(line.transfer_id));
    Ok(asked.page(rows, place, WalletEntry::from))
}
