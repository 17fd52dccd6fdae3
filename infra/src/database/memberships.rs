//! `memberships`: what users are to their organisation.

use domain::{
    id::{OrgId, UserId},
    time::Timestamp,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value, prelude::Uuid};

use super::Error;

/// A row of `memberships`.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Model {
    /// The organisation.
    pub org_id: Uuid,
    /// The member.
    pub user_id: Uuid,
    /// `owner`, `admin`, `moderator`, `creator`, `support` or `auditor`.
    pub role: String,
}

/// Gives a member a role, instead of the one before.
pub async fn set(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    user_id: UserId,
    role: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "insert into memberships (org_id, user_id, role, created_at) values ($1, $2, $3, $4)
        on conflict (org_id, user_id) do update set role = excluded.role";
    let values: [Value; 4] =
        [org_id.uuid().into(), user_id.uuid().into(), role.into(), now.as_millis().into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// The first owner of an organisation.
pub async fn owner_of(db: &impl ConnectionTrait, org_id: OrgId) -> Result<Option<Model>, Error> {
    let sql = "select org_id, user_id, role from memberships
        where org_id = $1 and role = 'owner' order by created_at, user_id limit 1";
    let values: [Value; 1] = [org_id.uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Model::find_by_statement(statement).one(db).await?)
}
