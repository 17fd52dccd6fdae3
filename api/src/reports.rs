//! Reports: complaints about a subject, merged into the item that waits for a moderator.

pub mod create;
pub mod mine;

use domain::id::{Id, ReportId};
use domain::moderation::decide::SubjectKind;
use domain::time::Timestamp;
use infra::database::reports;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{App, schema};

/// The endpoints of reports.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create::create)).routes(routes!(mine::mine))
}

/// A complaint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "rpt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "subject_kind": "comment",
    "subject_id": "cmt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d", "reason_code": "spam", "text": "",
    "created_at": "2026-11-25T18:30:00.000Z"
}))]
pub struct Report {
    /// The report's id.
    #[schema(value_type = schema::ReportId)]
    pub id: ReportId,
    /// `comment`, `user`, `broadcast` or `recording`.
    pub subject_kind: String,
    /// What about, as an id of its kind.
    pub subject_id: String,
    /// Why: usually a policy's key.
    pub reason_code: String,
    /// Why, in words.
    pub text: String,
    /// When.
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
}

impl From<reports::Model> for Report {
    fn from(row: reports::Model) -> Self {
        let kind = SubjectKind::parse(&row.subject_kind);
        Self {
            id: Id::from_uuid(row.id),
            subject_id: crate::moderation::subject_text(kind, row.subject_id),
            subject_kind: row.subject_kind,
            reason_code: row.reason_code,
            text: row.text,
            created_at: Timestamp(row.created_at),
        }
    }
}
