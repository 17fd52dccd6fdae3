//! What is said: rooms, the log of their events, comments and what hangs on them.
//!
//! Swept by age: `room_events`, `comments`, `comment_revisions`.

use super::Script;

pub(super) const MIGRATION: Script = Script {
    name: "m0003_rooms",
    shared: "
create table rooms (
    id $uuid primary key,
    org_id $uuid not null,
    channel_id $uuid not null,
    kind text not null check (kind in ('chat', 'qa', 'consult', 'class')),
    settings $json not null default '{}',
    settings_version bigint not null default 1,
    epoch text not null,
    head_seq bigint not null default 0,
    created_at bigint not null,
    closed_at bigint,
    unique (org_id, id),
    foreign key (org_id, channel_id) references channels (org_id, id)
);
create index rooms_channel on rooms (channel_id, id);

create table room_events (
    room_id $uuid not null references rooms (id),
    epoch text not null,
    seq bigint not null,
    class integer not null,
    type text not null,
    payload text not null,
    created_at bigint not null,
    primary key (room_id, epoch, seq)
);
create index room_events_age on room_events (created_at);

create table comments (
    id $uuid primary key,
    org_id $uuid not null,
    room_id $uuid not null,
    broadcast_id $uuid,
    author_id $uuid not null,
    author_name text not null,
    author_badges $json not null default '[]',
    kind text not null check (kind in ('chat', 'danmaku', 'question', 'system', 'announcement')),
    body text not null,
    body_norm_hash bigint not null default 0,
    fragments $json not null default '[]',
    lang text,
    parent_id $uuid,
    thread_id $uuid,
    status text not null check (status in
        ('held', 'published', 'author_only', 'rejected', 'removed', 'retracted')),
    sent_at bigint not null,
    pdt_at bigint not null,
    seq bigint,
    client_id text,
    edited_at bigint,
    removed_at bigint,
    risk double precision not null default 0,
    unique (room_id, author_id, client_id),
    foreign key (org_id, room_id) references rooms (org_id, id)
);
create index comments_room on comments (room_id, seq);
create index comments_broadcast on comments (broadcast_id, pdt_at) where status = 'published';
create index comments_author on comments (author_id, id);
create index comments_repeats on comments (room_id, body_norm_hash, sent_at);

create table danmaku_attrs (
    comment_id $uuid primary key references comments (id),
    mode text not null,
    color integer not null,
    size integer not null,
    weight integer not null default 0,
    pool text not null default 'normal',
    style $json not null default '{}'
);

create table comment_revisions (
    comment_id $uuid not null references comments (id),
    rev bigint not null,
    body text not null,
    editor_id $uuid not null,
    at bigint not null,
    primary key (comment_id, rev)
);

create table reactions (
    target_kind text not null,
    target_id $uuid not null,
    user_id $uuid not null,
    key text not null,
    at bigint not null,
    primary key (target_kind, target_id, user_id, key)
);

create table pins (
    room_id $uuid not null references rooms (id),
    slot integer not null,
    comment_id $uuid not null references comments (id),
    pinned_by $uuid not null,
    at bigint not null,
    until bigint,
    reason text not null default 'mod' check (reason in ('mod', 'paid')),
    primary key (room_id, slot)
);
",
    sqlite: "",
    postgres: "",
};
