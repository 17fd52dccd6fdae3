//! Ledgers: one book for each currency. Rows never change.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, TryInsertResult};

use super::Error;

/// The code of the ledger of coins, the virtual currency of gifts.
pub const COIN: &str = "COIN";

/// One ledger.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledgers")]
pub struct Model {
    /// The ledger's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Currency code: `COIN`, `USD`, `CNY`.
    pub code: String,
    /// Digits behind the point of the major unit; zero for coins.
    pub scale: i32,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The ledger with this code, made when it is missing.
pub async fn ensure(
    tx: &impl ConnectionTrait,
    id: Uuid,
    code: &str,
    scale: i32,
    now: i64,
) -> Result<Model, Error> {
    if let Some(ledger) = find(tx, code).await? {
        return Ok(ledger);
    }
    let row = ActiveModel {
        id: Set(id),
        code: Set(code.to_owned()),
        scale: Set(scale),
        created_at: Set(now),
    };
    let inserted = Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Code).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx)
        .await?;
    if matches!(inserted, TryInsertResult::Conflicted) {
        tracing::debug!(ledger.code = code, "another writer made the ledger");
    }
    find(tx, code)
        .await?
        .ok_or_else(|| Error::from(DbErr::RecordNotFound(format!("ledger {code}"))))
}

/// The ledger with this code.
pub async fn find(conn: &impl ConnectionTrait, code: &str) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::Code.eq(code)).one(conn).await?)
}
