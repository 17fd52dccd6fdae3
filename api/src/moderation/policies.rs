//! Policies: what the rules of a place forbid, cited by every removal.

pub mod create;
pub mod list;
pub mod update;

use std::collections::BTreeMap;

use domain::id::{Id, PolicyId};
use domain::time::Timestamp;
use infra::database::policies;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{App, schema};

/// The endpoints of policies.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create::create, list::list)).routes(routes!(update::update))
}

/// Titles by language tag.
pub type Titles = BTreeMap<String, String>;

/// A policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "pol_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "key": "spam", "severity": 2, "version": 1,
    "title": { "en": "Spam and advertising", "zh-CN": "垃圾信息与广告" },
    "created_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct Policy {
    /// The policy's id.
    #[schema(value_type = schema::PolicyId)]
    pub id: PolicyId,
    /// Its name in reports and reasons.
    pub key: String,
    /// Titles by language tag.
    #[schema(value_type = crate::schema::LocalizedText)]
    pub title: Titles,
    /// From 1, a nuisance, to 5, a danger.
    pub severity: i32,
    /// Grows with every change.
    pub version: i64,
    /// When it was written.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

impl From<policies::Model> for Policy {
    fn from(row: policies::Model) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            key: row.key,
            title: serde_json::from_value(row.title).unwrap_or_default(),
            severity: row.severity,
            version: row.version,
            created_at: Timestamp(row.created_at),
        }
    }
}

/// Whether titles are fit to be shown.
fn are_titles(titles: &Titles) -> bool {
    let fits = |(lang, title): (&String, &String)| {
        (1..=35).contains(&lang.len()) && (1..=140).contains(&title.chars().count())
    };
    (1..=20).contains(&titles.len()) && titles.iter().all(fits)
}
