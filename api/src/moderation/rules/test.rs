//! `POST /v1/moderation/rules/test`.

use axum::extract::State;
use domain::id::RoomId;
use domain::moderation::normalise::{Readings, Variant};
use domain::moderation::rule;
use infra::http::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::{Principal, rights};
use crate::extract::Json;
use crate::moderation::held::evidence;
use crate::moderation::ruleset::Place;
use crate::{App, refusal, schema};

/// Characters of a text to try.
const TEXT_CHARS_MAX: usize = 2_000;

/// Words to try.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "text": "fr3e f0llowers", "room_id": "room_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d" }))]
pub struct RuleTest {
    /// The words.
    #[schema(max_length = 2_000)]
    pub text: String,
    /// The room whose rules to try; those of the organisation when absent.
    #[serde(default)]
    #[schema(value_type = Option<schema::RoomId>)]
    pub room_id: Option<RoomId>,
}

/// What the rules make of the words.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "outcome": "hold", "readings": [{ "variant": "folded", "text": "fr3e f0llowers" }],
    "hits": [{ "kind": "terms", "variant": "leet", "spans": [[0, 14]] }]
}))]
pub struct RuleTestResult {
    /// `publish`, `hold` or `reject`.
    pub outcome: String,
    /// The words as the rules read them.
    pub readings: Vec<ReadingShown>,
    /// Every place where a rule was met, also those that do not count.
    #[schema(value_type = Vec<Object>)]
    pub hits: Vec<Value>,
}

/// The words in one reading.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ModerationReading, example = json!({ "variant": "folded", "text": "free followers" }))]
pub struct ReadingShown {
    /// `folded`, `squashed`, `leet`, `skeleton`, `simplified` or `pinyin`.
    pub variant: String,
    /// The words.
    pub text: String,
}

/// Tries words on the rules in force; nothing is stored.
#[utoipa::path(
    post,
    path = "/v1/moderation/rules/test",
    operation_id = "testRules",
    tag = "moderation",
    request_body = RuleTest,
    responses((status = 200, description = "What the rules make of them.", body = RuleTestResult)),
)]
pub(crate) async fn test(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<RuleTest>,
) -> Result<Json<RuleTestResult>, Problem> {
    if wanted.text.chars().count() > TEXT_CHARS_MAX {
        return Err(refusal::invalid("/text", "too_long", "at most 2000 characters"));
    }
    let place = if let Some(id) = wanted.room_id {
        principal.require_in(id, &rights::MODERATION_REVIEW)?;
        let room = app.rooms.open(id).await?;
        refusal::same_org(principal.org_id(), room.org_id)?;
        Place::of(&room)
    } else {
        principal.require(&rights::MODERATION_REVIEW)?;
        Place::org(principal.org_id())
    };
    let verdict = app.moderation.rules.judge(place, None, &wanted.text);
    let readings = Readings::of(&wanted.text);
    let shown = Variant::ALL.into_iter().filter_map(|variant| {
        let text = readings.get(variant)?.text().to_owned();
        Some(ReadingShown { variant: variant.as_str().to_owned(), text })
    });
    let outcome = match verdict.outcome {
        rule::Outcome::Publish => "publish",
        rule::Outcome::Hold => "hold",
        rule::Outcome::Reject => "reject",
    };
    Ok(Json(RuleTestResult {
        outcome: outcome.to_owned(),
        readings: shown.collect(),
        hits: evidence(&wanted.text, &verdict),
    }))
}
