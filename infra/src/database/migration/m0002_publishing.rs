//! What is published: channels, stream keys, broadcasts, recordings, and who follows.

use super::Script;

pub(super) const MIGRATION: Script = Script {
    name: "m0002_publishing",
    shared: "
create table channels (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    slug text not null unique,
    title text not null,
    description text not null default '',
    owner_id $uuid,
    visibility text not null default 'public'
        check (visibility in ('public', 'unlisted', 'private')),
    category text,
    tags $json not null default '[]',
    settings $json not null default '{}',
    settings_version bigint not null default 1,
    gop_ms bigint,
    created_at bigint not null,
    archived_at bigint,
    unique (org_id, id),
    foreign key (org_id, owner_id) references users (org_id, id)
);
create index channels_org on channels (org_id, id);

create table channel_roles (
    org_id $uuid not null,
    channel_id $uuid not null,
    user_id $uuid not null,
    role text not null check (role in
        ('owner', 'editor', 'moderator', 'vip', 'lecturer', 'assistant', 'clinician')),
    created_at bigint not null,
    primary key (channel_id, user_id),
    foreign key (org_id, channel_id) references channels (org_id, id),
    foreign key (org_id, user_id) references users (org_id, id)
);

create table follows (
    org_id $uuid not null,
    channel_id $uuid not null,
    user_id $uuid not null,
    since bigint not null,
    primary key (channel_id, user_id),
    foreign key (org_id, channel_id) references channels (org_id, id),
    foreign key (org_id, user_id) references users (org_id, id)
);
create index follows_user on follows (user_id);

create table stream_keys (
    id $uuid primary key,
    org_id $uuid not null,
    channel_id $uuid not null,
    hash $bytes not null unique,
    label text not null default '',
    created_at bigint not null,
    last_used_at bigint,
    revoked_at bigint,
    foreign key (org_id, channel_id) references channels (org_id, id)
);
create index stream_keys_channel on stream_keys (channel_id, id);

create table broadcasts (
    id $uuid primary key,
    org_id $uuid not null,
    channel_id $uuid not null,
    title text not null,
    status text not null check (status in
        ('scheduled', 'ready', 'live', 'interrupted', 'ended', 'archived')),
    scheduled_at bigint,
    started_at bigint,
    interrupted_at bigint,
    ended_at bigint,
    end_reason text,
    profile text,
    access_mode text not null default 'open',
    visibility text not null default 'public',
    age_rating text,
    room_id $uuid not null,
    recording_id $uuid,
    stream_key_id $uuid,
    control_version bigint not null default 0,
    control_action text check (control_action in ('end', 'take_down', 'key_revoked')),
    control_reason text,
    created_at bigint not null,
    unique (org_id, id),
    foreign key (org_id, channel_id) references channels (org_id, id)
);
create unique index broadcasts_one_live on broadcasts (channel_id)
    where status in ('live', 'interrupted');
create index broadcasts_channel on broadcasts (channel_id, id);
create index broadcasts_org_status on broadcasts (org_id, status, id);

create table recordings (
    id $uuid primary key,
    org_id $uuid not null,
    broadcast_id $uuid,
    channel_id $uuid not null,
    title text not null,
    status text not null check (status in ('recording', 'ready', 'failed', 'purged')),
    ranges $json not null default '[]',
    comment_offset_ms bigint not null default 0,
    duration_ms bigint,
    byte_count bigint,
    visibility text not null default 'public',
    retention_class text not null default 'standard',
    purge_after bigint,
    legal_hold boolean not null default false,
    revision bigint not null default 1,
    created_at bigint not null,
    foreign key (org_id, channel_id) references channels (org_id, id),
    foreign key (org_id, broadcast_id) references broadcasts (org_id, id)
);
create index recordings_channel on recordings (channel_id, id);
create index recordings_broadcast on recordings (broadcast_id);
create index recordings_purge on recordings (purge_after) where not legal_hold;

create table broadcast_timeline (
    broadcast_id $uuid not null references broadcasts (id),
    ordinal bigint not null,
    pdt_start bigint not null,
    media_start_ms bigint not null,
    duration_ms bigint,
    primary key (broadcast_id, ordinal)
);

create table ingest_log (
    id $uuid primary key,
    org_id $uuid not null,
    channel_id $uuid not null,
    broadcast_id $uuid,
    at bigint not null,
    code text not null,
    args $json not null default '{}',
    foreign key (org_id, channel_id) references channels (org_id, id)
);
create index ingest_log_channel on ingest_log (channel_id, id);
",
    sqlite: "",
    postgres: "",
};
