//! `POST /v1/gift-types`.

use axum::extract::State;
use domain::gift::{Quantity, Sku, SkuError};
use domain::id::{GiftTypeId, OrgId};
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::gift_types::{self, Offer};
use infra::database::{Refused, gift_type_revisions};
use infra::http::problem::Problem;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{GiftType, Names};
use crate::auth::{Principal, rights};
use crate::convention::Created;
use crate::extract::Json;
use crate::{App, refusal};

/// The dearest gift: far below what JSON numbers hold exactly, also in the largest order.
const PRICE_MAX: i64 = 1_000_000_000;
/// The longest combo window.
const COMBO_WINDOW_S_MAX: i32 = 60;
/// Languages of a name.
const NAMES_MAX: usize = 20;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 64;

/// A gift for the catalogue.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sku": "kite", "name": { "en": "Kite", "zh-CN": "风筝" }, "price_coins": 30, "tier": 2, "art": "kite"
}))]
pub struct NewGiftType {
    /// What orders name it by: a-z, 0-9, `-` and `_`.
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9_-]+$")]
    pub sku: String,
    /// Names by language tag.
    #[schema(value_type = crate::schema::LocalizedText)]
    pub name: Names,
    /// What one costs.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub price_coins: i64,
    /// How loudly pages show it.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 5, default = 1)]
    pub tier: i32,
    /// What pages draw; the sku when absent.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub art: Option<String>,
    /// How long one more gift counts towards the same combo; zero for no combos.
    #[serde(default = "eight")]
    #[schema(minimum = 0, maximum = 60, default = 8)]
    pub combo_window_s: i32,
    /// The most of one order.
    #[serde(default = "most")]
    #[schema(minimum = 1, maximum = 9_999, default = 9_999)]
    pub quantity_max: u32,
}

fn one() -> i32 {
    1
}

fn eight() -> i32 {
    8
}

fn most() -> u32 {
    Quantity::MAX
}

/// What a revision is made of.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) name: Names,
    pub(super) price_coins: i64,
    pub(super) tier: i32,
    pub(super) art: String,
    pub(super) combo_window_s: i32,
    pub(super) quantity_max: u32,
}

impl Terms {
    /// Refuses what no gift can have.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let named = |(lang, name): (&String, &String)| {
            (1..=35).contains(&lang.len()) && (1..=NAME_CHARS_MAX).contains(&name.chars().count())
        };
        let names = (1..=NAMES_MAX).contains(&self.name.len()) && self.name.iter().all(named);
        let checks = [
            ("/name", names, "1 to 20 languages, each with a name of 1 to 64 characters"),
            ("/price_coins", (1..=PRICE_MAX).contains(&self.price_coins), "1 to 1000000000"),
            ("/tier", (1..=5).contains(&self.tier), "1 to 5"),
            ("/combo_window_s", (0..=COMBO_WINDOW_S_MAX).contains(&self.combo_window_s), "0 to 60"),
            ("/quantity_max", Quantity::new(self.quantity_max).is_some(), "1 to 9999"),
            ("/art", self.art.chars().count() <= NAME_CHARS_MAX, "at most 64 characters"),
        ];
        match checks.iter().find(|(_, holds, _)| !holds) {
            Some((pointer, _, message)) => Err(refusal::invalid(pointer, "invalid", message)),
            None => Ok(()),
        }
    }

    /// The row of a revision.
    pub(super) fn row(
        self,
        app: &App,
        org: OrgId,
        gift_type: GiftTypeId,
        revision: i64,
    ) -> gift_type_revisions::Model {
        gift_type_revisions::Model {
            id: app.ids.uuid(),
            org_id: org.uuid(),
            gift_type_id: gift_type.uuid(),
            revision,
            name: json!(self.name),
            price_coins: self.price_coins,
            tier: self.tier,
            assets: json!({ "art": self.art }),
            combo_window_s: self.combo_window_s,
            limits: json!({ "quantity_max": self.quantity_max }),
            created_at: app.clock.now().0,
        }
    }
}

/// Why the catalogue was not changed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// Another gift has the sku.
    #[error("another gift has this sku")]
    SkuTaken,
    /// Someone else was faster.
    #[error("the gift changed meanwhile")]
    Changed,
}

impl From<CatalogueError> for Problem {
    fn from(error: CatalogueError) -> Self {
        let detail = error.to_string();
        match error {
            CatalogueError::SkuTaken => refusal::conflict("sku_taken", detail),
            CatalogueError::Changed => {
                refusal::of(StatusCode::PRECONDITION_FAILED, "version_mismatch", detail)
            }
        }
    }
}

/// Adds a gift to the catalogue.
#[utoipa::path(
    post,
    path = "/v1/gift-types",
    operation_id = "createGiftType",
    tag = "gifts",
    request_body = NewGiftType,
    responses(
        (status = 201, description = "The gift can be sent.", body = GiftType),
        (status = 409, description = "`sku_taken`: another gift has this sku."),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewGiftType>,
) -> Result<Created<GiftType>, Problem> {
    principal.require(&rights::CATALOGUE_WRITE)?;
    let sku: Sku = wanted
        .sku
        .parse()
        .map_err(|error: SkuError| refusal::invalid("/sku", "invalid", &error.to_string()))?;
    let terms = Terms {
        name: wanted.name,
        price_coins: wanted.price_coins,
        tier: wanted.tier,
        art: wanted.art.unwrap_or_else(|| sku.as_str().to_owned()),
        combo_window_s: wanted.combo_window_s,
        quantity_max: wanted.quantity_max,
    };
    terms.check()?;
    let (id, org): (GiftTypeId, _) = (app.ids.next(), principal.org_id());
    let revision = terms.row(&app, org, id, 1);
    let gift_type = gift_types::Model {
        id: id.uuid(),
        org_id: org.uuid(),
        sku: sku.as_str().to_owned(),
        status: "active".to_owned(),
        revision_id: Some(revision.id),
        version: 1,
        created_at: revision.created_at,
    };
    let offer = Offer { gift_type, revision };
    let body = GiftType::from(offer.clone());
    app.database
        .write(move |tx| {
            let offer = offer.clone();
            async move {
                let inserted = gift_types::insert(tx, offer).await?;
                if inserted { Ok(()) } else { Err(Refused::Rule(CatalogueError::SkuTaken)) }
            }
            .boxed()
        })
        .await?;
    Ok(Created { location: format!("/v1/gift-types/{}", body.id), body })
}
