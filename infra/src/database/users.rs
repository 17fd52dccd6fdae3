//! `users`: accounts, also those of guests and of partners' users.

use domain::{
    id::{OrgId, UserId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::Error;

/// A row of `users`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation it belongs to.
    pub org_id: Uuid,
    /// What the partner calls the user.
    pub external_id: Option<String>,
    /// The unique name, when one was chosen.
    pub handle: Option<String>,
    /// The handle's UTS 39 skeleton: no two look alike.
    pub handle_skeleton: Option<String>,
    /// For people.
    pub display_name: String,
    /// `human`, `bot`, `service` or `anonymous`.
    pub kind: String,
    /// `active`, `suspended` or `erased`.
    pub status: String,
    /// Grows with good conduct.
    pub trust_level: i32,
    /// A class of ages, when it is known.
    pub age_band: Option<String>,
    /// A BCP 47 tag.
    pub locale: Option<String>,
    /// When it was made.
    pub created_at: i64,
}

/// Nothing is joined through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What kind of account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person with an account, here or at a partner.
    Human,
    /// A program that speaks in rooms.
    Bot,
    /// A program that does not.
    Service,
    /// A guest.
    Anonymous,
}

impl Kind {
    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Bot => "bot",
            Self::Service => "service",
            Self::Anonymous => "anonymous",
        }
    }
}

/// What a new user is made of.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id.
    pub id: UserId,
    /// The organisation it belongs to.
    pub org_id: OrgId,
    /// What the partner calls the user.
    pub external_id: Option<String>,
    /// For people.
    pub display_name: String,
    /// What kind of account it is.
    pub kind: Kind,
    /// A BCP 47 tag.
    pub locale: Option<String>,
    /// When it is made.
    pub created_at: Timestamp,
}

fn row(new: New) -> ActiveModel {
    ActiveModel {
        id: Set(new.id.uuid()),
        org_id: Set(new.org_id.uuid()),
        external_id: Set(new.external_id),
        display_name: Set(new.display_name),
        kind: Set(new.kind.as_str().into()),
        locale: Set(new.locale),
        created_at: Set(new.created_at.as_millis()),
        ..Default::default()
    }
}

/// Makes a user.
pub async fn insert(db: &impl ConnectionTrait, new: New) -> Result<(), Error> {
    Entity::insert(row(new)).exec_without_returning(db).await?;
    Ok(())
}

/// Makes the partner's user on first sight, gives it its new name later; tells which user it is.
pub async fn upsert_external(db: &impl ConnectionTrait, new: New) -> Result<UserId, Error> {
    let stored = Entity::insert(row(new))
        .on_conflict(
            OnConflict::columns([Column::OrgId, Column::ExternalId])
                .update_column(Column::DisplayName)
                .to_owned(),
        )
        .exec_with_returning(db)
        .await?;
    Ok(UserId::from_uuid(stored.id))
}

/// The user with this id.
pub async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id.uuid()).one(db).await?)
}

/// The users with these ids, in no order.
pub async fn find_many(db: &impl ConnectionTrait, ids: Vec<UserId>) -> Result<Vec<Model>, Error> {
    let ids = ids.into_iter().map(UserId::uuid);
    Ok(Entity::find().filter(Column::Id.is_in(ids)).all(db).await?)
}

/// The user that a partner calls so.
pub async fn find_by_external_id(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    external_id: &str,
) -> Result<Option<Model>, Error> {
    let query = Entity::find()
        .filter(Column::OrgId.eq(org_id.uuid()))
        .filter(Column::ExternalId.eq(external_id));
    Ok(query.one(db).await?)
}

/// Whether there is any user: not before the first start.
pub async fn any(db: &impl ConnectionTrait) -> Result<bool, Error> {
    Ok(Entity::find().one(db).await?.is_some())
}

/// Stores what a user may change: name, locale.
pub async fn update(db: &impl ConnectionTrait, changed: &Model) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::DisplayName, Expr::value(changed.display_name.clone()))
        .col_expr(Column::Locale, Expr::value(changed.locale.clone()))
        .filter(Column::Id.eq(changed.id))
        .exec(db)
        .await?;
    Ok(())
}

/// Gives a user another name.
pub async fn rename(db: &impl ConnectionTrait, id: UserId, name: &str) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::DisplayName, Expr::value(name))
        .filter(Column::Id.eq(id.uuid()))
        .exec(db)
        .await?;
    Ok(())
}
