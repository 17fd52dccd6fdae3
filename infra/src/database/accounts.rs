//! Accounts: who holds how much in one ledger, one row a holder and kind.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr};

use super::{Error, balances};

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    /// The account's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation it belongs to.
    pub org_id: Uuid,
    /// The ledger it is kept in.
    pub ledger_id: Uuid,
    /// What kind of thing holds it: `user`, `channel` or `org`.
    pub owner_kind: String,
    /// Who holds it.
    pub owner_id: Uuid,
    /// `wallet`, `creator`, `platform` or `promo`.
    pub kind: String,
    /// The side that raises it: `credit` or `debit`.
    pub normal: String,
    /// `open` or `closed`.
    pub status: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether it may go below zero. One that may not has a row in `balances`.
    pub fn may_overdraw(&self) -> bool {
        self.kind != WALLET
    }
}

const WALLET: &str = "wallet";

/// Whose account of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The kind of owner: `user`, `channel` or `org`.
    pub owner_kind: &'static str,
    /// The owner.
    pub owner_id: Uuid,
    /// The kind of account.
    pub kind: &'static str,
}

impl Holder {
    /// A viewer's coins.
    pub const fn wallet(user: Uuid) -> Self {
        Self { owner_kind: "user", owner_id: user, kind: WALLET }
    }

    /// What a channel earned.
    pub const fn creator(channel: Uuid) -> Self {
        Self { owner_kind: "channel", owner_id: channel, kind: "creator" }
    }

    /// What the platform earned.
    pub const fn platform(org: Uuid) -> Self {
        Self { owner_kind: "org", owner_id: org, kind: "platform" }
    }

    /// Where granted coins come from; its sum is what was given away, below zero.
    pub const fn promotion(org: Uuid) -> Self {
        Self { owner_kind: "org", owner_id: org, kind: "promo" }
    }
}

/// Which organisation, which ledger, at what time: what opening an account needs beside its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Book {
    /// The organisation.
    pub org_id: Uuid,
    /// The ledger.
    pub ledger_id: Uuid,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// The holder's account, opened under `fresh` when there is none yet.
pub async fn open(
    tx: &impl ConnectionTrait,
    fresh: Uuid,
    book: Book,
    holder: Holder,
) -> Result<Model, Error> {
    if let Some(account) = find(tx, book.ledger_id, holder).await? {
        return Ok(account);
    }
    let row = ActiveModel {
        id: Set(fresh),
        org_id: Set(book.org_id),
        ledger_id: Set(book.ledger_id),
        owner_kind: Set(holder.owner_kind.to_owned()),
        owner_id: Set(holder.owner_id),
        kind: Set(holder.kind.to_owned()),
        normal: Set("credit".to_owned()),
        status: Set("open".to_owned()),
        created_at: Set(book.now),
    };
    Entity::insert(row)
        .on_conflict_do_nothing_on([
            Column::LedgerId,
            Column::OwnerKind,
            Column::OwnerId,
            Column::Kind,
        ])
        .exec_without_returning(tx)
        .await?;
    let account = find(tx, book.ledger_id, holder)
        .await?
        .ok_or_else(|| Error::from(DbErr::RecordNotFound(format!("account {fresh}"))))?;
    if !account.may_overdraw() {
        balances::open(tx, account.id).await?;
    }
    Ok(account)
}

/// The holder's account.
pub async fn find(
    conn: &impl ConnectionTrait,
    ledger: Uuid,
    holder: Holder,
) -> Result<Option<Model>, Error> {
    Entity::find()
        .filter(Column::LedgerId.eq(ledger))
        .filter(Column::OwnerKind.eq(holder.owner_kind))
        .filter(Column::OwnerId.eq(holder.owner_id))
        .filter(Column::Kind.eq(holder.kind))
        .one(conn)
        .await
        .map_err(Error::from)
}

/// One account by its id.
pub async fn get(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// Several accounts by their ids, in no order.
pub async fn all_of(conn: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<Model>, Error> {
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}
