//! Terms: the words of a term list.

use sea_orm::entity::prelude::*;
use sea_orm::{
    ConnectionTrait, IntoActiveModel as _, QueryOrder as _, QuerySelect as _, sea_query::Condition,
};

use super::Error;

/// One term.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "terms")]
pub struct Model {
    /// The term's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The list it stands in.
    pub list_id: Uuid,
    /// The word, as it was written.
    pub term: String,
    /// `exact`, `word`, `substring`, `homophone` or `regex`.
    #[sea_orm(column_name = "match")]
    pub matching: String,
    /// Its language, if it has one.
    pub lang: Option<String>,
    /// From 1 to 5.
    pub severity: i32,
    /// When it stops counting, milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Rows in one statement; eight values each stay far below `SQLite`'s 32,766 parameters.
const BATCH: usize = 500;

/// Adds terms; those that stand in their list already stay as they are.
pub async fn insert(tx: &impl ConnectionTrait, terms: Vec<Model>) -> Result<(), Error> {
    for batch in terms.chunks(BATCH) {
        let rows = batch.iter().cloned().map(|term| term.into_active_model().reset_all());
        Entity::insert_many(rows)
            .on_conflict_do_nothing_on([Column::ListId, Column::Term, Column::Matching])
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Takes terms of a list away; tells how many there were.
pub async fn delete(tx: &impl ConnectionTrait, list: Uuid, ids: &[Uuid]) -> Result<u64, Error> {
    let deleted = Entity::delete_many()
        .filter(Column::ListId.eq(list))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    Ok(deleted.rows_affected)
}

/// Takes all terms of a list away.
pub async fn delete_list(tx: &impl ConnectionTrait, list: Uuid) -> Result<(), Error> {
    Entity::delete_many().filter(Column::ListId.eq(list)).exec(tx).await?;
    Ok(())
}

/// Terms of these lists that still count at `now`.
pub async fn of_lists(
    conn: &impl ConnectionTrait,
    lists: &[Uuid],
    now: i64,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::ListId.is_in(lists.iter().copied()))
        .filter(Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(now)))
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(Error::from)
}

/// A list's terms after `after`, in order of their ids.
pub async fn page_after(
    conn: &impl ConnectionTrait,
    list: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find().filter(Column::ListId.eq(list));
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.order_by_asc(Column::Id).limit(limit).all(conn).await.map_err(Error::from)
}

/// How many terms a list holds, those that count no more included.
pub async fn count(conn: &impl ConnectionTrait, list: Uuid) -> Result<u64, Error> {
    use sea_orm::PaginatorTrait as _;
    Ok(Entity::find().filter(Column::ListId.eq(list)).count(conn).await?)
}
