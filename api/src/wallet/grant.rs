//! `POST /v1/wallet-grants`.

use axum::extract::State;
use domain::event::Topic;
use domain::id::{OrgId, TransferId, UserId};
use domain::money::Coins;
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::ledger::AppendError;
use infra::database::wallets::{self, Grant, Opener};
use infra::database::{DatabaseTransaction, Refused, ledger, outbox, transfers, users};
use infra::http::problem::Problem;
use infra::ids::Ids;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::auth::{Principal, rights};
use crate::convention::{Created, IdempotencyKey};
use crate::extract::Json;
use crate::{App, refusal, schema};

/// The most of one grant: far below what JSON numbers hold exactly.
const COINS_MAX: i64 = 1_000_000_000;
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 200;

/// Coins to give.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "coins": 500, "reason": "welcome"
}))]
pub struct GrantRequest {
    /// Who gets them.
    #[schema(value_type = schema::UserId)]
    pub user_id: UserId,
    /// How many.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub coins: i64,
    /// Why; stands in the statement.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub reason: String,
}

/// Coins that were given.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WalletGrant, example = json!({
    "transfer_id": "trf_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "user_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "coins": 500, "balance": 1_740
}))]
pub struct Granted {
    /// The transfer from the promotion account.
    #[schema(value_type = schema::TransferId)]
    pub transfer_id: TransferId,
    /// Who got them.
    #[schema(value_type = schema::UserId)]
    pub user_id: UserId,
    /// How many.
    pub coins: i64,
    /// What the wallet now holds.
    pub balance: i64,
}

/// Gives coins to a user: a real transfer from the promotion account, whose sum tells what was
/// given away.
#[utoipa::path(
    post,
    path = "/v1/wallet-grants",
    operation_id = "grantCoins",
    tag = "wallet",
    params(("Idempotency-Key" = String, Header, description = "Names this grant for ever.")),
    request_body = GrantRequest,
    responses((status = 201, description = "The coins are in the wallet.", body = Granted)),
)]
pub(crate) async fn grant(
    State(app): State<App>,
    principal: Principal,
    key: IdempotencyKey,
    Json(request): Json<GrantRequest>,
) -> Result<Created<Granted>, Problem> {
    principal.require(&rights::LEDGER_WRITE)?;
    if !(1..=COINS_MAX).contains(&request.coins) {
        return Err(refusal::invalid("/coins", "invalid", "1 to 1000000000"));
    }
    if request.reason.chars().count() > REASON_CHARS_MAX {
        return Err(refusal::invalid("/reason", "too_long", "at most 200 characters"));
    }
    let org = principal.org_id();
    users::find(app.database.read(), request.user_id)
        .await?
        .filter(|user| user.org_id == org.uuid())
        .ok_or_else(|| refusal::invalid("/user_id", "unknown", "no such user"))?;
    let give = Give { org, id: key.id("grant"), at: app.clock.now(), request };
    let ids = app.ids.clone();
    let body = app
        .database
        .write(move |tx| {
            let (ids, give) = (ids.clone(), give.clone());
            async move { give.run(tx, &ids).await }.boxed()
        })
        .await?;
    Ok(Created { location: "/v1/wallet/entries".to_owned(), body })
}

#[derive(Clone, Debug)]
struct Give {
    org: OrgId,
    id: TransferId,
    at: Timestamp,
    request: GrantRequest,
}

impl Give {
    async fn run(
        &self,
        tx: &DatabaseTransaction,
        ids: &Ids,
    ) -> Result<Granted, Refused<GrantError>> {
        if transfers::get(tx, self.id.uuid()).await?.is_some() {
            return self.repeat(tx).await;
        }
        let opener = Opener { ids, org: self.org, now: self.at };
        let grant = Grant {
            id: self.id,
            user: self.request.user_id,
            coins: Coins(self.request.coins),
            reason: self.request.reason.clone(),
        };
        let balance = wallets::grant(tx, opener, grant).await.map_err(|error| match error {
            AppendError::Database(error) => Refused::Database(error),
            other => Refused::Rule(GrantError::Ledger(other)),
        })?;
        let granted = self.granted(balance);
        let told = outbox::Row {
            id: ids.next(),
            org_id: Some(self.org),
            topic: Topic::WalletGranted,
            key: self.request.user_id.to_string(),
            payload: json!({ "grant": granted, "reason": self.request.reason }),
            created_at: self.at,
        };
        outbox::append(tx, told).await?;
        Ok(granted)
    }

    /// The answer to a key whose first answer is no longer kept: the same grant, today's balance.
    async fn repeat(&self, tx: &DatabaseTransaction) -> Result<Granted, Refused<GrantError>> {
        let first = ledger::read(tx, self.id).await?;
        let wallet = wallets::find(tx, self.request.user_id).await?;
        let is_same = first
            .zip(wallet)
            .is_some_and(|(transfer, wallet)| transfer.effect_on(wallet).0 == self.request.coins);
        if !is_same {
            return Err(Refused::Rule(GrantError::KeyReused));
        }
        Ok(self.granted(wallets::available(tx, self.request.user_id).await?))
    }

    fn granted(&self, balance: Coins) -> Granted {
        Granted {
            transfer_id: self.id,
            user_id: self.request.user_id,
            coins: self.request.coins,
            balance: balance.0,
        }
    }
}

/// Why coins were not given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The key was used for another grant.
    #[error("the idempotency key was used for another grant")]
    KeyReused,
    /// The ledger refused.
    #[error("the ledger refused the grant")]
    Ledger(#[source] AppendError),
}

impl From<GrantError> for Problem {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::KeyReused => refusal::of(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                error.to_string(),
            ),
            GrantError::Ledger(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "coins not granted");
                refusal::internal()
            }
        }
    }
}
