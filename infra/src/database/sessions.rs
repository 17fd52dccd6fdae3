//! `sessions`: what the cookies stand for, by the hash of their secret.

use domain::{
    id::{OrgId, UserId},
    time::Timestamp,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use super::Error;

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A member of the organisation who signed in.
    SignIn,
    /// A guest who stays the same person over reloads.
    Guest,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Guest => "guest",
        }
    }
}

/// What a new session is made of.
#[derive(Clone, Debug)]
pub struct New {
    /// SHA-256 of the cookie's secret.
    pub id_hash: [u8; 32],
    /// The user's organisation.
    pub org_id: OrgId,
    /// Who.
    pub user_id: UserId,
    /// What it is for.
    pub kind: Kind,
    /// When it begins.
    pub now: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A session that is still good, with its user.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Found {
    /// The user's organisation.
    pub org_id: sea_orm::prelude::Uuid,
    /// Who.
    pub user_id: sea_orm::prelude::Uuid,
    /// The membership: `owner`, `admin`, …; empty for a guest.
    pub role: String,
    /// For people.
    pub display_name: String,
    /// When the session ends.
    pub expires_at: i64,
}

/// Begins a session.
pub async fn insert(db: &impl ConnectionTrait, new: New) -> Result<(), Error> {
    let sql = "insert into sessions
        (id_hash, org_id, user_id, kind, auth_time, amr, last_seen_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $5, $7)";
    let values: [Value; 7] = [
        new.id_hash.to_vec().into(),
        new.org_id.uuid().into(),
        new.user_id.uuid().into(),
        new.kind.as_str().into(),
        new.now.as_millis().into(),
        "link".into(),
        new.expires_at.as_millis().into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// The member that a session stands for, while it is good and the user is active.
pub async fn find_signed_in(
    db: &impl ConnectionTrait,
    id_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Found>, Error> {
    let sql = "select s.org_id, s.user_id, m.role, u.display_name, s.expires_at from sessions s
        join users u on u.id = s.user_id and u.status = 'active'
        join memberships m on m.org_id = s.org_id and m.user_id = s.user_id
        where s.id_hash = $1 and s.kind = 'sign_in' and s.revoked_at is null and s.expires_at > $2";
    find(db, sql, id_hash, now).await
}

/// The guest that a session stands for, while it is good.
pub async fn find_guest(
    db: &impl ConnectionTrait,
    id_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Found>, Error> {
    let sql = "select s.org_id, s.user_id, '' as role, u.display_name, s.expires_at from sessions s
        join users u on u.id = s.user_id and u.status = 'active'
        where s.id_hash = $1 and s.kind = 'guest' and s.revoked_at is null and s.expires_at > $2";
    find(db, sql, id_hash, now).await
}

async fn find(
    db: &impl ConnectionTrait,
    sql: &str,
    id_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Found>, Error> {
    let values: [Value; 2] = [id_hash.to_vec().into(), now.as_millis().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Found::find_by_statement(statement).one(db).await?)
}

/// Ends a session.
pub async fn revoke(
    db: &impl ConnectionTrait,
    id_hash: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "update sessions set revoked_at = $2 where id_hash = $1 and revoked_at is null";
    let values: [Value; 2] = [id_hash.to_vec().into(), now.as_millis().into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Forgets sessions that ended before `before`; tells how many.
pub async fn sweep(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64, Error> {
    let sql = "delete from sessions where id_hash in
        (select id_hash from sessions where expires_at < $1 limit 500)";
    let values: [Value; 1] = [before.as_millis().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}
