//! `idempotency_keys`: one key, one outcome.

use domain::time::Timestamp;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use super::Error;

/// A row of `idempotency_keys`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// Who asked.
    #[sea_orm(primary_key, auto_increment = false)]
    pub principal: String,
    /// What was asked for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub route: String,
    /// The client's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of method, path and body.
    pub fingerprint: Vec<u8>,
    /// `started` or `done`.
    pub state: String,
    /// The status of the outcome.
    pub status: Option<i32>,
    /// The kept headers of the outcome, as a JSON object.
    pub headers: Option<Json>,
    /// The body of the outcome.
    pub response: Option<Vec<u8>>,
    /// When the first request came.
    pub started_at: i64,
    /// Until when the outcome is kept.
    pub expires_at: i64,
}

/// Nothing is joined through the entity.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A request that comes with a key.
#[derive(Clone, Debug)]
pub struct Start {
    /// Who asks.
    pub principal: String,
    /// What is asked for.
    pub route: String,
    /// The client's key.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub fingerprint: Vec<u8>,
    /// When.
    pub now: Timestamp,
    /// Until when the outcome is to be kept.
    pub expires_at: Timestamp,
    /// A request that started before this and never ended counts as lost.
    pub lost_before: Timestamp,
}

/// What stands under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// Nothing: this request runs.
    Fresh,
    /// Another request, running or done.
    Known(Model),
}

/// How a request ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The status.
    pub status: i32,
    /// The kept headers, as a JSON object.
    pub headers: Json,
    /// The body.
    pub response: Vec<u8>,
}

/// Takes the key for this request, or tells who has it.
pub async fn start(db: &impl ConnectionTrait, start: Start) -> Result<Started, Error> {
    let row = ActiveModel {
        principal: Set(start.principal.clone()),
        route: Set(start.route.clone()),
        key: Set(start.key.clone()),
        fingerprint: Set(start.fingerprint),
        state: Set("started".into()),
        status: Set(None),
        headers: Set(None),
        response: Set(None),
        started_at: Set(start.now.as_millis()),
        expires_at: Set(start.expires_at.as_millis()),
    };
    let is_over = Expr::col((Entity, Column::ExpiresAt)).lte(start.now.as_millis());
    let is_lost = Expr::col((Entity, Column::State))
        .eq("started")
        .and(Expr::col((Entity, Column::StartedAt)).lt(start.lost_before.as_millis()));
    // Only a row that is over or lost is replaced; any other conflict changes nothing.
    let on_conflict = OnConflict::columns([Column::Principal, Column::Route, Column::Key])
        .update_columns([
            Column::Fingerprint,
            Column::State,
            Column::Status,
            Column::Headers,
            Column::Response,
            Column::StartedAt,
            Column::ExpiresAt,
        ])
        .action_and_where(is_over.or(is_lost))
        .to_owned();
    let taken = Entity::insert(row).on_conflict(on_conflict).exec_without_returning(db).await?;
    if taken == 1 {
        return Ok(Started::Fresh);
    }
    let found = Entity::find_by_id((start.principal, start.route, start.key)).one(db).await?;
    Ok(found.map_or(Started::Fresh, Started::Known))
}

/// Keeps the outcome.
pub async fn finish(
    db: &impl ConnectionTrait,
    principal: &str,
    route: &str,
    key: &str,
    outcome: Outcome,
) -> Result<(), Error> {
    Entity::update_many()
        .set(ActiveModel {
            state: Set("done".into()),
            status: Set(Some(outcome.status)),
            headers: Set(Some(outcome.headers)),
            response: Set(Some(outcome.response)),
            ..Default::default()
        })
        .filter(Column::Principal.eq(principal))
        .filter(Column::Route.eq(route))
        .filter(Column::Key.eq(key))
        .exec(db)
        .await?;
    Ok(())
}

/// Frees a key whose request came to nothing final.
pub async fn forget(
    db: &impl ConnectionTrait,
    principal: &str,
    route: &str,
    key: &str,
) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::Principal.eq(principal))
        .filter(Column::Route.eq(route))
        .filter(Column::Key.eq(key))
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets outcomes that are kept no longer; tells how many.
pub async fn sweep(db: &impl ConnectionTrait, now: Timestamp) -> Result<u64, Error> {
    let gone =
        Entity::delete_many().filter(Column::ExpiresAt.lte(now.as_millis())).exec(db).await?;
    Ok(gone.rows_affected)
}
