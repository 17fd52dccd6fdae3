//! `GET /v1/gifts/{id}`.

use axum::extract::State;
use domain::id::{BroadcastId, ChannelId, ComboId, GiftId, RoomId, TransferId, UserId};
use domain::time::Timestamp;
use infra::database::{self, gift_orders, gift_type_revisions, gift_types};
use infra::http::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::refusal;
use crate::schema;

/// A gift that was sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "gft_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "channel_id": "chn_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "broadcast_id": null,
    "sender_id": "usr_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "gift": "river-lantern", "quantity": 3,
    "total_coins": 150, "message": null, "combo_id": null, "anonymous": false, "status": "posted",
    "transfer_id": "trf_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "refund_transfer_id": null,
    "pdt_at": "2026-11-25T18:30:00.000Z", "created_at": "2026-11-25T18:30:01.000Z"
}))]
pub struct Gift {
    /// The gift's id.
    #[schema(value_type = schema::GiftId)]
    pub id: GiftId,
    /// The room it was given in.
    #[schema(value_type = schema::RoomId)]
    pub room_id: RoomId,
    /// The channel that got it.
    #[schema(value_type = schema::ChannelId)]
    pub channel_id: ChannelId,
    /// The broadcast that was live, if one was.
    #[schema(value_type = Option<schema::BroadcastId>)]
    pub broadcast_id: Option<BroadcastId>,
    /// Who gave; absent for anonymous gifts unless it was the asker.
    #[schema(value_type = Option<schema::UserId>)]
    pub sender_id: Option<UserId>,
    /// The sku of the gift.
    pub gift: String,
    /// How many.
    pub quantity: i64,
    /// What they cost together.
    pub total_coins: i64,
    /// The sender's words.
    pub message: Option<String>,
    /// The combo it belongs to.
    #[schema(value_type = Option<schema::ComboId>)]
    pub combo_id: Option<ComboId>,
    /// Whether the sender's name is hidden from others.
    pub anonymous: bool,
    /// `posted` or `refunded`.
    pub status: String,
    /// The transfer that paid it.
    #[schema(value_type = Option<schema::TransferId>)]
    pub transfer_id: Option<TransferId>,
    /// The transfer that gave it back.
    #[schema(value_type = Option<schema::TransferId>)]
    pub refund_transfer_id: Option<TransferId>,
    /// The programme time that the sender was watching.
    #[schema(value_type = schema::Timestamp)]
    pub pdt_at: Timestamp,
    /// When it was sent.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

/// Shows a gift to who sent it, to the channel's people and to partners.
#[utoipa::path(
    get,
    path = "/v1/gifts/{id}",
    operation_id = "getGift",
    tag = "gifts",
    params(("id" = schema::GiftId, Path, description = "The gift.")),
    responses((status = 200, description = "The gift.", body = Gift)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<GiftId>,
) -> Result<Json<Gift>, Problem> {
    let order = gift_orders::get(app.database.read(), id.uuid()).await?;
    let order = order
        .filter(|order| order.org_id == principal.org_id().uuid())
        .filter(|order| may_see(&principal, order))
        .ok_or_else(refusal::not_found)?;
    Ok(Json(show(&app, &principal, order).await?))
}

fn may_see(principal: &Principal, order: &gift_orders::Model) -> bool {
    let is_sender = principal.user_id().is_some_and(|user| user.uuid() == order.sender_id);
    is_sender || principal.has(&rights::LEDGER_READ) || principal.has(&rights::BROADCASTS_WRITE)
}

/// A gift, as `principal` may see it.
pub(super) async fn show(
    app: &App,
    principal: &Principal,
    order: gift_orders::Model,
) -> Result<Gift, database::Error> {
    let read = app.database.read();
    let gift = match gift_type_revisions::get(read, order.revision_id).await? {
        Some(revision) => gift_types::get(read, order.org_id, revision.gift_type_id).await?,
        None => None,
    };
    let sender = UserId::from_uuid(order.sender_id);
    let hides = order.is_anonymous && principal.user_id() != Some(sender);
    Ok(Gift {
        id: GiftId::from_uuid(order.id),
        room_id: RoomId::from_uuid(order.room_id),
        channel_id: ChannelId::from_uuid(order.recipient_channel_id),
        broadcast_id: order.broadcast_id.map(BroadcastId::from_uuid),
        sender_id: (!hides).then_some(sender),
        gift: gift.map_or_else(String::new, |offer| offer.gift_type.sku),
        quantity: order.quantity,
        total_coins: order.total_coins,
        message: order.message,
        combo_id: order.combo_id.map(ComboId::from_uuid),
        anonymous: order.is_anonymous,
        status: order.status,
        transfer_id: order.transfer_id.map(TransferId::from_uuid),
        refund_transfer_id: order.refund_transfer_id.map(TransferId::from_uuid),
        pdt_at: Timestamp(order.pdt_at),
        created_at: Timestamp(order.created_at),
    })
}
