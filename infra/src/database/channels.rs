//! `channels`: a creator's lasting places.

use domain::{
    channel::WhenNotLive,
    id::{ChannelId, OrgId, UserId},
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, entity::prelude::*,
};

use super::Error;

/// A row of `channels`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "channels")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The organisation it belongs to.
    pub org_id: Uuid,
    /// Its name in public addresses; unique in the whole system.
    pub slug: String,
    /// For people.
    pub title: String,
    /// For people, longer.
    pub description: String,
    /// The creator.
    pub owner_id: Option<Uuid>,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
    /// What it is about.
    pub category: Option<String>,
    /// A JSON array of words.
    pub tags: Json,
    /// A JSON object.
    pub settings: Json,
    /// Grows with each change; the `ETag` of the channel.
    pub settings_version: i64,
    /// The length of a GOP as last seen.
    pub gop_ms: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it was closed, if it is.
    pub archived_at: Option<i64>,
}

/// The member of `settings` that [`Model::when_not_live`] is kept in.
const WHEN_NOT_LIVE: &str = "when_not_live";

impl Model {
    /// What its address gives while it is not live.
    pub fn when_not_live(&self) -> WhenNotLive {
        let text = self.settings.get(WHEN_NOT_LIVE).and_then(Json::as_str);
        text.and_then(WhenNotLive::parse).unwrap_or_default()
    }

    /// Changes that; other settings stay.
    pub fn set_when_not_live(&mut self, choice: WhenNotLive) {
        if !self.settings.is_object() {
            self.settings = Json::Object(serde_json::Map::new());
        }
        if let Some(settings) = self.settings.as_object_mut() {
            settings.insert(WHEN_NOT_LIVE.to_owned(), choice.as_str().into());
        }
    }
}

/// Nothing is joined through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a new channel is made of.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id.
    pub id: ChannelId,
    /// The organisation it belongs to.
    pub org_id: OrgId,
    /// Its name in public addresses.
    pub slug: String,
    /// For people.
    pub title: String,
    /// The creator.
    pub owner_id: Option<UserId>,
    /// When it is made.
    pub created_at: Timestamp,
}

/// Makes a channel. The slug is taken: [`Error::is_unique_violation`].
pub async fn insert(db: &impl ConnectionTrait, new: New) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(new.id.uuid()),
        org_id: Set(new.org_id.uuid()),
        slug: Set(new.slug),
        title: Set(new.title),
        owner_id: Set(new.owner_id.map(UserId::uuid)),
        created_at: Set(new.created_at.as_millis()),
        ..Default::default()
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The channel with this id.
pub async fn find(db: &impl ConnectionTrait, id: ChannelId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id.uuid()).one(db).await?)
}

/// The channel with this name.
pub async fn find_by_slug(db: &impl ConnectionTrait, slug: &str) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::Slug.eq(slug)).one(db).await?)
}

/// The channels of an organisation after `after`, oldest first.
pub async fn page_after(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    after: Option<ChannelId>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::OrgId.eq(org_id.uuid()))
        .filter(Column::ArchivedAt.is_null())
        .order_by_asc(Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after.uuid()));
    }
    Ok(query.all(db).await?)
}

/// Stores the changed columns of a channel whose version is still the one that was read.
///
/// `false`: someone else changed it meanwhile.
pub async fn update(db: &impl ConnectionTrait, changed: &Model) -> Result<bool, Error> {
    let result = Entity::update_many()
        .set(ActiveModel {
            title: Set(changed.title.clone()),
            description: Set(changed.description.clone()),
            visibility: Set(changed.visibility.clone()),
            category: Set(changed.category.clone()),
            tags: Set(changed.tags.clone()),
            settings: Set(changed.settings.clone()),
            settings_version: Set(changed.settings_version + 1),
            archived_at: Set(changed.archived_at),
            ..Default::default()
        })
        .filter(Column::Id.eq(changed.id))
        .filter(Column::SettingsVersion.eq(changed.settings_version))
        .exec(db)
        .await?;
    Ok(result.rows_affected == 1)
}

/// Remembers the length of a GOP that the publisher was last seen to use.
pub async fn set_gop(db: &impl ConnectionTrait, id: ChannelId, gop_ms: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::GopMs, Expr::value(gop_ms))
        .filter(Column::Id.eq(id.uuid()))
        .exec(db)
        .await?;
    Ok(())
}
