//! What is judged: policies, rules, items, decisions and their effects.
//!
//! Swept by age: `mod_items`, `reports`; decisions are append-only.

use super::Script;

pub(super) const MIGRATION: Script = Script {
    name: "m0005_moderation",
    shared: "
create table policies (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    key text not null,
    parent_id $uuid references policies (id),
    title $json not null,
    severity integer not null check (severity between 1 and 5),
    statutory_refs $json not null default '[]',
    version bigint not null default 1,
    created_at bigint not null,
    retired_at bigint,
    unique (org_id, key)
);

create table rules (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    scope text not null check (scope in ('org', 'channel', 'room')),
    scope_id $uuid not null,
    kind text not null check (kind in ('terms', 'regex', 'link', 'caps', 'repeat', 'flood',
        'length', 'lang', 'model', 'reputation', 'schedule')),
    config $json not null,
    action text not null check (action in
        ('allow', 'hold', 'reject', 'author_only', 'timeout', 'escalate')),
    policy_id $uuid references policies (id),
    priority integer not null default 0,
    mode text not null default 'enforce' check (mode in ('enforce', 'dry_run')),
    version bigint not null default 1,
    hits bigint not null default 0,
    author_id $uuid,
    created_at bigint not null,
    retired_at bigint
);
create index rules_scope on rules (org_id, scope, scope_id) where retired_at is null;

create table term_lists (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    name text not null,
    version bigint not null default 1,
    created_at bigint not null,
    unique (org_id, name)
);

create table terms (
    id $uuid primary key,
    list_id $uuid not null references term_lists (id),
    term text not null,
    match text not null check (match in ('exact', 'word', 'substring', 'homophone', 'regex')),
    lang text,
    severity integer not null default 3,
    expires_at bigint,
    created_at bigint not null,
    unique (list_id, term, match)
);

create table mod_queues (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    name text not null,
    filter $json not null default '{}',
    allowed_actions $json not null default '[]',
    reviewer_groups $json not null default '[]',
    sla_s integer not null default 3600,
    auto_expire_s integer,
    auto_expire_outcome text,
    created_at bigint not null,
    unique (org_id, name)
);

create table mod_items (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    room_id $uuid,
    broadcast_id $uuid,
    subject_kind text not null,
    subject_id $uuid not null,
    subject_author_id $uuid,
    source text not null check (source in ('rule', 'model', 'report', 'appeal', 'sample', 'hook')),
    reason_codes $json not null default '[]',
    risk double precision not null default 0,
    severity integer not null default 1,
    reach double precision not null default 0,
    priority bigint not null default 0,
    report_count bigint not null default 0,
    state text not null check (state in ('open', 'claimed', 'decided', 'expired')),
    queue_id $uuid not null references mod_queues (id),
    sla_at bigint not null,
    merged_into $uuid references mod_items (id),
    body_norm_hash bigint,
    evidence $json not null default '{}',
    created_at bigint not null,
    updated_at bigint not null
);
create unique index mod_items_one_open on mod_items (subject_kind, subject_id)
    where state in ('open', 'claimed');
create index mod_items_queue on mod_items (queue_id, state, priority desc, id);
create index mod_items_sla on mod_items (queue_id, sla_at) where state = 'open';

create table mod_claims (
    item_id $uuid primary key references mod_items (id),
    reviewer_id $uuid not null,
    fence bigint not null,
    claimed_at bigint not null,
    lease_until bigint not null
);
create index mod_claims_expiry on mod_claims (lease_until);

create table mod_decisions (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    item_id $uuid references mod_items (id),
    subject_kind text not null,
    subject_id $uuid not null,
    reviewer_id $uuid,
    automaton text,
    fence bigint not null,
    outcome text not null,
    actions $json not null default '[]',
    policy_ids $json not null default '[]',
    statement $json not null default '{}',
    visible_reason $json,
    took_ms bigint,
    reverses_id $uuid unique references mod_decisions (id),
    undo_until bigint,
    created_at bigint not null
);
create index mod_decisions_item on mod_decisions (item_id);
create index mod_decisions_subject on mod_decisions (subject_kind, subject_id);

create table sanctions (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    user_id $uuid not null,
    scope text not null check (scope in ('org', 'channel', 'room')),
    scope_id $uuid not null,
    kind text not null check (kind in ('warn', 'timeout', 'ban', 'shadow', 'slow', 'no_links',
        'no_gifts', 'stream_suspend')),
    reason $json,
    policy_id $uuid references policies (id),
    decision_id $uuid references mod_decisions (id),
    imposed_by $uuid,
    starts_at bigint not null,
    ends_at bigint,
    lifted_at bigint,
    lifted_by $uuid,
    created_at bigint not null
);
create index sanctions_user on sanctions (user_id, ends_at) where lifted_at is null;
create index sanctions_scope on sanctions (scope, scope_id) where lifted_at is null;

create table reports (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    reporter_id $uuid not null,
    subject_kind text not null,
    subject_id $uuid not null,
    reason_code text not null,
    text text not null default '',
    item_id $uuid references mod_items (id),
    weight double precision not null default 1,
    outcome text,
    created_at bigint not null,
    unique (reporter_id, subject_kind, subject_id)
);
create index reports_item on reports (item_id);

create table appeals (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    decision_id $uuid not null references mod_decisions (id),
    appellant_id $uuid not null,
    text text not null,
    state text not null default 'open' check (state in
        ('open', 'upheld', 'overturned', 'partly', 'withdrawn')),
    reply text,
    decided_by $uuid,
    created_at bigint not null,
    decided_at bigint,
    unique (decision_id, appellant_id)
);
",
    sqlite: "",
    postgres: "",
};
