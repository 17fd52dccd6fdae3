//! The first gifts: from a pebble to a waterfall.

use domain::id::OrgId;
use domain::time::Timestamp;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::database::{Error, gift_type_revisions, gift_types};
use crate::ids::Ids;

struct Gift {
    sku: &'static str,
    en: &'static str,
    zh: &'static str,
    price_coins: i64,
    tier: i32,
    quantity_max: u32,
}

/// Each is about five times the one before; the art's id is the sku.
const GIFTS: [Gift; 5] = [
    Gift { sku: "pebble", en: "Pebble", zh: "石子", price_coins: 1, tier: 1, quantity_max: 999 },
    Gift {
        sku: "leaf-boat",
        en: "Leaf boat",
        zh: "叶舟",
        price_coins: 10,
        tier: 1,
        quantity_max: 999,
    },
    Gift {
        sku: "river-lantern",
        en: "River lantern",
        zh: "河灯",
        price_coins: 50,
        tier: 2,
        quantity_max: 520,
    },
    Gift { sku: "heron", en: "Heron", zh: "白鹭", price_coins: 200, tier: 3, quantity_max: 99 },
    Gift {
        sku: "waterfall",
        en: "Waterfall",
        zh: "瀑布",
        price_coins: 1_000,
        tier: 4,
        quantity_max: 99,
    },
];

/// How long one more gift counts towards the same combo.
const COMBO_WINDOW_S: i32 = 8;

pub(super) async fn seed(
    tx: &impl ConnectionTrait,
    ids: &Ids,
    org: OrgId,
    now: Timestamp,
) -> Result<(), Error> {
    for gift in GIFTS {
        let (id, revision_id) = (ids.uuid(), ids.uuid());
        let gift_type = gift_types::Model {
            id,
            org_id: org.uuid(),
            sku: gift.sku.to_owned(),
            status: "active".to_owned(),
            revision_id: Some(revision_id),
            version: 1,
            created_at: now.0,
        };
        let revision = gift_type_revisions::Model {
            id: revision_id,
            org_id: org.uuid(),
            gift_type_id: id,
            revision: 1,
            name: json!({ "en": gift.en, "zh-CN": gift.zh }),
            price_coins: gift.price_coins,
            tier: gift.tier,
            assets: json!({ "art": gift.sku }),
            combo_window_s: COMBO_WINDOW_S,
            limits: json!({ "quantity_max": gift.quantity_max }),
            created_at: now.0,
        };
        if gift_types::insert(tx, gift_types::Offer { gift_type, revision }).await? {
            tracing::debug!(gift.sku = gift.sku, "gift added to the catalogue");
        }
    }
    Ok(())
}
