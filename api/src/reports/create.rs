//! `POST /v1/reports`.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::event::Topic;
use domain::id::{BroadcastId, CommentId, OrgId, RecordingId, ReportId, RoomId, UserId};
use domain::moderation::decide::SubjectKind;
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use http::StatusCode;
use infra::database::{
    DatabaseTransaction, Refused, broadcasts, channels, comments, outbox, policies, recordings,
    reports, users,
};
use infra::http::problem::Problem;
use infra::ids::Ids;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Report;
use crate::auth::{Principal, rights};
use crate::convention::Created;
use crate::extract::Json;
use crate::moderation::{Finding, ModerationError, Source, Subject, audience, open, told};
use crate::{App, refusal};

/// How sure one report is that a policy is broken.
const REPORT_RISK: f64 = 0.5;
/// Characters of a report.
const TEXT_CHARS_MAX: usize = 1_000;

/// A kind of thing that can be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReportSubjectKind, example = "comment")]
pub enum Kind {
    /// A comment.
    Comment,
    /// A user.
    User,
    /// A broadcast.
    Broadcast,
    /// A recording.
    Recording,
}

/// A complaint.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "subject_kind": "comment", "subject_id": "cmt_0192f0a41c5e7c3a8b5d2f6e9a1b3c4d",
    "reason_code": "spam", "text": "the same link everywhere"
}))]
pub struct NewReport {
    /// What kind of thing.
    pub subject_kind: Kind,
    /// What about, as an id of its kind.
    #[schema(max_length = 64)]
    pub subject_id: String,
    /// Why: a policy's key, or any other short word.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9_]+$")]
    pub reason_code: String,
    /// Why, in words.
    #[serde(default)]
    #[schema(max_length = 1_000)]
    pub text: Option<String>,
}

/// Reports a subject. Reports about one subject gather in one item; each raises its priority.
#[utoipa::path(
    post,
    path = "/v1/reports",
    operation_id = "createReport",
    tag = "moderation",
    request_body = NewReport,
    responses(
        (status = 201, description = "A moderator will look.", body = Report),
        (status = 200, description = "The same subject was reported before: the first report.", body = Report),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    principal: Principal,
    Json(wanted): Json<NewReport>,
) -> Result<Response, Problem> {
    principal.require(&rights::REPORTS_WRITE)?;
    let (org, reporter) = (principal.org_id(), principal.user()?);
    check(&wanted)?;
    let subject = subject(&app, &principal, &wanted).await?;
    let filing = Filing {
        org,
        reporter,
        subject,
        reason_code: wanted.reason_code,
        text: wanted.text.unwrap_or_default(),
        reach: match subject.room {
            Some(room) => audience(app.rooms.open(room).await?.hub.streams()),
            None => audience(0),
        },
        at: app.clock.now(),
    };
    let ids = app.ids.clone();
    let (row, is_new) = app
        .database
        .write(move |tx| {
            let (ids, filing) = (ids.clone(), filing.clone());
            async move { filing.run(tx, &ids).await }.boxed()
        })
        .await?;
    let body = Report::from(row);
    if !is_new {
        return Ok((StatusCode::OK, Json(body)).into_response());
    }
    app.moderation.hint(org);
    Ok(Created { location: "/v1/reports/mine".to_owned(), body }.into_response())
}

fn check(wanted: &NewReport) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let code = &wanted.reason_code;
    if !(1..=64).contains(&code.len()) || !code.bytes().all(plain) {
        return Err(refusal::invalid("/reason_code", "invalid", "1 to 64 of a-z, 0-9 and _"));
    }
    if wanted.text.as_ref().is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX) {
        return Err(refusal::invalid("/text", "too_long", "at most 1000 characters"));
    }
    Ok(())
}

/// What is reported, if the reporter can see it.
async fn subject(app: &App, principal: &Principal, wanted: &NewReport) -> Result<Subject, Problem> {
    let read = app.database.read();
    let org = principal.org_id().uuid();
    let unknown = || refusal::invalid("/subject_id", "unknown", "no such subject");
    let text = wanted.subject_id.as_str();
    Ok(match wanted.subject_kind {
        Kind::Comment => {
            let id: CommentId = text.parse().map_err(|_| unknown())?;
            let row = comments::find(read, id).await?.filter(|row| row.org_id == org);
            let row = row.ok_or_else(unknown)?;
            let room = RoomId::from_uuid(row.room_id);
            principal.require_in(room, &rights::REPORTS_WRITE).map_err(|_| unknown())?;
            Subject {
                kind: SubjectKind::Comment,
                id: row.id,
                author: Some(UserId::from_uuid(row.author_id)),
                room: Some(room),
            }
        }
        Kind::User => {
            let id: UserId = text.parse().map_err(|_| unknown())?;
            let row = users::find(read, id).await?.filter(|row| row.org_id == org);
            let id = row.ok_or_else(unknown)?.id;
            let author = Some(UserId::from_uuid(id));
            Subject { kind: SubjectKind::User, id, author, room: None }
        }
        Kind::Broadcast => {
            let id: BroadcastId = text.parse().map_err(|_| unknown())?;
            let row = broadcasts::find(read, id).await?.filter(|row| row.org_id == org);
            let row = row.ok_or_else(unknown)?;
            let author = owner(app, row.channel_id).await?;
            Subject { kind: SubjectKind::Broadcast, id: row.id, author, room: None }
        }
        Kind::Recording => {
            let id: RecordingId = text.parse().map_err(|_| unknown())?;
            let row = recordings::find(read, id).await?.filter(|row| row.org_id == org);
            let row = row.ok_or_else(unknown)?;
            let author = owner(app, row.channel_id).await?;
            Subject { kind: SubjectKind::Recording, id: row.id, author, room: None }
        }
    })
}

/// The user who owns a channel.
async fn owner(app: &App, channel: Uuid) -> Result<Option<UserId>, Problem> {
    let channel = domain::id::ChannelId::from_uuid(channel);
    let row = channels::find(app.database.read(), channel).await?;
    Ok(row.and_then(|row| row.owner_id).map(UserId::from_uuid))
}

/// A checked report, ready to be filed.
#[derive(Clone, Debug)]
struct Filing {
    org: OrgId,
    reporter: UserId,
    subject: Subject,
    reason_code: String,
    text: String,
    reach: f64,
    at: Timestamp,
}

impl Filing {
    /// Files the report; false when this reporter complained about the subject before.
    async fn run(
        &self,
        tx: &DatabaseTransaction,
        ids: &Ids,
    ) -> Result<(reports::Model, bool), Refused<ModerationError>> {
        let row = reports::Model {
            id: ids.uuid(),
            org_id: self.org.uuid(),
            reporter_id: self.reporter.uuid(),
            subject_kind: self.subject.kind.as_str().to_owned(),
            subject_id: self.subject.id,
            reason_code: self.reason_code.clone(),
            text: self.text.clone(),
            item_id: None,
            weight: 1.0,
            created_at: self.at.0,
        };
        if !reports::insert(tx, row.clone()).await? {
            let (kind, id) = (self.subject.kind.as_str(), self.subject.id);
            let first = reports::find(tx, self.reporter.uuid(), kind, id).await?;
            return Ok((first.ok_or(Refused::Rule(ModerationError::NotFound))?, false));
        }
        let finding = self.finding(tx, row.id).await?;
        let opened = open(tx, ids, self.org, &finding, self.at).await?;
        reports::set_item(tx, row.id, opened.item.uuid()).await?;
        outbox::append(tx, self.told(ids, row.id)).await?;
        outbox::append(tx, told(ids, self.org, opened, self.at)).await?;
        Ok((row, true))
    }

    async fn finding(
        &self,
        tx: &DatabaseTransaction,
        report: Uuid,
    ) -> Result<Finding, Refused<ModerationError>> {
        let known = policies::of_org(tx, self.org.uuid()).await?;
        let policy = known.iter().find(|policy| policy.key == self.reason_code);
        let body_norm_hash = match self.subject.kind {
            SubjectKind::Comment => {
                let comment = comments::find(tx, CommentId::from_uuid(self.subject.id)).await?;
                comment.map(|comment| comment.body_norm_hash)
            }
            SubjectKind::Broadcast | SubjectKind::Recording | SubjectKind::User => None,
        };
        Ok(Finding {
            subject: self.subject,
            source: Source::Report,
            reason_code: self.reason_code.clone(),
            risk: REPORT_RISK,
            severity: policy.map_or(1, |policy| u8::try_from(policy.severity).unwrap_or(1)),
            reach: self.reach,
            body_norm_hash,
            evidence: vec![json!({
                "report_id": ReportId::from_uuid(report),
                "reason_code": self.reason_code,
                "text": self.text,
                "at": self.at,
            })],
        })
    }

    fn told(&self, ids: &Ids, report: Uuid) -> outbox::Row {
        let report_id = ReportId::from_uuid(report);
        outbox::Row {
            id: ids.next(),
            org_id: Some(self.org),
            topic: Topic::ReportCreated,
            key: report_id.to_string(),
            payload: json!({
                "report_id": report_id,
                "subject_kind": self.subject.kind.as_str(),
                "subject_id": crate::moderation::subject_text(Some(self.subject.kind), self.subject.id),
                "reason_code": self.reason_code,
            }),
            created_at: self.at,
        }
    }
}
