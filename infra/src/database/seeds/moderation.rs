//! Policies, queues, the short built-in term lists and the rules that cite them.

use domain::id::{OrgId, TermListId};
use domain::moderation::terms::{Builtin, builtin};
use domain::time::Timestamp;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::database::{Error, mod_queues, policies, rules, term_lists, terms};
use crate::ids::Ids;

struct Policy {
    key: &'static str,
    en: &'static str,
    zh: &'static str,
    severity: i32,
}

const fn policy(key: &'static str, en: &'static str, zh: &'static str, severity: i32) -> Policy {
    Policy { key, en, zh, severity }
}

const POLICIES: [Policy; 8] = [
    policy("spam", "Spam and advertising", "垃圾信息与广告", 2),
    policy("abuse", "Insults and harassment", "辱骂与骚扰", 3),
    policy("hate", "Hatred against groups", "仇恨言论", 4),
    policy("sexual", "Sexual content", "色情内容", 3),
    policy("private_data", "Private data of others", "泄露他人隐私", 4),
    policy("violence", "Threats and violence", "威胁与暴力", 5),
    policy("self_harm", "Suicide and self-harm", "自杀与自残", 5),
    policy("other", "Other breaches of the rules", "其他违规", 1),
];

pub(super) async fn seed(
    tx: &impl ConnectionTrait,
    ids: &Ids,
    org: OrgId,
    now: Timestamp,
) -> Result<(), Error> {
    seed_policies(tx, ids, org, now).await?;
    seed_queues(tx, ids, org, now).await?;
    let known = policies::of_org(tx, org.uuid()).await?;
    let words = builtin();
    for key in ["abuse", "spam"] {
        let policy = known.iter().find(|policy| policy.key == key).map(|policy| policy.id);
        let list = List { org, key, policy, now };
        list.seed(tx, ids, &words).await?;
    }
    Ok(())
}

async fn seed_policies(
    tx: &impl ConnectionTrait,
    ids: &Ids,
    org: OrgId,
    now: Timestamp,
) -> Result<(), Error> {
    for policy in POLICIES {
        let row = policies::Model {
            id: ids.uuid(),
            org_id: org.uuid(),
            key: policy.key.to_owned(),
            parent_id: None,
            title: json!({ "en": policy.en, "zh-CN": policy.zh }),
            severity: policy.severity,
            statutory_refs: json!([]),
            version: 1,
            created_at: now.0,
        };
        policies::insert(tx, row).await?;
    }
    Ok(())
}

async fn seed_queues(
    tx: &impl ConnectionTrait,
    ids: &Ids,
    org: OrgId,
    now: Timestamp,
) -> Result<(), Error> {
    for (name, sla_s) in [(mod_queues::REVIEW, 300), (mod_queues::ESCALATED, 3_600)] {
        let row = mod_queues::Model {
            id: ids.uuid(),
            org_id: org.uuid(),
            name: name.to_owned(),
            filter: Value::Object(serde_json::Map::new()),
            allowed_actions: json!([]),
            sla_s,
            auto_expire_s: None,
            auto_expire_outcome: None,
            created_at: now.0,
        };
        mod_queues::insert(tx, row).await?;
    }
    Ok(())
}

/// One of our term lists and the rule that holds comments with its words.
struct List {
    org: OrgId,
    key: &'static str,
    policy: Option<Uuid>,
    now: Timestamp,
}

impl List {
    async fn seed(
        &self,
        tx: &impl ConnectionTrait,
        ids: &Ids,
        words: &[Builtin],
    ) -> Result<(), Error> {
        let list = term_lists::Model {
            id: ids.uuid(),
            org_id: self.org.uuid(),
            name: format!("headwater/{}", self.key),
            version: 1,
            created_at: self.now.0,
        };
        let list_id = list.id;
        if !term_lists::insert(tx, list).await? {
            return Ok(());
        }
        let rows = words.iter().filter(|word| word.list == self.key).map(|word| terms::Model {
            id: ids.uuid(),
            list_id,
            term: word.term.text.clone(),
            matching: word.term.how.as_str().to_owned(),
            lang: Some(if word.term.text.is_ascii() { "en" } else { "zh" }.to_owned()),
            severity: i32::from(word.severity),
            expires_at: None,
            created_at: self.now.0,
        });
        terms::insert(tx, rows.collect()).await?;
        rules::insert(tx, self.rule(ids.uuid(), list_id)).await
    }

    fn rule(&self, id: Uuid, list: Uuid) -> rules::Model {
        rules::Model {
            id,
            org_id: self.org.uuid(),
            scope: "org".to_owned(),
            scope_id: self.org.uuid(),
            kind: "terms".to_owned(),
            config: json!({ "list_ids": [TermListId::from_uuid(list)] }),
            action: "hold".to_owned(),
            policy_id: self.policy,
            priority: 0,
            mode: "enforce".to_owned(),
            version: 1,
            author_id: None,
            created_at: self.now.0,
            retired_at: None,
        }
    }
}
