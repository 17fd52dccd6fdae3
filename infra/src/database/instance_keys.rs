//! `instance_keys`: secrets that every process of this installation shares.

use std::convert::Infallible;

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use super::{Database, Error};
use crate::ids::Ids;

/// The newest key for a purpose; makes one on the first call.
pub async fn load_or_make(db: &Database, ids: &Ids, purpose: &str) -> Result<[u8; 32], Error> {
    if let Some(found) = find(db.read(), purpose).await? {
        return Ok(found);
    }
    let (purpose, fresh) = (purpose.to_owned(), ids.bytes::<32>());
    let now = db.clock().now();
    db.write::<_, Infallible, _>(move |tx| {
        let purpose = purpose.clone();
        Box::pin(async move {
            // Two processes may meet here on the first start: the first one's key stays.
            let sql = "insert into instance_keys (id, purpose, secret, created_at)
                values ($1, $1, $2, $3) on conflict (id) do nothing";
            let values: [Value; 3] =
                [purpose.clone().into(), fresh.to_vec().into(), now.as_millis().into()];
            let backend = tx.get_database_backend();
            tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
            let found = find(tx, &purpose).await?;
            found.ok_or_else(|| DbErr::RecordNotInserted.into())
        })
    })
    .await
    .map_err(Error::from)
}

async fn find(db: &impl ConnectionTrait, purpose: &str) -> Result<Option<[u8; 32]>, Error> {
    let sql = "select secret from instance_keys
        where purpose = $1 and retired_at is null order by created_at desc limit 1";
    let values: [Value; 1] = [purpose.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let Some(row) = db.query_one_raw(statement).await? else { return Ok(None) };
    let secret: Vec<u8> = row.try_get_by_index(0)?;
    let secret = secret.try_into();
    secret.map(Some).map_err(|_| DbErr::Type("a key has 32 bytes".into()).into())
}
