//! What a new organisation starts with: a catalogue of gifts, policies, a queue, a short term list.
//!
//! Every row is made only when its name is free, so that seeding twice changes nothing and what
//! people changed or retired stays so.

mod catalogue;
mod moderation;

use domain::id::OrgId;
use domain::time::Timestamp;
use sea_orm::ConnectionTrait;

use super::Error;
use crate::ids::Ids;

/// Gives an organisation its catalogue, policies, queue, term lists and rules.
pub async fn organisation(
    tx: &impl ConnectionTrait,
    ids: &Ids,
    org: OrgId,
    now: Timestamp,
) -> Result<(), Error> {
    catalogue::seed(tx, ids, org, now).await?;
    moderation::seed(tx, ids, org, now).await
}
