//! Who there is: organisations, users, their sessions, roles and keys.

use super::Script;

pub(super) const MIGRATION: Script = Script {
    name: "m0001_identity",
    shared: "
create table orgs (
    id $uuid primary key,
    slug text not null unique,
    name text not null,
    plan text not null default 'standard',
    settings $json not null default '{}',
    data_class text not null default 'standard' check (data_class in ('standard', 'edu', 'medical')),
    created_at bigint not null
);

create table users (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    external_id text,
    handle text,
    handle_skeleton text,
    display_name text not null,
    kind text not null check (kind in ('human', 'bot', 'service', 'anonymous')),
    status text not null default 'active' check (status in ('active', 'suspended', 'erased')),
    trust_level integer not null default 0,
    age_band text,
    locale text,
    created_at bigint not null,
    unique (org_id, id),
    unique (org_id, external_id),
    unique (org_id, handle_skeleton)
);
create unique index users_handle on users (org_id, lower(handle));

create table sessions (
    id_hash $bytes primary key,
    org_id $uuid not null,
    user_id $uuid not null,
    kind text not null default 'sign_in' check (kind in ('sign_in', 'guest')),
    auth_time bigint not null,
    amr text not null,
    last_seen_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint,
    foreign key (org_id, user_id) references users (org_id, id)
);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);

create table setup_links (
    token_hash $bytes primary key,
    org_id $uuid not null,
    user_id $uuid not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    foreign key (org_id, user_id) references users (org_id, id)
);

create table memberships (
    org_id $uuid not null,
    user_id $uuid not null,
    role text not null
        check (role in ('owner', 'admin', 'moderator', 'creator', 'support', 'auditor')),
    created_at bigint not null,
    primary key (org_id, user_id),
    foreign key (org_id, user_id) references users (org_id, id)
);

create table api_keys (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    name text not null default '',
    prefix text not null unique,
    hash $bytes not null unique,
    scopes $json not null,
    allowed_origins $json not null default '[]',
    allowed_cidrs $json not null default '[]',
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);
create index api_keys_org on api_keys (org_id, id);

create table instance_keys (
    id text primary key,
    purpose text not null,
    secret $bytes not null,
    created_at bigint not null,
    retired_at bigint
);

create table revoked_viewer_tokens (
    jti $uuid primary key,
    org_id $uuid not null references orgs (id),
    expires_at bigint not null,
    revoked_at bigint not null
);
create index revoked_viewer_tokens_expiry on revoked_viewer_tokens (expires_at);
",
    sqlite: "",
    postgres: "",
};
