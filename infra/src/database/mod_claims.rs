//! Claims: an item leased to one moderator. The fence grows with each claim of the item.

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::Error;

/// One claim; the row stays when the claim is over, so that the fence never goes back.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mod_claims")]
pub struct Model {
    /// The item.
    #[sea_orm(primary_key, auto_increment = false)]
    pub item_id: Uuid,
    /// Who has it.
    pub reviewer_id: Uuid,
    /// The number of this claim among the item's.
    pub fence: i64,
    /// Milliseconds since 1970.
    pub claimed_at: i64,
    /// When it ends unless it is extended, milliseconds since 1970.
    pub lease_until: i64,
}

/// No relation is followed by name.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Gives an item, locked by this transaction, to a reviewer; tells the new fence.
pub async fn take(tx: &impl ConnectionTrait, claim: &Model) -> Result<i64, Error> {
    let row = tx
        .query_one_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            "INSERT INTO mod_claims (item_id, reviewer_id, fence, claimed_at, lease_until) \
             VALUES ($1, $2, 1, $3, $4) \
             ON CONFLICT (item_id) DO UPDATE SET reviewer_id = excluded.reviewer_id, \
               fence = mod_claims.fence + 1, claimed_at = excluded.claimed_at, \
               lease_until = excluded.lease_until \
             RETURNING fence",
            [
                claim.item_id.into(),
                claim.reviewer_id.into(),
                claim.claimed_at.into(),
                claim.lease_until.into(),
            ],
        ))
        .await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(format!("claim of {}", claim.item_id)))?;
    Ok(row.try_get("", "fence")?)
}

/// Moves the end of a claim. False when the fence is not the item's newest or the lease is over.
pub async fn extend(
    tx: &impl ConnectionTrait,
    item: Uuid,
    fence: i64,
    now: i64,
    lease_until: i64,
) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(lease_until))
        .filter(Column::ItemId.eq(item))
        .filter(Column::Fence.eq(fence))
        .filter(Column::LeaseUntil.gt(now))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Ends a claim; its fence is then worth nothing. False when it was not the newest.
pub async fn release(
    tx: &impl ConnectionTrait,
    item: Uuid,
    fence: i64,
    now: i64,
) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::Fence, Expr::value(fence + 1))
        .col_expr(Column::LeaseUntil, Expr::value(now))
        .filter(Column::ItemId.eq(item))
        .filter(Column::Fence.eq(fence))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// The newest claim of an item.
pub async fn get(conn: &impl ConnectionTrait, item: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(item).one(conn).await?)
}

/// The newest claims of these items.
pub async fn of(conn: &impl ConnectionTrait, items: &[Uuid]) -> Result<Vec<Model>, Error> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::ItemId.is_in(items.iter().copied())).all(conn).await?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::convert::Infallible;

    use domain::id::OrgId;
    use domain::time::Timestamp;
    use futures_util::FutureExt as _;
    use futures_util::future::join_all;
    use sea_orm::DatabaseTransaction;
    use serde_json::json;

    use super::*;
    use crate::database::mod_items::{self, Order, Pool};
    use crate::database::testing::{Fixture, both};
    use crate::database::{Refused, mod_queues, orgs};

    /// How long a claim of these tests lasts.
    const LEASE_MS: i64 = 60_000;

    fn item(fixture: &Fixture, org: OrgId, queue: Uuid, number: i64) -> mod_items::Model {
        mod_items::Model {
            id: fixture.ids.uuid(),
            org_id: org.uuid(),
            room_id: None,
            subject_kind: "comment".to_owned(),
            subject_id: fixture.ids.uuid(),
            subject_author_id: None,
            source: "rule".to_owned(),
            reason_codes: json!([]),
            risk: 0.5,
            severity: 1,
            reach: 1.0,
            report_count: 0,
            priority: number % 7,
            state: "open".to_owned(),
            queue_id: queue,
            sla_at: i64::MAX,
            merged_into: None,
            body_norm_hash: None,
            evidence: json!({}),
            created_at: 0,
            updated_at: 0,
        }
    }

    /// A queue with this many open items.
    async fn queue(fixture: &Fixture, items: i64) -> Uuid {
        let (org, fresh): (OrgId, _) = (fixture.ids.next(), fixture.ids.uuid());
        let rows: Vec<_> = (0..items).map(|number| item(fixture, org, fresh, number)).collect();
        let made = fixture.db.write::<_, Infallible, _>(move |tx| {
            let rows = rows.clone();
            async move {
                orgs::insert(tx, org, "o", "O", Timestamp(0)).await?;
                mod_queues::review(tx, fresh, org.uuid(), 0).await?;
                for row in rows {
                    mod_items::insert(tx, row).await?;
                }
                Ok(fresh)
            }
            .boxed()
        });
        made.await.expect("the queue is new")
    }

    /// Takes the first two open items; tells them with their fences.
    async fn take_two(
        tx: &DatabaseTransaction,
        queue: Uuid,
        reviewer: Uuid,
        now: i64,
    ) -> Result<Vec<(Uuid, i64)>, Refused<Infallible>> {
        mod_items::open_lapsed(tx, queue, now).await?;
        let pool = Pool { queue, room: None };
        let items = mod_items::lock_open(tx, pool, Order::Priority, &[], 2).await?;
        let ids: Vec<_> = items.iter().map(|item| item.id).collect();
        mod_items::set_state(tx, &ids, "claimed", now).await?;
        let mut taken = Vec::new();
        for item_id in ids {
            let (claimed_at, lease_until) = (now, now + LEASE_MS);
            let claim = Model { item_id, reviewer_id: reviewer, fence: 0, claimed_at, lease_until };
            taken.push((item_id, take(tx, &claim).await?));
        }
        Ok(taken)
    }

    async fn race(fixture: &Fixture, queue: Uuid, now: i64) -> Vec<(Uuid, i64)> {
        let claims = (0..20).map(|_| {
            let reviewer = fixture.ids.uuid();
            fixture.db.write(move |tx| take_two(tx, queue, reviewer, now).boxed())
        });
        let taken = join_all(claims).await.into_iter();
        taken.flat_map(|claim| claim.expect("a claim waits for nobody")).collect()
    }

    #[tokio::test]
    async fn racing_claims_never_share_an_item_and_fences_only_grow() {
        for fixture in both().await {
            let queue = queue(&fixture, 30).await;
            for (round, fence) in [(0, 1), (1, 2), (2, 3)] {
                let now = round * LEASE_MS;
                let mut taken = race(&fixture, queue, now).await;
                // One that passed over locked items may have left some behind.
                taken.extend(race(&fixture, queue, now).await);
                let items: HashSet<_> = taken.iter().map(|(item, _)| *item).collect();
                assert_eq!((taken.len(), items.len()), (30, 30));
                assert!(taken.iter().all(|(_, newest)| *newest == fence), "{taken:?}");
            }
        }
    }
}
