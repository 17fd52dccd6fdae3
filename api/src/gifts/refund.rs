//! `POST /v1/gifts/{id}/refund`.

use axum::extract::State;
use domain::event::{GiftRefunded, RoomEvent};
use domain::id::{ComboId, GiftId, OrgId, RoomId, TransferId, UserId};
use domain::ledger::{Transfer, TransferError};
use domain::money::Coins;
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::database::gift_totals::Board;
use infra::database::ledger::{AppendError, Circumstances};
use infra::database::{DatabaseTransaction, Refused, gift_orders, gift_totals, ledger};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::derive;
use crate::App;
use crate::auth::{Principal, Right, Role};
use crate::extract::{Json, Path};
use crate::refusal;
use crate::schema;

/// Give coins back: the platform's people, a creator, or a partner's key.
const REFUND: Right = Right { scope: "gifts:refund", roles: &[Role::Creator], capability: None };

/// A gift that was given back.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "gft_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "status": "refunded", "total_coins": 150,
    "transfer_id": "trf_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d"
}))]
pub struct Refund {
    /// The gift.
    #[schema(value_type = schema::GiftId)]
    pub id: GiftId,
    /// `refunded`.
    pub status: String,
    /// What went back to the wallet.
    pub total_coins: i64,
    /// The transfer that gave it back.
    #[schema(value_type = schema::TransferId)]
    pub transfer_id: TransferId,
}

/// Gives a gift back, whole and once: a reversing transfer that cites the payment.
#[utoipa::path(
    post,
    path = "/v1/gifts/{id}/refund",
    operation_id = "refundGift",
    tag = "gifts",
    params(("id" = schema::GiftId, Path, description = "The gift.")),
    responses(
        (status = 200, description = "The coins are back in the sender's wallet.", body = Refund),
        (status = 409, description = "`already_refunded`: it was given back before."),
    ),
)]
pub(crate) async fn refund(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<GiftId>,
) -> Result<Json<Refund>, Problem> {
    principal.require(&REFUND)?;
    let order = gift_orders::get(app.database.read(), id.uuid()).await?;
    let order = order
        .filter(|order| order.org_id == principal.org_id().uuid())
        .ok_or_else(refusal::not_found)?;
    let room = app.rooms.open(RoomId::from_uuid(order.room_id)).await?;
    let actor = principal.user_id();
    let transfer_id = derive::refund(id);
    let total_coins = order.total_coins;
    room.commit(move |tx| {
        let order = order.clone();
        async move {
            give_back(tx.tx, &order, actor, tx.at).await?;
            let event = RoomEvent::GiftRefunded(GiftRefunded {
                gift_id: id,
                combo_id: order.combo_id.map(ComboId::from_uuid),
                total_coins: Coins(order.total_coins),
            });
            tx.publish(&event).await?;
            Ok(())
        }
        .boxed()
    })
    .await?;
    Ok(Json(Refund { id, status: "refunded".to_owned(), total_coins, transfer_id }))
}

async fn give_back(
    tx: &DatabaseTransaction,
    order: &gift_orders::Model,
    actor: Option<UserId>,
    at: Timestamp,
) -> Result<(), Refused<RefundError>> {
    let gift = GiftId::from_uuid(order.id);
    let payment = order.transfer_id.map(TransferId::from_uuid);
    let payment = payment.ok_or(Refused::Rule(RefundError::NotPaid))?;
    let payment = ledger::read(tx, payment).await?.ok_or(Refused::Rule(RefundError::NotPaid))?;
    let reversal = Transfer::reversal(derive::refund(gift), &payment)
        .map_err(|error| Refused::Rule(RefundError::Transfer(error)))?;
    let circumstances = Circumstances {
        org: OrgId::from_uuid(order.org_id),
        actor,
        ref_kind: "gift",
        ref_id: order.id,
        memo: String::new(),
        at,
    };
    match ledger::append(tx, &reversal, circumstances).await {
        Ok(_) => {}
        Err(AppendError::Database(error)) => return Err(error.into()),
        Err(AppendError::Posted(_) | AppendError::Reversed(_)) => {
            return Err(Refused::Rule(RefundError::AlreadyRefunded));
        }
        Err(other) => return Err(Refused::Rule(RefundError::Ledger(other))),
    }
    if !gift_orders::refund(tx, order.id, reversal.id().uuid()).await? {
        return Err(Refused::Rule(RefundError::AlreadyRefunded));
    }
    if !order.is_anonymous {
        // The day and week it counted in are those of the gift, not of the refund.
        for board in Board::all(order.recipient_channel_id, order.broadcast_id, order.created_at) {
            gift_totals::add(tx, board, order.sender_id, -order.total_coins, at.0).await?;
        }
    }
    Ok(())
}

/// Why a gift was not given back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefundError {
    /// It was never paid.
    #[error("the gift was not paid")]
    NotPaid,
    /// It was given back before.
    #[error("the gift was given back already")]
    AlreadyRefunded,
    /// The reversal breaks a rule of transfers.
    #[error("the payment can't be reversed")]
    Transfer(#[source] TransferError),
    /// The ledger refused.
    #[error("the ledger refused the refund")]
    Ledger(#[source] AppendError),
}

impl From<RefundError> for Problem {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::NotPaid => refusal::conflict("not_paid", error.to_string()),
            RefundError::AlreadyRefunded => {
                refusal::conflict("already_refunded", error.to_string())
            }
            RefundError::Transfer(_) | RefundError::Ledger(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "gift not refunded");
                refusal::internal()
            }
        }
    }
}
