//! What carries the rest: leases, jobs, the outbox, idempotency, the audit log, counters.
//!
//! Swept by age: `outbox`, `idempotency_keys`, `analytics_events`, finished `jobs`.

use super::Script;

pub(super) const MIGRATION: Script = Script {
    name: "m0006_platform",
    shared: "
create table leases (
    kind text not null,
    subject_id text not null,
    node text not null,
    address text not null default '',
    fence bigint not null,
    expires_at bigint not null,
    heartbeat bigint not null,
    primary key (kind, subject_id)
);
create index leases_node on leases (node, kind);

create table jobs (
    id $uuid primary key,
    kind text not null,
    payload $json not null,
    dedup_key text unique,
    run_at bigint not null,
    attempts integer not null default 0,
    lease_until bigint,
    fence bigint not null default 0,
    error text,
    created_at bigint not null,
    done_at bigint,
    buried_at bigint
);
create index jobs_due on jobs (kind, run_at) where buried_at is null and done_at is null;

create table outbox (
    id $uuid primary key,
    org_id $uuid,
    topic text not null,
    key text not null,
    payload text not null,
    created_at bigint not null,
    seq bigint unique,
    relayed_at bigint
);
create index outbox_waiting on outbox (created_at, id) where relayed_at is null;
create index outbox_age on outbox (created_at);

create table idempotency_keys (
    principal text not null,
    route text not null,
    key text not null,
    fingerprint $bytes not null,
    state text not null check (state in ('started', 'done')),
    status integer,
    headers $json,
    response $bytes,
    started_at bigint not null,
    expires_at bigint not null,
    primary key (principal, route, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);

create table audit_heads (
    id integer primary key check (id = 1),
    seq bigint not null,
    hash $bytes not null
);

create table audit_log (
    seq bigint primary key,
    org_id $uuid,
    actor text not null,
    action text not null,
    target text not null,
    detail text not null,
    at bigint not null,
    prev_hash $bytes not null,
    hash $bytes not null
);
create index audit_log_org on audit_log (org_id, seq);

create table analytics_events (
    id $uuid primary key,
    org_id $uuid,
    type text not null,
    at bigint not null,
    received_at bigint not null,
    user_id $uuid,
    session text,
    broadcast_id $uuid,
    recording_id $uuid,
    channel_id $uuid,
    watched_ms bigint not null default 0,
    payload $json not null default '{}'
);
create index analytics_events_age on analytics_events (received_at);
create index analytics_events_broadcast on analytics_events (broadcast_id, at);

create table webhook_endpoints (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    url text not null,
    events $json not null,
    secrets $json not null,
    mode text not null default 'full',
    status text not null default 'active',
    failure_since bigint,
    created_at bigint not null
);

create table webhook_deliveries (
    endpoint_id $uuid not null references webhook_endpoints (id),
    event_id $uuid not null,
    attempt integer not null default 0,
    status text not null,
    code integer,
    latency_ms bigint,
    next_at bigint,
    primary key (endpoint_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (next_at) where status = 'pending';
",
    sqlite: "
create trigger audit_log_fixed before update on audit_log begin
    select raise(abort, 'audit log: rows never change');
end;
create trigger audit_log_kept before delete on audit_log begin
    select raise(abort, 'audit log: rows are never deleted');
end;
create trigger mod_decisions_kept before delete on mod_decisions begin
    select raise(abort, 'decisions are never deleted');
end;
",
    postgres: "
create function audit_refuse() returns trigger language plpgsql as $$
begin
    raise exception '%', tg_argv[0] using errcode = 'check_violation';
end $$;
create trigger audit_log_fixed before update on audit_log
    for each row execute function audit_refuse('audit log: rows never change');
create trigger audit_log_kept before delete on audit_log
    for each row execute function audit_refuse('audit log: rows are never deleted');
create trigger mod_decisions_kept before delete on mod_decisions
    for each row execute function audit_refuse('decisions are never deleted');
",
};
