//! `POST /v1/gifts`.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::event;
use domain::gift::{CatalogueEntry, OrderError, Quantity, Sku};
use domain::id::{BroadcastId, GiftId, RoomId, UserId};
use domain::ledger::TransferError;
use domain::moderation::rule;
use domain::money::Coins;
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use http::{HeaderValue, StatusCode};
use infra::database::gift_types::{self, Offer};
use infra::database::ledger::AppendError;
use infra::database::{self, Refused, broadcasts, users};
use infra::http::problem::Problem;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::derive;
use super::order::{self, Order, Outcome, Receipt};
use crate::App;
use crate::auth::{Principal, rights};
use crate::convention::idempotency::REPLAYED;
use crate::convention::{Created, IdempotencyKey};
use crate::extract::Json;
use crate::moderation::Place;
use crate::room::Room;
use crate::sanctions::standing;
use crate::{refusal, schema};

/// Characters of the words that go with a gift.
const MESSAGE_CHARS_MAX: usize = 100;

/// What to give.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "gift": "river-lantern", "quantity": 3,
    "message": "beautiful!"
}))]
pub struct GiftOrder {
    /// The room to give in.
    #[schema(value_type = schema::RoomId)]
    pub room_id: RoomId,
    /// The gift's sku in the catalogue.
    #[schema(min_length = 1, max_length = 32)]
    pub gift: String,
    /// How many; one when absent.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 9_999, default = 1)]
    pub quantity: u32,
    /// Words that are shown with it.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub message: Option<String>,
    /// Whether to hide who gives.
    #[serde(default)]
    pub anonymous: bool,
    /// The programme time that the sender is watching.
    #[serde(default)]
    #[schema(value_type = Option<schema::Timestamp>)]
    pub pdt_at: Option<Timestamp>,
}

fn one() -> u32 {
    1
}

/// Sends a gift to the channel of a room.
///
/// The same key always stands for the same gift: a repeat, also after a crash or years later, gets
/// the first answer with `Idempotency-Replayed: true` and costs nothing.
#[utoipa::path(
    post,
    path = "/v1/gifts",
    operation_id = "sendGift",
    tag = "gifts",
    params(("Idempotency-Key" = String, Header, description = "Names this gift for ever.", max_length = 255)),
    request_body = GiftOrder,
    responses(
        (status = 201, description = "The gift was paid for and shown.", body = Receipt),
        (status = 402, description = "`insufficient_funds`: the wallet holds too little, nothing was written."),
        (status = 403, description = "`sanctioned`: the sender may not give here."),
    ),
)]
pub(crate) async fn send(
    State(app): State<App>,
    principal: Principal,
    key: IdempotencyKey,
    Json(wanted): Json<GiftOrder>,
) -> Result<Response, Problem> {
    principal.require_in(wanted.room_id, &rights::GIFTS_WRITE)?;
    let sender = principal.user()?;
    let room = app.rooms.open(wanted.room_id).await?;
    if room.org_id != principal.org_id() {
        return Err(refusal::not_found());
    }
    standing::may_give(&app, sender, &room).await?;
    let order = check(&app, &room, sender, key.id("gift"), wanted).await?;
    let ids = app.ids.clone();
    let outcome = room
        .commit(move |tx| {
            let (ids, order) = (ids.clone(), order.clone());
            async move {
                let outcome = order::place(tx.tx, &ids, &order).await?;
                if let Outcome::Posted(_, events) = &outcome {
                    for event in events {
                        tx.publish(event).await?;
                    }
                }
                Ok(outcome)
            }
            .boxed()
        })
        .await
        .map_err(SendGiftError::from)?;
    Ok(answer(outcome))
}

fn answer(outcome: Outcome) -> Response {
    let (receipt, replayed) = match outcome {
        Outcome::Posted(receipt, _) => (receipt, false),
        Outcome::Repeated(receipt) => (receipt, true),
    };
    let location = format!("/v1/gifts/{}", receipt.id);
    let mut response = Created { location, body: receipt }.into_response();
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// Makes a complete order of what was asked for.
async fn check(
    app: &App,
    room: &Room,
    sender: UserId,
    id: GiftId,
    wanted: GiftOrder,
) -> Result<Order, SendGiftError> {
    let read = app.database.read();
    let offer = gift_types::by_sku(read, room.org_id.uuid(), &wanted.gift).await?;
    let offer = offer
        .filter(|offer| offer.gift_type.status == "active")
        .ok_or_else(|| SendGiftError::UnknownGift(wanted.gift.clone()))?;
    let entry = entry(&offer)?;
    let quantity = Quantity::new(wanted.quantity)
        .ok_or(SendGiftError::Quantity { max: entry.quantity_max.min(Quantity::MAX) })?;
    let total = entry.total(quantity)?;
    let message = message(app, room, wanted.message)?;
    let broadcast = broadcasts::current_of(read, room.channel_id).await?;
    let author = author(app, sender, wanted.anonymous).await?;
    let fingerprint = derive::fingerprint(&[
        &wanted.room_id.to_string(),
        &wanted.gift,
        &wanted.quantity.to_string(),
        message.as_deref().unwrap_or_default(),
        if wanted.anonymous { "anonymous" } else { "named" },
    ]);
    let at = app.clock.now();
    Ok(Order {
        id,
        org: room.org_id,
        room: room.id,
        channel: room.channel_id,
        broadcast: broadcast.map(|broadcast| BroadcastId::from_uuid(broadcast.id)),
        sender,
        author,
        offer,
        quantity,
        total,
        message,
        anonymous: wanted.anonymous,
        pdt_at: wanted.pdt_at.map(|pdt_at| pdt_at.min(at)),
        fingerprint,
        at,
    })
}

/// The rule's view of an offer.
fn entry(offer: &Offer) -> Result<CatalogueEntry, SendGiftError> {
    let sku: Sku = offer
        .gift_type
        .sku
        .parse()
        .map_err(|_| SendGiftError::UnknownGift(offer.gift_type.sku.clone()))?;
    let quantity_max = offer.revision.limits.get("quantity_max").and_then(Value::as_u64);
    Ok(CatalogueEntry {
        sku,
        price: Coins(offer.revision.price_coins),
        combo_window: Duration::from_secs(
            u64::try_from(offer.revision.combo_window_s).unwrap_or(0),
        ),
        quantity_max: quantity_max.and_then(|max| u32::try_from(max).ok()).unwrap_or(Quantity::MAX),
    })
}

/// The words that go with a gift pass the same rules as a comment; what would be held is refused.
fn message(
    app: &App,
    room: &Room,
    message: Option<String>,
) -> Result<Option<String>, SendGiftError> {
    let Some(message) = message.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    if message.chars().count() > MESSAGE_CHARS_MAX || message.chars().any(char::is_control) {
        return Err(SendGiftError::Message);
    }
    let verdict = app.moderation.rules.judge(Place::of(room), None, &message);
    if verdict.outcome == rule::Outcome::Publish {
        Ok(Some(message))
    } else {
        Err(SendGiftError::Message)
    }
}

async fn author(
    app: &App,
    sender: UserId,
    anonymous: bool,
) -> Result<event::Author, SendGiftError> {
    if anonymous {
        return Ok(event::Author {
            id: None,
            display_name: "Anonymous".to_owned(),
            badges: Vec::new(),
        });
    }
    let user = users::find(app.database.read(), sender).await?;
    let display_name = user.map_or_else(String::new, |user| user.display_name);
    Ok(event::Author { id: Some(sender), display_name, badges: Vec::new() })
}

/// Why a gift was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendGiftError {
    /// The catalogue has no such gift, or sells it no more.
    #[error("no gift named `{0}`")]
    UnknownGift(String),
    /// No order can hold so many.
    #[error("an order holds 1 to {max} gifts")]
    Quantity {
        /// The bound.
        max: u32,
    },
    /// The order makes no gift.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The message is too long or not allowed here.
    #[error("the message is not allowed here")]
    Message,
    /// The wallet holds too little.
    #[error("the wallet holds {balance}, the gift costs {price}")]
    InsufficientFunds {
        /// What the wallet holds.
        balance: Coins,
        /// What the gift costs.
        price: Coins,
    },
    /// A creator gives to the own channel.
    #[error("nobody gives to their own channel")]
    OwnChannel,
    /// The key was used for another order.
    #[error("the idempotency key was used for another order")]
    KeyReused,
    /// The transfer breaks a rule of the ledger.
    #[error("the gift makes no transfer")]
    Transfer(#[source] TransferError),
    /// The ledger refused.
    #[error("the ledger refused the transfer")]
    Ledger(#[source] AppendError),
    /// The database did not answer.
    #[error("the ledger is unavailable")]
    Database(#[from] database::Error),
}

impl From<Refused<Self>> for SendGiftError {
    fn from(refused: Refused<Self>) -> Self {
        match refused {
            Refused::Rule(rule) => rule,
            Refused::Database(error) => Self::Database(error),
        }
    }
}

impl From<SendGiftError> for Problem {
    fn from(error: SendGiftError) -> Self {
        let detail = error.to_string();
        match error {
            SendGiftError::UnknownGift(_) => {
                refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "unknown_gift", detail)
            }
            SendGiftError::Quantity { .. } | SendGiftError::Order(_) => {
                refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "invalid_quantity", detail)
            }
            SendGiftError::Message => {
                refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "rejected_by_rule", detail)
            }
            SendGiftError::InsufficientFunds { .. } => {
                refusal::of(StatusCode::PAYMENT_REQUIRED, "insufficient_funds", detail)
            }
            SendGiftError::OwnChannel => {
                refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "own_channel", detail)
            }
            SendGiftError::KeyReused => {
                refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
            }
            SendGiftError::Transfer(_) | SendGiftError::Ledger(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "gift not paid");
                refusal::internal()
            }
            SendGiftError::Database(error) => error.into(),
        }
    }
}
