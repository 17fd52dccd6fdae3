//! `setup_links`: the way in for a member without a password, once.

use domain::{
    id::{OrgId, UserId},
    time::Timestamp,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value, prelude::Uuid};

use super::Error;

/// Whom a link lets in.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Link {
    /// The member's organisation.
    pub org_id: Uuid,
    /// Who.
    pub user_id: Uuid,
}

/// Makes a link, known by the hash of its token.
pub async fn insert(
    db: &impl ConnectionTrait,
    token_hash: &[u8; 32],
    (org_id, user_id): (OrgId, UserId),
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let sql = "insert into setup_links (token_hash, org_id, user_id, created_at, expires_at)
        values ($1, $2, $3, $4, $5)";
    let values: [Value; 5] = [
        token_hash.to_vec().into(),
        org_id.uuid().into(),
        user_id.uuid().into(),
        now.as_millis().into(),
        expires_at.as_millis().into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Takes a link that is still good; a second call finds nothing.
pub async fn use_up(
    db: &impl ConnectionTrait,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Link>, Error> {
    let sql = "update setup_links set used_at = $2
        where token_hash = $1 and used_at is null and expires_at > $2
        returning org_id, user_id";
    let values: [Value; 2] = [token_hash.to_vec().into(), now.as_millis().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Link::find_by_statement(statement).one(db).await?)
}
