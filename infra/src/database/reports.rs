//! Reports: complaints about a subject, one for each reporter and subject.

use sea_orm::entity::prelude::*;
use sea_orm::{
    ConnectionTrait, IntoActiveModel as _, QueryOrder as _, QuerySelect as _, TryInsertResult,
};

use super::Error;

/// One report.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reports")]
pub struct Model {
    /// The report's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// Who complains.
    pub reporter_id: Uuid,
    /// `comment`, `user`, `broadcast` or `channel`.
    pub subject_kind: String,
    /// What about.
    pub subject_id: Uuid,
    /// Why, as a code.
    pub reason_code: String,
    /// Why, in words.
    pub text: String,
    /// The item it went into.
    pub item_id: Option<Uuid>,
    /// How much it counts, by how often this reporter was right.
    pub weight: f64,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a report. False when this reporter complained about this subject before.
pub async fn insert(tx: &impl ConnectionTrait, report: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(report.into_active_model().reset_all())
        .on_conflict_do_nothing_on([Column::ReporterId, Column::SubjectKind, Column::SubjectId])
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// This reporter's report about this subject.
pub async fn find(
    conn: &impl ConnectionTrait,
    reporter: Uuid,
    subject_kind: &str,
    subject_id: Uuid,
) -> Result<Option<Model>, Error> {
    Entity::find()
        .filter(Column::ReporterId.eq(reporter))
        .filter(Column::SubjectKind.eq(subject_kind))
        .filter(Column::SubjectId.eq(subject_id))
        .one(conn)
        .await
        .map_err(Error::from)
}

/// Says which item a report went into.
pub async fn set_item(tx: &impl ConnectionTrait, id: Uuid, item: Uuid) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::ItemId, Expr::value(item))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The reports that went into an item, oldest first.
pub async fn of_item(
    conn: &impl ConnectionTrait,
    item: Uuid,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::ItemId.eq(item))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(conn)
        .await
        .map_err(Error::from)
}

/// A reporter's reports before a place in them, newest first.
pub async fn page_before(
    conn: &impl ConnectionTrait,
    reporter: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find().filter(Column::ReporterId.eq(reporter));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(conn).await.map_err(Error::from)
}
