//! The catalogue of gifts: what can be sent, in revisions.

pub mod create;
pub mod list;
pub mod update;

use domain::id::GiftTypeId;
use infra::database::gift_types::Offer;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::schema;

/// The endpoints of the catalogue.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(update::update))
}

/// Names by language tag.
pub type Names = BTreeMap<String, String>;

/// One line of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "gty_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "sku": "river-lantern",
    "name": { "en": "River lantern", "zh-CN": "河灯" }, "price_coins": 50, "tier": 2,
    "art": "river-lantern", "combo_window_s": 8, "quantity_max": 520, "status": "active", "revision": 1
}))]
pub struct GiftType {
    /// The gift type's id.
    #[schema(value_type = schema::GiftTypeId)]
    pub id: GiftTypeId,
    /// What orders name it by.
    pub sku: String,
    /// Names by language tag.
    #[schema(value_type = crate::schema::LocalizedText)]
    pub name: Names,
    /// What one costs.
    pub price_coins: i64,
    /// How loudly pages show it, from 1.
    pub tier: i32,
    /// What pages draw.
    pub art: String,
    /// How long one more gift counts towards the same combo; zero for no combos.
    pub combo_window_s: i32,
    /// The most of one order.
    pub quantity_max: u64,
    /// `active` or `retired`.
    pub status: String,
    /// The number of this revision.
    pub revision: i64,
}

impl From<Offer> for GiftType {
    fn from(offer: Offer) -> Self {
        let Offer { gift_type, revision } = offer;
        let text = |value: &Value, key: &str| {
            value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Self {
            id: GiftTypeId::from_uuid(gift_type.id),
            sku: gift_type.sku,
            art: text(&revision.assets, "art"),
            name: serde_json::from_value(revision.name).unwrap_or_default(),
            price_coins: revision.price_coins,
            tier: revision.tier,
            combo_window_s: revision.combo_window_s,
            quantity_max: revision
                .limits
                .get("quantity_max")
                .and_then(Value::as_u64)
                .unwrap_or(u64::from(domain::gift::Quantity::MAX)),
            status: gift_type.status,
            revision: gift_type.version,
        }
    }
}
