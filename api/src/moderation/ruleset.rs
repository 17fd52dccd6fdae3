//! The rules in force, compiled by scope and swapped as a whole.
//!
//! A room is judged by one set: its organisation's rules, its channel's and its own, so that a
//! room's allowing rule counts against its organisation's list.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use domain::id::{ChannelId, OrgId, PolicyId, RoomId, RuleId, UserId};
use domain::moderation::rule::{self, Mode, Recent, Rule, Ruleset};
use domain::moderation::terms::{Match, Term};
use domain::time::Timestamp;
use infra::clock::SharedClock;
use infra::database::{self, Database, policies, rooms, rules, terms};
use parking_lot::Mutex;
use uuid::Uuid;

use super::config::Config;
use crate::room::{Said, Verdict};

/// Authors whose last comments are remembered for rules that count.
const AUTHORS_MAX: usize = 20_000;

/// Judges comments by the rules in force.
#[derive(Debug)]
pub struct Rules {
    clock: SharedClock,
    snapshot: ArcSwap<Snapshot>,
    recent: Mutex<HashMap<(RoomId, UserId), Recent>>,
}

/// Compiled rules by scope: an organisation, or a channel or room that has rules of its own.
#[derive(Debug, Default)]
struct Snapshot {
    scopes: HashMap<Uuid, Arc<Ruleset>>,
    stamp: Stamp,
}

/// Changes when any rule, list or policy changes.
pub(crate) type Stamp = (i64, i64);

/// Where words are judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) org: OrgId,
    pub(crate) channel: ChannelId,
    pub(crate) room: RoomId,
}

impl Place {
    /// No channel or room: the rules of the organisation alone.
    pub(crate) fn org(org: OrgId) -> Self {
        let nowhere = Uuid::nil();
        Self { org, channel: ChannelId::from_uuid(nowhere), room: RoomId::from_uuid(nowhere) }
    }

    pub(crate) fn of(room: &crate::room::Room) -> Self {
        Self { org: room.org_id, channel: room.channel_id, room: room.id }
    }
}

impl Rules {
    /// No rules yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, snapshot: ArcSwap::default(), recent: Mutex::new(HashMap::new()) }
    }

    /// What becomes of a comment; remembers it for rules that count.
    pub fn screen(&self, said: &Said<'_>) -> Verdict {
        let now = self.clock.now();
        let verdict = self.judge(Place::of(said.room), Some(said.author_id), said.body);
        let screened = match verdict.outcome {
            rule::Outcome::Publish => Verdict::Publish,
            rule::Outcome::Hold => Verdict::Hold,
            rule::Outcome::Reject => Verdict::Refuse {
                rule_kind: verdict.gravest().map_or("rule", |finding| finding.kind).to_owned(),
            },
        };
        if !matches!(screened, Verdict::Refuse { .. }) {
            self.remember((said.room.id, said.author_id), said.body, now);
        }
        screened
    }

    /// What the rules make of words, without remembering them.
    pub(crate) fn judge(&self, place: Place, author: Option<UserId>, body: &str) -> rule::Verdict {
        let snapshot = self.snapshot.load();
        let scopes = [place.room.uuid(), place.channel.uuid(), place.org.uuid()];
        let ruleset = scopes.iter().find_map(|scope| snapshot.scopes.get(scope));
        let Some(ruleset) = ruleset else {
            return rule::Verdict { outcome: rule::Outcome::Publish, findings: Vec::new() };
        };
        let now = self.clock.now();
        let recent = self.recent.lock();
        let known = author.and_then(|author| recent.get(&(place.room, author)).cloned());
        drop(recent);
        ruleset.judge(body, &known.unwrap_or_default(), now)
    }

    fn remember(&self, author: (RoomId, UserId), body: &str, now: Timestamp) {
        let mut recent = self.recent.lock();
        if recent.len() >= AUTHORS_MAX && !recent.contains_key(&author) {
            // Counting rules look back an hour at most: who is forgotten starts anew.
            recent.clear();
        }
        recent.entry(author).or_default().record(body, now);
    }

    /// What the rules in force were compiled from.
    pub(crate) fn stamp(&self) -> Stamp {
        self.snapshot.load().stamp
    }

    /// Puts other compiled rules in force.
    fn swap(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }
}

/// Reads every rule, compiles them off the runtime's threads and puts them in force.
///
/// A scope whose rules can't be compiled keeps those it had: a bad list stops no room.
pub(crate) async fn reload(rules: &Rules, database: &Database) -> Result<(), database::Error> {
    let stamp = rules::stamp(database.read()).await?;
    let sets = load(database, rules.clock.now()).await?;
    let before = rules.snapshot.load_full();
    let compiled = tokio::task::spawn_blocking(move || {
        let mut scopes = HashMap::with_capacity(sets.len());
        for (scope, set) in sets {
            match Ruleset::new(set) {
                Ok(ruleset) => {
                    scopes.insert(scope, Arc::new(ruleset));
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(scope.id = %scope, error, "rules not compiled, the old ones hold");
                    scopes.extend(before.scopes.get(&scope).map(|old| (scope, Arc::clone(old))));
                }
            }
        }
        scopes
    });
    if let Ok(scopes) = compiled.await {
        tracing::debug!(scopes = scopes.len(), "rules in force");
        rules.swap(Snapshot { scopes, stamp });
    }
    Ok(())
}

/// The rules of every scope that has any, with those of the wider scopes in front.
async fn load(
    database: &Database,
    now: Timestamp,
) -> Result<HashMap<Uuid, Vec<Rule>>, database::Error> {
    let read = database.read();
    let rows = rules::all_active(read).await?;
    let mut by_scope: HashMap<Uuid, Vec<Rule>> = HashMap::new();
    let mut wider: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    let mut severities = HashMap::new();
    for row in rows {
        let parents = match row.scope.as_str() {
            "org" => Vec::new(),
            "channel" => vec![row.org_id],
            _ => {
                let room = rooms::find(read, RoomId::from_uuid(row.scope_id)).await?;
                room.map(|room| vec![room.org_id, room.channel_id]).unwrap_or_default()
            }
        };
        wider.insert(row.scope_id, parents);
        if let std::collections::hash_map::Entry::Vacant(entry) = severities.entry(row.org_id) {
            entry.insert(policies::of_org(read, row.org_id).await?);
        }
        let severity = severities
            .get(&row.org_id)
            .and_then(|known| known.iter().find(|policy| Some(policy.id) == row.policy_id))
            .map_or(1, |policy| u8::try_from(policy.severity).unwrap_or(1));
        let scope = row.scope_id;
        if let Some(rule) = rule_of(database, row, severity, now).await? {
            by_scope.entry(scope).or_default().push(rule);
        }
    }
    let mut sets = HashMap::new();
    for (scope, own) in &by_scope {
        let parents = wider.get(scope).map(Vec::as_slice).unwrap_or_default();
        let inherited = parents.iter().filter_map(|parent| by_scope.get(parent)).flatten();
        sets.insert(*scope, inherited.chain(own).cloned().collect());
    }
    Ok(sets)
}

/// A row as a rule; none when its kind is not known here.
async fn rule_of(
    database: &Database,
    row: rules::Model,
    severity: u8,
    now: Timestamp,
) -> Result<Option<Rule>, database::Error> {
    let Ok(config) = Config::parse(&row.kind, row.config) else {
        tracing::warn!(rule.id = %row.id, rule.kind = row.kind, "rule not understood");
        return Ok(None);
    };
    let (Some(action), Some(mode)) = (rule::Action::parse(&row.action), Mode::parse(&row.mode))
    else {
        return Ok(None);
    };
    let listed = terms::of_lists(database.read(), &config.lists(), now.0).await?;
    let listed = listed
        .into_iter()
        .filter_map(|term| Some(Term { how: Match::parse(&term.matching)?, text: term.term }));
    Ok(Some(Rule {
        id: RuleId::from_uuid(row.id),
        version: u32::try_from(row.version).unwrap_or(u32::MAX),
        test: config.test(listed),
        action,
        mode,
        severity,
        policy: row.policy_id.map(PolicyId::from_uuid),
    }))
}
