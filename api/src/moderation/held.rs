//! What a moderator is shown of a comment that the rules held.

use std::sync::Arc;

use domain::event::Topic;
use domain::moderation::decide::SubjectKind;
use domain::moderation::normalise::{Readings, Variant, fingerprint};
use domain::moderation::rule::{self, Action, Mode};
use futures_util::FutureExt as _;
use infra::database::{outbox, policies};
use serde_json::{Value, json};

use super::intake::{self, Finding, Source, Subject};
use super::ruleset::Place;
use crate::App;
use crate::room::{Said, With};

/// How sure a rule's hit is that a policy is broken.
const RULE_RISK: f64 = 0.7;

/// The item that is written with a held comment.
pub fn item_of(app: &App, said: &Said<'_>) -> With {
    let place = Place::of(said.room);
    let verdict = app.moderation.rules.judge(place, Some(said.author_id), said.body);
    let gravest = verdict.gravest().copied();
    let evidence = Arc::new(evidence(said.body, &verdict));
    let (author, reach) = (said.author_id, audience(said.room.hub.streams()));
    let body_norm_hash = Some(fingerprint(said.body));
    let (ids, clock, org) = (app.ids.clone(), Arc::clone(&app.clock), said.room.org_id);
    Arc::new(move |tx, comment| {
        let (ids, evidence, now) = (ids.clone(), Arc::clone(&evidence), clock.now());
        async move {
            let policy = match gravest.and_then(|finding| finding.policy) {
                Some(policy) => policies::get(tx, org.uuid(), policy.uuid()).await?,
                None => None,
            };
            let kind = gravest.map_or("held", |finding| finding.kind);
            let finding = Finding {
                subject: Subject {
                    kind: SubjectKind::Comment,
                    id: comment.id,
                    author: Some(author),
                    room: Some(place.room),
                },
                source: Source::Rule,
                reason_code: policy.map_or_else(|| kind.to_owned(), |policy| policy.key),
                risk: RULE_RISK,
                severity: gravest.map_or(1, |finding| finding.severity),
                reach,
                body_norm_hash,
                evidence: evidence.to_vec(),
            };
            let opened = intake::open(tx, &ids, org, &finding, now).await?;
            outbox::append(tx, told(&ids, org, opened, now)).await?;
            Ok(())
        }
        .boxed()
    })
}

/// What partners hear of an item.
pub(crate) fn told(
    ids: &infra::ids::Ids,
    org: domain::id::OrgId,
    opened: intake::Opened,
    now: domain::time::Timestamp,
) -> outbox::Row {
    outbox::Row {
        id: ids.next(),
        org_id: Some(org),
        topic: Topic::ModerationItemOpened,
        key: opened.item.to_string(),
        payload: json!({ "item_id": opened.item, "is_new": opened.is_new }),
        created_at: now,
    }
}

#[expect(clippy::cast_precision_loss, reason = "an audience is far below 2^52")]
pub(crate) fn audience(streams: usize) -> f64 {
    streams.max(1) as f64
}

/// Every place where a rule was met: rule, version, variant, span and the reading that gave it away.
pub(crate) fn evidence(body: &str, verdict: &rule::Verdict) -> Vec<Value> {
    let readings = Readings::of(body);
    verdict.findings.iter().map(|finding| show(body, &readings, finding)).collect()
}

/// One finding as JSON: spans are `[start, end)` in Unicode scalar values of the body as written.
fn show(body: &str, readings: &Readings, finding: &rule::Finding) -> Value {
    let span = finding.span;
    let written: String = body
        .chars()
        .skip(span.start as usize)
        .take(span.end.saturating_sub(span.start) as usize)
        .collect();
    let reading = readings.get(finding.variant).map(|reading| reading.text().to_owned());
    json!({
        "rule_id": finding.rule,
        "rule_version": finding.version,
        "kind": finding.kind,
        "action": finding.action.as_str(),
        "mode": finding.mode.as_str(),
        "counts": finding.mode == Mode::Enforce && !finding.is_allowed && finding.action != Action::Allow,
        "policy_id": finding.policy,
        "severity": finding.severity,
        "variant": finding.variant.as_str(),
        "spans": [[span.start, span.end]],
        "written": written,
        "reading": reading.filter(|_| finding.variant != Variant::Folded),
    })
}
