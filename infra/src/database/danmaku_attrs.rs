//! How danmaku fly; one row for each comment of that kind.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, ConnectionTrait};

use super::Error;

/// How one danmaku flies.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "danmaku_attrs")]
pub struct Model {
    /// The comment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub comment_id: Uuid,
    /// `scroll`, `top` or `bottom`.
    pub mode: String,
    /// 24-bit RGB.
    pub color: i32,
    /// Height in CSS pixels at a picture height of 540.
    pub size: i32,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Writes rows in one statement.
///
/// # Errors
/// The database's.
pub async fn insert_many(tx: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(|row| ActiveModel {
        comment_id: Set(row.comment_id),
        mode: Set(row.mode),
        color: Set(row.color),
        size: Set(row.size),
    });
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// The rows of these comments, in no order.
///
/// # Errors
/// The database's.
pub async fn of(conn: &impl ConnectionTrait, comments: Vec<Uuid>) -> Result<Vec<Model>, Error> {
    if comments.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::CommentId.is_in(comments)).all(conn).await?)
}
