//! `revoked_viewer_tokens`: the only thing that is stored of a viewer token.

use domain::{id::OrgId, time::Timestamp};
use sea_orm::{ConnectionTrait, Statement, Value, prelude::Uuid};

use super::Error;

/// Revokes a token; it is remembered until `expires_at`.
pub async fn insert(
    db: &impl ConnectionTrait,
    token_id: Uuid,
    org_id: OrgId,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "insert into revoked_viewer_tokens (jti, org_id, expires_at, revoked_at)
        values ($1, $2, $3, $4) on conflict (jti) do nothing";
    let values: [Value; 4] = [
        token_id.into(),
        org_id.uuid().into(),
        expires_at.as_millis().into(),
        now.as_millis().into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Whether a token was revoked by the organisation that it is of; others' revocations don't count.
pub async fn contains(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    token_id: Uuid,
) -> Result<bool, Error> {
    let sql = "select 1 from revoked_viewer_tokens where jti = $1 and org_id = $2";
    let values: [Value; 2] = [token_id.into(), org_id.uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// Forgets what ended before `before`; tells how many.
pub async fn sweep(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64, Error> {
    let sql = "delete from revoked_viewer_tokens where expires_at < $1";
    let values: [Value; 1] = [before.as_millis().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}
