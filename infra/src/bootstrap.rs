//! The first start: an organisation, an owner, one link to come in by, and the demo's channel.

use std::{convert::Infallible, time::Duration};

use domain::{
    id::{ChannelId, OrgId, RoomId, UserId},
    time::Timestamp,
};
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::{
    auth::secret::{self, Secret},
    database::{
        Database, Error, Refused, channels, memberships, orgs, seeds, setup_links, stream_keys,
        users,
    },
    ids::Ids,
};

/// How long the printed link is good.
pub const LINK_AGE: Duration = Duration::from_mins(30);
/// The demo's channel.
pub const DEMO_SLUG: &str = "demo";

/// What the first start made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstStart {
    /// The organisation.
    pub org_id: OrgId,
    /// Its owner, without a password.
    pub owner_id: UserId,
    /// The token of the link; good once, for [`LINK_AGE`].
    pub setup_token: String,
}

/// A channel that was made, with the secret that is shown once.
#[derive(Clone, Debug)]
pub struct Made {
    /// The channel.
    pub channel_id: ChannelId,
    /// Its room.
    pub room_id: RoomId,
    /// Its name in public addresses.
    pub slug: String,
    /// What a publisher comes with.
    pub stream_key: Secret,
}

/// Why a channel was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The name is taken.
    #[error("there is a channel named `{0}` already")]
    SlugTaken(String),
}

/// Makes the organisation and its owner when there is no user yet; `None` when there is.
pub async fn first_start(database: &Database, ids: &Ids) -> Result<Option<FirstStart>, Error> {
    if users::any(database.read()).await? {
        return Ok(None);
    }
    let first =
        FirstStart { org_id: ids.next(), owner_id: ids.next(), setup_token: secret::one_time(ids) };
    let (now, made, ids) = (database.clock().now(), first.clone(), ids.clone());
    let written = database.write::<_, Infallible, _>(move |tx| {
        let (first, ids) = (made.clone(), ids.clone());
        Box::pin(async move {
            // Another process may have been first.
            if users::any(tx).await? {
                return Ok(false);
            }
            orgs::insert(tx, first.org_id, "default", "Default", now).await?;
            let owner = users::New {
                id: first.owner_id,
                org_id: first.org_id,
                external_id: None,
                display_name: "Owner".into(),
                kind: users::Kind::Human,
                locale: None,
                created_at: now,
            };
            users::insert(tx, owner).await?;
            memberships::set(tx, first.org_id, first.owner_id, "owner", now).await?;
            seeds::organisation(tx, &ids, first.org_id, now).await?;
            let who = (first.org_id, first.owner_id);
            let hash = secret::hash(&first.setup_token);
            setup_links::insert(tx, &hash, who, now, now.plus(LINK_AGE)).await?;
            Ok(true)
        })
    });
    Ok(written.await.map_err(Error::from)?.then_some(first))
}

/// Makes one more link for the owner of the first organisation: `headwater user setup-link`.
pub async fn setup_link(database: &Database, ids: &Ids) -> Result<Option<String>, Error> {
    let Some(org) = orgs::first(database.read()).await? else { return Ok(None) };
    let org_id = OrgId::from_uuid(org.id);
    let Some(owner) = memberships::owner_of(database.read(), org_id).await? else {
        return Ok(None);
    };
    let (token, now) = (secret::one_time(ids), database.clock().now());
    let (hash, who) = (secret::hash(&token), (org_id, UserId::from_uuid(owner.user_id)));
    let written = database.write::<_, Infallible, _>(move |tx| {
        Box::pin(
            async move { Ok(setup_links::insert(tx, &hash, who, now, now.plus(LINK_AGE)).await?) },
        )
    });
    written.await.map_err(Error::from)?;
    Ok(Some(token))
}

/// Makes the demo's channel on the first call, and a fresh stream key on every call.
///
/// A key is only known while it is made, so each demo makes its own.
pub async fn demo(database: &Database, ids: &Ids) -> Result<Made, Error> {
    if let Some(channel) = channels::find_by_slug(database.read(), DEMO_SLUG).await? {
        return fresh_key(database, ids, &channel).await;
    }
    match channel(database, ids, DEMO_SLUG, "Headwater demo").await {
        Ok(made) => Ok(made),
        Err(Refused::Database(error)) => Err(error),
        Err(Refused::Rule(ChannelError::SlugTaken(slug))) => {
            let found = channels::find_by_slug(database.read(), &slug).await?;
            let channel = found.ok_or(Error::Panicked)?;
            fresh_key(database, ids, &channel).await
        }
    }
}

async fn fresh_key(
    database: &Database,
    ids: &Ids,
    channel: &channels::Model,
) -> Result<Made, Error> {
    let stream_key = secret::make(secret::Kind::StreamKey, ids);
    let channel_id = ChannelId::from_uuid(channel.id);
    let new = stream_keys::New {
        id: ids.next(),
        org_id: OrgId::from_uuid(channel.org_id),
        channel_id,
        hash: stream_key.hash(),
        label: "demo".into(),
        created_at: database.clock().now(),
    };
    let written = database.write::<_, Infallible, _>(move |tx| {
        let new = new.clone();
        Box::pin(async move {
            stream_keys::insert(tx, new).await?;
            Ok(room_of(tx, channel_id).await?)
        })
    });
    let room_id = written.await.map_err(Error::from)?;
    Ok(Made { channel_id, room_id, slug: channel.slug.clone(), stream_key })
}

/// Makes a channel of the first organisation with its room and a stream key.
pub async fn channel(
    database: &Database,
    ids: &Ids,
    slug: &str,
    title: &str,
) -> Result<Made, Refused<ChannelError>> {
    let org = orgs::first(database.read()).await?.ok_or(Error::Panicked)?;
    let org_id = OrgId::from_uuid(org.id);
    let owner = memberships::owner_of(database.read(), org_id).await?;
    let stream_key = secret::make(secret::Kind::StreamKey, ids);
    let now = database.clock().now();
    let new = channels::New {
        id: ids.next(),
        org_id,
        slug: slug.into(),
        title: title.into(),
        owner_id: owner.map(|owner| UserId::from_uuid(owner.user_id)),
        created_at: now,
    };
    let (channel_id, room_id) = (new.id, ids.next());
    let key = stream_keys::New {
        id: ids.next(),
        org_id,
        channel_id,
        hash: stream_key.hash(),
        label: "first key".into(),
        created_at: now,
    };
    let epoch = epoch(ids);
    database
        .write(move |tx| {
            let (new, key, epoch) = (new.clone(), key.clone(), epoch.clone());
            Box::pin(async move {
                let slug = new.slug.clone();
                channels::insert(tx, new).await.map_err(|error| {
                    if error.is_unique_violation() {
                        Refused::Rule(ChannelError::SlugTaken(slug))
                    } else {
                        Refused::Database(error)
                    }
                })?;
                insert_room(tx, room_id, (org_id, channel_id), &epoch, now).await?;
                stream_keys::insert(tx, key).await?;
                Ok(())
            })
        })
        .await?;
    Ok(Made { channel_id, room_id, slug: slug.into(), stream_key })
}

async fn insert_room(
    db: &impl ConnectionTrait,
    id: RoomId,
    (org_id, channel_id): (OrgId, ChannelId),
    epoch: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "insert into rooms (id, org_id, channel_id, kind, epoch, created_at)
        values ($1, $2, $3, 'chat', $4, $5)";
    let values: [Value; 5] = [
        id.uuid().into(),
        org_id.uuid().into(),
        channel_id.uuid().into(),
        epoch.into(),
        now.as_millis().into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

async fn room_of(db: &impl ConnectionTrait, channel: ChannelId) -> Result<RoomId, Error> {
    let sql = "select id from rooms where channel_id = $1 and kind = 'chat' order by id limit 1";
    let values: [Value; 1] = [channel.uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(statement).await?.ok_or(Error::Panicked)?;
    Ok(RoomId::from_uuid(row.try_get("", "id")?))
}

/// A name for a room's history: eight letters and digits.
fn epoch(ids: &Ids) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    ids.bytes::<8>().iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::testing::both;

    #[tokio::test]
    async fn the_first_start_makes_an_owner_and_a_link_that_works_once() {
        for fixture in both().await {
            let first = first_start(&fixture.db, &fixture.ids).await.unwrap().unwrap();
            assert_eq!(first_start(&fixture.db, &fixture.ids).await.unwrap(), None);
            let (hash, now) = (secret::hash(&first.setup_token), fixture.now());
            let take = || {
                fixture.db.write::<_, Infallible, _>(move |tx| {
                    Box::pin(async move { Ok(setup_links::use_up(tx, &hash, now).await?) })
                })
            };
            let link = take().await.unwrap().unwrap();
            assert_eq!(UserId::from_uuid(link.user_id), first.owner_id);
            assert_eq!(take().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_link_is_good_for_half_an_hour() {
        let fixture = crate::database::testing::sqlite().await;
        let first = first_start(&fixture.db, &fixture.ids).await.unwrap().unwrap();
        fixture.clock.advance(LINK_AGE);
        let (hash, now) = (secret::hash(&first.setup_token), fixture.now());
        let late = fixture.db.write::<_, Infallible, _>(move |tx| {
            Box::pin(async move { Ok(setup_links::use_up(tx, &hash, now).await?) })
        });
        assert_eq!(late.await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_demo_keeps_its_channel_and_makes_a_key_each_time() {
        for fixture in both().await {
            first_start(&fixture.db, &fixture.ids).await.unwrap();
            let first = demo(&fixture.db, &fixture.ids).await.unwrap();
            let second = demo(&fixture.db, &fixture.ids).await.unwrap();
            assert_eq!(first.channel_id, second.channel_id);
            assert_eq!(first.room_id, second.room_id);
            assert_ne!(first.stream_key, second.stream_key);
            let taken = channel(&fixture.db, &fixture.ids, DEMO_SLUG, "x").await.unwrap_err();
            assert!(matches!(taken, Refused::Rule(ChannelError::SlugTaken(_))), "{taken:?}");
        }
    }
}
