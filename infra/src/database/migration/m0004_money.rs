//! What is paid: the ledger, held to Σ = 0 by the database itself, and the gifts that move coins.
//!
//! A transfer points, deferred, at its seal; the seal's trigger refuses an unbalanced transfer or
//! one of fewer than two entries, and after it no entry is added. So no commit leaves a sum behind.
//! Swept by nobody: `transfers`, `entries`, `seals` are for ever.

use super::Script;

pub(super) const MIGRATION: Script = Script {
    name: "m0004_money",
    shared: "
create table ledgers (
    id $uuid primary key,
    code text not null unique,
    scale integer not null,
    created_at bigint not null
);

create table accounts (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    ledger_id $uuid not null references ledgers (id),
    owner_kind text not null,
    owner_id $uuid not null,
    kind text not null check (kind in
        ('wallet', 'creator', 'platform', 'tax', 'clearing', 'promo', 'reserve', 'receivable')),
    normal text not null check (normal in ('debit', 'credit')),
    status text not null default 'open' check (status in ('open', 'frozen', 'closed')),
    created_at bigint not null,
    unique (ledger_id, owner_kind, owner_id, kind),
    unique (id, ledger_id)
);

create table balances (
    account_id $uuid primary key references accounts (id),
    posted bigint not null,
    pending bigint not null default 0,
    version bigint not null default 0,
    check (posted - pending >= 0),
    check (pending >= 0)
);

create table seals (
    transfer_id $uuid primary key
);

create table transfers (
    id $uuid primary key references seals (transfer_id) deferrable initially deferred,
    org_id $uuid not null references orgs (id),
    code text not null,
    state text not null check (state in ('posted', 'pending', 'voided', 'expired')),
    pending_id $uuid references transfers (id),
    reverses_id $uuid unique references transfers (id),
    effective_at bigint not null,
    actor_id $uuid,
    ref_kind text,
    ref_id $uuid,
    memo text not null default '',
    created_at bigint not null
);
create index transfers_ref on transfers (ref_kind, ref_id);

create table entries (
    transfer_id $uuid not null references transfers (id),
    ordinal integer not null,
    account_id $uuid not null,
    ledger_id $uuid not null,
    amount bigint not null check (amount <> 0),
    primary key (transfer_id, ordinal),
    foreign key (account_id, ledger_id) references accounts (id, ledger_id)
);
create index entries_account on entries (account_id, transfer_id);

create table account_rollups (
    account_id $uuid primary key references accounts (id),
    sum bigint not null
);

create table unrolled (
    transfer_id $uuid primary key references transfers (id)
);

create table gift_types (
    id $uuid primary key,
    org_id $uuid not null references orgs (id),
    sku text not null,
    status text not null default 'active' check (status in ('active', 'retired')),
    revision_id $uuid,
    version bigint not null default 1,
    created_at bigint not null,
    unique (org_id, sku),
    unique (org_id, id)
);

create table gift_type_revisions (
    id $uuid primary key,
    org_id $uuid not null,
    gift_type_id $uuid not null,
    revision bigint not null,
    name $json not null,
    price_coins bigint not null check (price_coins > 0),
    tier integer not null default 0,
    assets $json not null default '{}',
    combo_window_s integer not null default 5,
    limits $json not null default '{}',
    active_from bigint,
    active_until bigint,
    min_age integer,
    regions $json not null default '[]',
    created_at bigint not null,
    unique (gift_type_id, revision),
    foreign key (org_id, gift_type_id) references gift_types (org_id, id)
);

create table combos (
    id $uuid primary key,
    room_id $uuid not null references rooms (id),
    sender_id $uuid not null,
    gift_type_id $uuid not null references gift_types (id),
    count bigint not null,
    total_coins bigint not null default 0,
    first_at bigint not null,
    last_at bigint not null,
    closes_at bigint not null,
    closed_at bigint
);
create unique index combos_one_open on combos (room_id, sender_id, gift_type_id)
    where closed_at is null;
create index combos_due on combos (closes_at) where closed_at is null;

create table gift_orders (
    id $uuid primary key,
    org_id $uuid not null,
    room_id $uuid not null,
    broadcast_id $uuid,
    sender_id $uuid not null,
    recipient_channel_id $uuid not null,
    revision_id $uuid not null references gift_type_revisions (id),
    quantity bigint not null check (quantity > 0),
    total_coins bigint not null check (total_coins > 0),
    message text,
    combo_id $uuid references combos (id),
    is_anonymous boolean not null default false,
    status text not null check (status in ('pending', 'posted', 'held', 'refunded', 'rejected')),
    transfer_id $uuid unique references transfers (id),
    refund_transfer_id $uuid unique references transfers (id),
    pdt_at bigint not null,
    fingerprint text not null,
    receipt $json,
    created_at bigint not null,
    foreign key (org_id, room_id) references rooms (org_id, id),
    foreign key (org_id, recipient_channel_id) references channels (org_id, id)
);
create index gift_orders_room on gift_orders (room_id, id);
create index gift_orders_broadcast on gift_orders (broadcast_id, pdt_at);
create index gift_orders_sender on gift_orders (sender_id, id);

create table gift_totals (
    scope text not null,
    scope_id text not null,
    user_id $uuid not null,
    coins bigint not null,
    updated_at bigint not null,
    primary key (scope, scope_id, user_id)
);
create index gift_totals_order on gift_totals (scope, scope_id, coins desc);
",
    sqlite: "
create trigger seals_balance before insert on seals begin
    select raise(abort, 'ledger: a transfer has at least two entries')
        where (select count(*) from entries where transfer_id = new.transfer_id) < 2;
    select raise(abort, 'ledger: the entries of a transfer sum to zero in each ledger')
        where exists (select 1 from entries where transfer_id = new.transfer_id
            group by ledger_id having sum(amount) <> 0);
end;
create trigger entries_sealed before insert on entries
    when exists (select 1 from seals where transfer_id = new.transfer_id) begin
    select raise(abort, 'ledger: the transfer is sealed');
end;
create trigger entries_fixed before update on entries begin
    select raise(abort, 'ledger: entries never change');
end;
create trigger entries_kept before delete on entries begin
    select raise(abort, 'ledger: entries are never deleted');
end;
create trigger seals_fixed before update on seals begin
    select raise(abort, 'ledger: seals never change');
end;
create trigger seals_kept before delete on seals begin
    select raise(abort, 'ledger: seals are never deleted');
end;
create trigger transfers_kept before delete on transfers begin
    select raise(abort, 'ledger: transfers are never deleted');
end;
create trigger transfers_fixed before update on transfers
    when old.state <> 'pending' or new.state = 'pending' or new.id <> old.id
        or new.org_id <> old.org_id or new.code <> old.code
        or new.pending_id is not old.pending_id or new.reverses_id is not old.reverses_id
        or new.effective_at <> old.effective_at or new.actor_id is not old.actor_id
        or new.ref_kind is not old.ref_kind or new.ref_id is not old.ref_id
        or new.memo <> old.memo or new.created_at <> old.created_at begin
    select raise(abort, 'ledger: of a transfer only a pending state changes');
end;
",
    postgres: "
create function ledger_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'ledger: %', tg_argv[0] using errcode = 'check_violation';
end $$;

create function ledger_seal() returns trigger language plpgsql as $$
begin
    if (select count(*) from entries where transfer_id = new.transfer_id) < 2 then
        raise exception 'ledger: a transfer has at least two entries'
            using errcode = 'check_violation';
    end if;
    if exists (select 1 from entries where transfer_id = new.transfer_id
            group by ledger_id having sum(amount) <> 0) then
        raise exception 'ledger: the entries of a transfer sum to zero in each ledger'
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger seals_balance before insert on seals
    for each row execute function ledger_seal();

create function ledger_entry() returns trigger language plpgsql as $$
begin
    if exists (select 1 from seals where transfer_id = new.transfer_id) then
        raise exception 'ledger: the transfer is sealed' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger entries_sealed before insert on entries
    for each row execute function ledger_entry();

create trigger entries_fixed before update on entries
    for each row execute function ledger_refuse('entries never change');
create trigger entries_kept before delete on entries
    for each row execute function ledger_refuse('entries are never deleted');
create trigger seals_fixed before update on seals
    for each row execute function ledger_refuse('seals never change');
create trigger seals_kept before delete on seals
    for each row execute function ledger_refuse('seals are never deleted');
create trigger transfers_kept before delete on transfers
    for each row execute function ledger_refuse('transfers are never deleted');
create trigger transfers_fixed before update on transfers
    for each row when (old.state <> 'pending' or new.state = 'pending'
        or (new.id, new.org_id, new.code, new.pending_id, new.reverses_id, new.effective_at,
            new.actor_id, new.ref_kind, new.ref_id, new.memo, new.created_at)
        is distinct from
           (old.id, old.org_id, old.code, old.pending_id, old.reverses_id, old.effective_at,
            old.actor_id, old.ref_kind, old.ref_id, old.memo, old.created_at))
    execute function ledger_refuse('of a transfer only a pending state changes');
",
};
