//! One gift as one transaction: order, payment, combo, totals, receipt.

use std::time::Duration;

use domain::event::{self, RoomEvent};
use domain::gift::{Combo, Order as Counted, Quantity};
use domain::id::{BroadcastId, ChannelId, ComboId, GiftId, OrgId, RoomId, TransferId, UserId};
use domain::ledger::{Transfer, TransferError};
use domain::money::{BasisPoints, Coins, MinorUnits};
use domain::time::Timestamp;
use infra::database::gift_totals::Board;
use infra::database::gift_types::Offer;
use infra::database::ledger::{AppendError, Circumstances};
use infra::database::wallets::Opener;
use infra::database::{DatabaseTransaction, Refused, combos, gift_orders, gift_totals, ledger};
use infra::ids::Ids;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::derive;
use super::send::SendGiftError;
use crate::schema;

/// What the platform keeps of a gift.
const PLATFORM_FEE: BasisPoints = match BasisPoints::new(3_000) {
    Some(fee) => fee,
    None => BasisPoints::ZERO,
};

/// A checked order, ready to be paid.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) id: GiftId,
    pub(super) org: OrgId,
    pub(super) room: RoomId,
    pub(super) channel: ChannelId,
    pub(super) broadcast: Option<BroadcastId>,
    pub(super) sender: UserId,
    pub(super) author: event::Author,
    pub(super) offer: Offer,
    pub(super) quantity: Quantity,
    pub(super) total: Coins,
    pub(super) message: Option<String>,
    pub(super) anonymous: bool,
    pub(super) pdt_at: Option<Timestamp>,
    pub(super) fingerprint: String,
    pub(super) at: Timestamp,
}

/// A combo, as a receipt shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = GiftCombo)]
pub(crate) struct ReceiptCombo {
    /// The combo.
    #[schema(value_type = schema::ComboId)]
    pub id: ComboId,
    /// Gifts so far.
    #[schema(example = 3)]
    pub count: u32,
    /// Coins so far.
    #[schema(example = 30)]
    pub total_coins: i64,
    /// Until when one more counts.
    #[schema(value_type = schema::Timestamp)]
    pub closes_at: Timestamp,
}

/// The answer to a gift. A repeat with the same key gets the very same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = GiftReceipt)]
pub(crate) struct Receipt {
    /// The gift.
    #[schema(value_type = schema::GiftId)]
    pub id: GiftId,
    /// `posted`: paid for and shown.
    #[schema(example = "posted")]
    pub status: String,
    /// What it cost.
    #[schema(example = 30)]
    pub total_coins: i64,
    /// The transfer that paid it.
    #[schema(value_type = schema::TransferId)]
    pub transfer_id: TransferId,
    /// What the wallet held right after it.
    #[schema(example = 1_210)]
    pub balance: i64,
    /// The combo that it counts towards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combo: Option<ReceiptCombo>,
}

/// What became of an order.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It was paid; the room hears these events.
    Posted(Receipt, Vec<RoomEvent>),
    /// It was paid before; nothing was written.
    Repeated(Receipt),
}

/// Pays an order. Whatever it refuses leaves nothing behind.
pub(super) async fn place(
    tx: &DatabaseTransaction,
    ids: &Ids,
    order: &Order,
) -> Result<Outcome, Refused<SendGiftError>> {
    if !gift_orders::insert(tx, row(order)).await? {
        return repeat(tx, order).await.map(Outcome::Repeated);
    }
    let opener = Opener { ids, org: order.org, now: order.at };
    let parties = opener.gift_parties(tx, order.sender, order.channel).await?;
    let id = derive::payment(order.id);
    let transfer = Transfer::gift(id, parties, MinorUnits(order.total.0), PLATFORM_FEE)
        .map_err(|error| Refused::Rule(SendGiftError::from(error)))?;
    let posted =
        ledger::append(tx, &transfer, circumstances(order)).await.map_err(unpaid(order))?;
    let balance = posted.available(parties.payer).unwrap_or_default();

    let mut events = Vec::new();
    let combo = count(tx, ids, order, &mut events).await?;
    if !order.anonymous {
        let (channel, broadcast) = (order.channel.uuid(), order.broadcast.map(BroadcastId::uuid));
        for board in Board::all(channel, broadcast, order.at.0) {
            gift_totals::add(tx, board, order.sender.uuid(), order.total.0, order.at.0).await?;
        }
    }
    let receipt = receipt(order, id, balance, combo.as_ref());
    let stored = serde_json::to_value(&receipt).expect("a receipt is plain data");
    let combo_id = combo.as_ref().map(|combo| combo.combo_id.uuid());
    gift_orders::post(tx, order.id.uuid(), combo_id, id.uuid(), stored).await?;
    events.push(RoomEvent::GiftSent { gift: gift(order, combo) });
    Ok(Outcome::Posted(receipt, events))
}

/// The receipt of the order that has this id already, if it asked for the same.
async fn repeat(
    tx: &DatabaseTransaction,
    order: &Order,
) -> Result<Receipt, Refused<SendGiftError>> {
    let first = gift_orders::get(tx, order.id.uuid()).await?;
    let first = first.filter(|first| first.fingerprint == order.fingerprint);
    let receipt = first.and_then(|first| first.receipt);
    let receipt = receipt.and_then(|receipt| serde_json::from_value(receipt).ok());
    receipt.ok_or(Refused::Rule(SendGiftError::KeyReused))
}

fn unpaid(order: &Order) -> impl FnOnce(AppendError) -> Refused<SendGiftError> {
    let price = order.total;
    move |error| match error {
        AppendError::Insufficient { available, .. } => {
            Refused::Rule(SendGiftError::InsufficientFunds { balance: Coins(available.0), price })
        }
        AppendError::Database(error) => error.into(),
        other => Refused::Rule(SendGiftError::Ledger(other)),
    }
}

/// Counts the order towards the sender's combo; closes one whose window passed.
///
/// The payer's balance is locked, so one sender's orders come here one after the other.
async fn count(
    tx: &DatabaseTransaction,
    ids: &Ids,
    order: &Order,
    events: &mut Vec<RoomEvent>,
) -> Result<Option<event::Combo>, Refused<SendGiftError>> {
    let window_s = u64::try_from(order.offer.revision.combo_window_s).unwrap_or(0);
    if window_s == 0 {
        return Ok(None);
    }
    let window = Duration::from_secs(window_s);
    let counted = Counted { quantity: order.quantity, total: order.total, at: order.at };
    let (room, sender) = (order.room.uuid(), order.sender.uuid());
    let gift_type = order.offer.gift_type.id;
    if let Some(mut open) = combos::open_of(tx, room, sender, gift_type).await? {
        if let Some(grown) = rule(&open).extended(counted, window) {
            store(&mut open, grown);
            combos::grow(tx, &open).await?;
            return Ok(Some(shown(&open)));
        }
        if let Some(closed) = combos::close(tx, open.id, order.at.0).await? {
            events.push(RoomEvent::GiftComboClosed(shown(&closed)));
        }
    }
    let mut fresh = combos::Model {
        id: ids.uuid(),
        room_id: room,
        sender_id: sender,
        gift_type_id: gift_type,
        count: 0,
        total_coins: 0,
        first_at: 0,
        last_at: 0,
        closes_at: 0,
        closed_at: None,
    };
    store(&mut fresh, Combo::open(counted, window));
    combos::insert(tx, fresh.clone()).await?;
    Ok(Some(shown(&fresh)))
}

fn rule(row: &combos::Model) -> Combo {
    Combo {
        count: u32::try_from(row.count).unwrap_or(u32::MAX),
        total: Coins(row.total_coins),
        first_at: Timestamp(row.first_at),
        last_at: Timestamp(row.last_at),
        closes_at: Timestamp(row.closes_at),
    }
}

fn store(row: &mut combos::Model, combo: Combo) {
    row.count = i64::from(combo.count);
    row.total_coins = combo.total.0;
    row.first_at = combo.first_at.0;
    row.last_at = combo.last_at.0;
    row.closes_at = combo.closes_at.0;
}

/// A combo, as rooms see it.
pub(super) fn shown(row: &combos::Model) -> event::Combo {
    event::Combo {
        combo_id: ComboId::from_uuid(row.id),
        count: u32::try_from(row.count).unwrap_or(u32::MAX),
        total_coins: Coins(row.total_coins),
        closes_at: Timestamp(row.closes_at),
    }
}

fn row(order: &Order) -> gift_orders::Model {
    gift_orders::Model {
        id: order.id.uuid(),
        org_id: order.org.uuid(),
        room_id: order.room.uuid(),
        broadcast_id: order.broadcast.map(BroadcastId::uuid),
        sender_id: order.sender.uuid(),
        recipient_channel_id: order.channel.uuid(),
        revision_id: order.offer.revision.id,
        quantity: i64::from(order.quantity.get()),
        total_coins: order.total.0,
        message: order.message.clone(),
        combo_id: None,
        is_anonymous: order.anonymous,
        status: "pending".to_owned(),
        transfer_id: None,
        refund_transfer_id: None,
        pdt_at: order.pdt_at.unwrap_or(order.at).0,
        fingerprint: order.fingerprint.clone(),
        receipt: None,
        created_at: order.at.0,
    }
}

fn circumstances(order: &Order) -> Circumstances {
    Circumstances {
        org: order.org,
        actor: Some(order.sender),
        ref_kind: "gift",
        ref_id: order.id.uuid(),
        memo: String::new(),
        at: order.at,
    }
}

fn receipt(
    order: &Order,
    transfer_id: TransferId,
    balance: MinorUnits,
    combo: Option<&event::Combo>,
) -> Receipt {
    Receipt {
        id: order.id,
        status: "posted".to_owned(),
        total_coins: order.total.0,
        transfer_id,
        balance: balance.0,
        combo: combo.map(|combo| ReceiptCombo {
            id: combo.combo_id,
            count: combo.count,
            total_coins: combo.total_coins.0,
            closes_at: combo.closes_at,
        }),
    }
}

fn gift(order: &Order, combo: Option<event::Combo>) -> event::Gift {
    event::Gift {
        id: order.id,
        sender: order.author.clone(),
        channel_id: order.channel,
        broadcast_id: order.broadcast,
        sku: order.offer.gift_type.sku.clone(),
        quantity: order.quantity.get(),
        total_coins: order.total,
        message: order.message.clone(),
        combo,
        pdt_at: order.pdt_at,
    }
}

impl From<TransferError> for SendGiftError {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::SameAccount(_) => Self::OwnChannel,
            other => Self::Transfer(other),
        }
    }
}
