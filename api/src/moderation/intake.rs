//! How findings and reports become items: one waiting item for each subject, merged as more come.

use std::time::Duration;

use domain::id::{ItemId, OrgId, RoomId, UserId};
use domain::moderation::decide::SubjectKind;
use domain::moderation::queue::{self, Priority, Signals};
use domain::time::Timestamp;
use infra::database::{self, DatabaseTransaction, mod_items, mod_queues};
use infra::ids::Ids;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Hits and notes that one item keeps of each kind; later ones only count.
const EVIDENCE_MAX: usize = 20;

/// Attempts at opening an item while others decide the one that waits.
const ATTEMPTS_MAX: usize = 3;

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Which one.
    pub id: Uuid,
    /// Who made it.
    pub author: Option<UserId>,
    /// The room it comes from, if from one.
    pub room: Option<RoomId>,
}

/// Why a subject wants a moderator's eye.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// What about.
    pub subject: Subject,
    /// What found it.
    pub source: Source,
    /// Why, as a code: a policy's key or a rule's kind.
    pub reason_code: String,
    /// How likely it breaks a policy, 0 to 1.
    pub risk: f64,
    /// How bad that would be, 1 to 5.
    pub severity: u8,
    /// How many people may see it.
    pub reach: f64,
    /// Equal for the same words.
    pub body_norm_hash: Option<i64>,
    /// What to show to the moderator; joined to what the item holds.
    pub evidence: Vec<Value>,
}

/// What brought an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A rule held a comment.
    Rule,
    /// Someone complained, with this weight.
    Report,
}

impl Source {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Report => "report",
        }
    }

    /// The list in the evidence that it adds to.
    const fn list(self) -> &'static str {
        match self {
            Self::Rule => "hits",
            Self::Report => "reports",
        }
    }
}

/// Where a finding went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The item.
    pub item: ItemId,
    /// Whether the item is new.
    pub is_new: bool,
}

/// Opens an item for a finding, or merges it into the one that waits.
pub(crate) async fn open(
    tx: &DatabaseTransaction,
    ids: &Ids,
    org: OrgId,
    finding: &Finding,
    now: Timestamp,
) -> Result<Opened, database::Error> {
    let queue = mod_queues::review(tx, ids.uuid(), org.uuid(), now.0).await?;
    let subject = finding.subject;
    for _ in 0..ATTEMPTS_MAX {
        let fresh = fresh(ids.uuid(), org, &queue, finding, now);
        let item = ItemId::from_uuid(fresh.id);
        if mod_items::insert(tx, fresh).await? {
            return Ok(Opened { item, is_new: true });
        }
        let waiting = mod_items::lock_waiting_of(tx, subject.kind.as_str(), subject.id).await?;
        if let Some(mut item) = waiting {
            merge(&mut item, &queue, finding, now);
            mod_items::merge(tx, &item).await?;
            return Ok(Opened { item: ItemId::from_uuid(item.id), is_new: false });
        }
        // The waiting item was decided between the two statements: open a new one.
    }
    Err(database::Error::Overloaded)
}

fn fresh(
    id: Uuid,
    org: OrgId,
    queue: &mod_queues::Model,
    finding: &Finding,
    now: Timestamp,
) -> mod_items::Model {
    let mut item = mod_items::Model {
        id,
        org_id: org.uuid(),
        room_id: finding.subject.room.map(RoomId::uuid),
        subject_kind: finding.subject.kind.as_str().to_owned(),
        subject_id: finding.subject.id,
        subject_author_id: finding.subject.author.map(UserId::uuid),
        source: finding.source.as_str().to_owned(),
        reason_codes: json!([]),
        risk: 0.0,
        severity: 1,
        reach: 0.0,
        report_count: 0,
        priority: 0,
        state: "open".to_owned(),
        queue_id: queue.id,
        sla_at: i64::MAX,
        merged_into: None,
        body_norm_hash: finding.body_norm_hash,
        evidence: Value::Object(Map::new()),
        created_at: now.0,
        updated_at: now.0,
    };
    merge(&mut item, queue, finding, now);
    item
}

/// Adds a finding to an item: the worst of both, and one more voice.
fn merge(
    item: &mut mod_items::Model,
    queue: &mod_queues::Model,
    finding: &Finding,
    now: Timestamp,
) {
    push_once(&mut item.reason_codes, Value::String(finding.reason_code.clone()));
    item.risk = item.risk.max(finding.risk.clamp(0.0, 1.0));
    item.severity = item.severity.max(i32::from(finding.severity.clamp(1, 5)));
    item.reach = item.reach.max(finding.reach);
    if finding.source == Source::Report {
        item.report_count = item.report_count.saturating_add(1);
    }
    let sla = queue::sla(severity(item)).min(Duration::from_secs(sla_s(queue)));
    item.sla_at = item.sla_at.min(Timestamp(item.created_at).plus(sla).0);
    item.updated_at = now.0;
    if let Value::Object(evidence) = &mut item.evidence {
        let list = evidence.entry(finding.source.list()).or_insert_with(|| json!([]));
        for piece in &finding.evidence {
            push_once(list, piece.clone());
        }
    }
    let priority = priority(item);
    if Priority(item.priority).is_worth_changing_to(priority) {
        item.priority = priority.0;
    }
}

fn severity(item: &mod_items::Model) -> u8 {
    u8::try_from(item.severity).unwrap_or(1)
}

fn sla_s(queue: &mod_queues::Model) -> u64 {
    u64::try_from(queue.sla_s).unwrap_or(0).max(1)
}

/// How long a comment stays in sight, for the order of the queue.
const LIFETIME_S: f64 = 60.0;
/// How much a report of someone unknown counts.
const REPORT_WEIGHT: f64 = 0.5;

fn priority(item: &mod_items::Model) -> Priority {
    let reports = u16::try_from(item.report_count).unwrap_or(u16::MAX);
    Priority::of(Signals {
        severity: severity(item),
        probability: item.risk,
        views_per_s: item.reach.max(0.0) / LIFETIME_S,
        lifetime_s: LIFETIME_S,
        reports: f64::from(reports) * REPORT_WEIGHT,
    })
}

/// Adds a value to a list, unless it stands there or the list is full.
fn push_once(list: &mut Value, value: Value) {
    if let Value::Array(list) = list
        && list.len() < EVIDENCE_MAX
        && !list.contains(&value)
    {
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    fn queue() -> mod_queues::Model {
        mod_queues::Model {
            id: Uuid::from_u128(1),
            org_id: Uuid::from_u128(2),
            name: "review".to_owned(),
            filter: json!({}),
            allowed_actions: json!([]),
            sla_s: 600,
            auto_expire_s: None,
            auto_expire_outcome: None,
            created_at: 0,
        }
    }

    fn finding(source: Source, severity: u8) -> Finding {
        Finding {
            subject: Subject {
                kind: SubjectKind::Comment,
                id: Uuid::from_u128(3),
                author: None,
                room: None,
            },
            source,
            reason_code: "spam".to_owned(),
            risk: 0.5,
            severity,
            reach: 100.0,
            body_norm_hash: None,
            evidence: vec![json!({ "by": severity })],
        }
    }

    fn item(source: Source, severity: u8) -> mod_items::Model {
        let org = OrgId::from_uuid(Uuid::from_u128(2));
        fresh(Uuid::from_u128(4), org, &queue(), &finding(source, severity), START)
    }

    #[test]
    fn every_report_raises_the_priority_until_ten_of_them() {
        let mut item = item(Source::Report, 3);
        let mut last = item.priority;
        for reporter in 4..8 {
            let report =
                Finding { evidence: vec![json!({ "by": reporter })], ..finding(Source::Report, 3) };
            merge(&mut item, &queue(), &report, START);
            assert!(item.priority > last, "{reporter}");
            last = item.priority;
        }
        assert_eq!(item.report_count, 5);
    }

    #[test]
    fn a_graver_finding_is_due_sooner_and_a_lighter_one_changes_nothing() {
        let mut item = item(Source::Rule, 3);
        assert_eq!(item.sla_at, START.0 + 600_000);
        merge(&mut item, &queue(), &finding(Source::Rule, 5), START.plus(Duration::from_secs(9)));
        assert_eq!((item.severity, item.sla_at), (5, START.0 + 60_000));
        merge(&mut item, &queue(), &finding(Source::Rule, 1), START);
        assert_eq!((item.severity, item.sla_at), (5, START.0 + 60_000));
    }

    #[test]
    fn evidence_is_kept_by_source_once_and_bounded() {
        let mut item = item(Source::Rule, 3);
        for _ in 0..3 {
            merge(&mut item, &queue(), &finding(Source::Rule, 3), START);
        }
        merge(&mut item, &queue(), &finding(Source::Report, 3), START);
        assert_eq!(item.evidence, json!({ "hits": [{ "by": 3 }], "reports": [{ "by": 3 }] }));
        for number in 0..100 {
            let more = Finding { evidence: vec![json!(number)], ..finding(Source::Rule, 3) };
            merge(&mut item, &queue(), &more, START);
        }
        assert_eq!(item.evidence["hits"].as_array().unwrap().len(), EVIDENCE_MAX);
    }
}
