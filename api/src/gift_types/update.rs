//! `PATCH /v1/gift-types/{id}`.

use axum::extract::State;
use domain::id::GiftTypeId;
use futures_util::FutureExt as _;
use infra::database::Refused;
use infra::database::gift_types::{self, Offer};
use infra::http::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::{CatalogueError, Terms};
use super::{GiftType, Names};
use crate::auth::{Principal, rights};
use crate::convention::{IfMatch, Versioned};
use crate::extract::{MergePatch, Patch, Path};
use crate::{App, refusal, schema};

/// What to change; absent members stay. What was sold before keeps its old terms.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "price_coins": 40 }))]
pub struct GiftTypeChange {
    /// Names by language tag, all of them.
    #[schema(value_type = Option<crate::schema::LocalizedText>)]
    #[serde(default)]
    pub name: Patch<Names>,
    /// What one costs.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000_000)]
    #[serde(default)]
    pub price_coins: Patch<i64>,
    /// How loudly pages show it.
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 5)]
    #[serde(default)]
    pub tier: Patch<i32>,
    /// What pages draw.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    pub art: Patch<String>,
    /// How long one more gift counts towards the same combo.
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 60)]
    #[serde(default)]
    pub combo_window_s: Patch<i32>,
    /// The most of one order.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 9_999)]
    #[serde(default)]
    pub quantity_max: Patch<u32>,
    /// `active`, or `retired`: it can't be sent any more.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub status: Patch<String>,
}

/// Changes a gift: a new revision, which later orders cite.
#[utoipa::path(
    patch,
    path = "/v1/gift-types/{id}",
    operation_id = "updateGiftType",
    tag = "gifts",
    params(
        ("id" = schema::GiftTypeId, Path, description = "The gift type."),
        ("If-Match" = String, Header, description = "The revision that was read, in quotes."),
    ),
    request_body(content = GiftTypeChange, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The gift as it is sold now.", body = GiftType),
        (status = 412, description = "`version_mismatch`: it changed meanwhile."),
        (status = 428, description = "`precondition_required`: send `If-Match`."),
    ),
)]
pub(crate) async fn update(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<GiftTypeId>,
    seen: IfMatch,
    MergePatch(change): MergePatch<GiftTypeChange>,
) -> Result<Versioned<GiftType>, Problem> {
    principal.require(&rights::CATALOGUE_WRITE)?;
    let org = principal.org_id();
    let before = gift_types::get(app.database.read(), org.uuid(), id.uuid()).await?;
    let before = before.ok_or_else(refusal::not_found)?;
    let expected = before.gift_type.version;
    seen.check(expected)?;
    let mut gift_type = before.gift_type.clone();
    let old = GiftType::from(before);
    gift_type.status = change.status.apply_or(old.status, "active".to_owned());
    if !matches!(gift_type.status.as_str(), "active" | "retired") {
        return Err(refusal::invalid("/status", "invalid", "active or retired"));
    }
    let quantity_max = u32::try_from(old.quantity_max).unwrap_or(1);
    let terms = Terms {
        name: change.name.apply_or(old.name, Names::new()),
        price_coins: change.price_coins.apply_or(old.price_coins, 0),
        tier: change.tier.apply_or(old.tier, 1),
        art: change.art.apply_or(old.art, old.sku),
        combo_window_s: change.combo_window_s.apply_or(old.combo_window_s, 0),
        quantity_max: change.quantity_max.apply_or(quantity_max, quantity_max),
    };
    terms.check()?;
    let revision = terms.row(&app, org, id, expected + 1);
    gift_type.version = revision.revision;
    gift_type.revision_id = Some(revision.id);
    let body = GiftType::from(Offer { gift_type: gift_type.clone(), revision: revision.clone() });
    app.database
        .write(move |tx| {
            let (status, revision) = (gift_type.status.clone(), revision.clone());
            async move {
                let revised = gift_types::revise(tx, expected, &status, revision).await?;
                if revised { Ok(()) } else { Err(Refused::Rule(CatalogueError::Changed)) }
            }
            .boxed()
        })
        .await?;
    Ok(Versioned { version: body.revision, body })
}
