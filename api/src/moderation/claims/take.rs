//! `POST /v1/moderation/queues/{queue_id}/claims`.

use axum::extract::State;
use domain::id::{ItemId, QueueId, UserId};
use domain::moderation::queue::{CLAIM, CLAIMS_MAX};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use infra::database::mod_items::{self, Order, Pool};
use infra::database::{DatabaseTransaction, Refused, mod_claims, mod_queues};
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{Principal, rights};
use crate::extract::{Json, Path};
use crate::moderation::ModerationError;
use crate::moderation::items::{Item, show};
use crate::moderation::reviewer;
use crate::{App, refusal, schema};

/// How many items to take.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "max": 5 }))]
pub struct ClaimRequest {
    /// At most so many, 1 to 20; one when absent.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 20, default = 1)]
    pub max: u32,
    /// Only this item, when it still waits and nobody has it: the one that a moderator opens.
    #[schema(value_type = Option<schema::ItemId>)]
    pub item_id: Option<ItemId>,
}

fn one() -> u32 {
    1
}

/// An item that is now yours.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClaimedItem)]
pub struct Claimed {
    /// The item; also the id of the claim.
    #[schema(value_type = schema::ItemId)]
    pub item_id: ItemId,
    /// Proves that the claim is the newest one; decisions need it.
    #[schema(example = 1)]
    pub lease_token: i64,
    /// When the claim ends unless it is extended.
    #[schema(value_type = schema::Timestamp)]
    pub lease_until: Timestamp,
    /// The item itself.
    pub item: Item,
}

/// What was claimed; empty when nothing waits.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Claims {
    /// The greatest priority first.
    pub data: Vec<Claimed>,
}

/// Takes the next items of a queue: the greatest priority first, then others like the first one
/// (same author or room), and one in ten the longest overdue.
#[utoipa::path(
    post,
    path = "/v1/moderation/queues/{queue_id}/claims",
    operation_id = "claimItems",
    tag = "moderation",
    params(("queue_id" = schema::QueueId, Path, description = "The queue.")),
    request_body = ClaimRequest,
    responses(
        (status = 200, description = "What was claimed; empty when nothing waits.", body = Claims),
    ),
)]
pub(crate) async fn take(
    State(app): State<App>,
    principal: Principal,
    Path(queue): Path<QueueId>,
    Json(request): Json<ClaimRequest>,
) -> Result<Json<Claims>, Problem> {
    principal.require(&rights::MODERATION_REVIEW)?;
    let reviewer = reviewer(&app, &principal).await?;
    let org = principal.org_id();
    if request.max == 0 || request.max > CLAIMS_MAX {
        return Err(refusal::invalid("/max", "invalid", &format!("1 to {CLAIMS_MAX}")));
    }
    mod_queues::get(app.database.read(), org.uuid(), queue.uuid())
        .await?
        .ok_or_else(refusal::not_found)?;
    let wish = Wish {
        org: org.uuid(),
        item: request.item_id.map(ItemId::uuid),
        pool: Pool { queue: queue.uuid(), room: room_of(&principal) },
        reviewer,
        max: u64::from(request.max),
        overdue: app.moderation.overdue_turns(u64::from(request.max)),
        now: app.clock.now(),
    };
    let taken = app.database.write(move |tx| claim(tx, wish).boxed()).await?;
    if !taken.is_empty() {
        app.moderation.hint(org);
    }
    let (rows, claims): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
    let items = show(&app, rows).await?;
    let data = items.into_iter().zip(claims).map(|(item, claim)| Claimed {
        item_id: item.id,
        lease_token: claim.fence,
        lease_until: Timestamp(claim.lease_until),
        item,
    });
    Ok(Json(Claims { data: data.collect() }))
}

/// A viewer's token moderates its own room and no other.
fn room_of(principal: &Principal) -> Option<Uuid> {
    match principal {
        Principal::Viewer(viewer) => Some(viewer.room_id.uuid()),
        Principal::Key(_) | Principal::Session(_) => None,
    }
}

#[derive(Clone, Copy, Debug)]
struct Wish {
    org: Uuid,
    item: Option<Uuid>,
    pool: Pool,
    reviewer: UserId,
    max: u64,
    overdue: u64,
    now: Timestamp,
}

type Taken = Vec<(mod_items::Model, mod_claims::Model)>;

async fn claim(tx: &DatabaseTransaction, wish: Wish) -> Result<Taken, Refused<ModerationError>> {
    mod_items::open_lapsed(tx, wish.pool.queue, wish.now.0).await?;
    let items = match wish.item {
        Some(item) => {
            let item = mod_items::lock(tx, wish.org, item).await?;
            let waits = |item: &mod_items::Model| {
                item.state == "open"
                    && item.queue_id == wish.pool.queue
                    && wish.pool.room.is_none_or(|room| item.room_id == Some(room))
            };
            item.filter(waits).into_iter().collect()
        }
        None => choose(tx, wish).await?,
    };
    let ids: Vec<_> = items.iter().map(|item| item.id).collect();
    mod_items::set_state(tx, &ids, "claimed", wish.now.0).await?;
    let mut taken = Taken::with_capacity(items.len());
    for mut item in items {
        let mut claim = mod_claims::Model {
            item_id: item.id,
            reviewer_id: wish.reviewer.uuid(),
            fence: 0,
            claimed_at: wish.now.0,
            lease_until: wish.now.plus(CLAIM).0,
        };
        claim.fence = mod_claims::take(tx, &claim).await?;
        "claimed".clone_into(&mut item.state);
        taken.push((item, claim));
    }
    Ok(taken)
}

async fn choose(
    tx: &DatabaseTransaction,
    wish: Wish,
) -> Result<Vec<mod_items::Model>, Refused<ModerationError>> {
    let mut chosen: Vec<mod_items::Model> = Vec::new();
    if wish.overdue > 0 {
        let order = Order::Overdue { now: wish.now.0 };
        let limit = wish.overdue.min(wish.max);
        chosen.extend(mod_items::lock_open(tx, wish.pool, order, &[], limit).await?);
    }
    let missing = |chosen: &[mod_items::Model]| wish.max.saturating_sub(chosen.len() as u64);
    if missing(&chosen) > 0 {
        let next = mod_items::lock_open(tx, wish.pool, Order::Priority, &ids(&chosen), 1).await?;
        let first = next.first().cloned();
        chosen.extend(next);
        // Half of what is left may be like the first; the rest keeps the order of the queue.
        let like = missing(&chosen) / 2;
        if let (Some(first), 1..) = (first, like) {
            let order = Order::Like(&first);
            let taken = ids(&chosen);
            chosen.extend(mod_items::lock_open(tx, wish.pool, order, &taken, like).await?);
        }
    }
    let rest = missing(&chosen);
    if rest > 0 {
        let taken = ids(&chosen);
        chosen.extend(mod_items::lock_open(tx, wish.pool, Order::Priority, &taken, rest).await?);
    }
    Ok(chosen)
}

fn ids(items: &[mod_items::Model]) -> Vec<Uuid> {
    items.iter().map(|item| item.id).collect()
}
