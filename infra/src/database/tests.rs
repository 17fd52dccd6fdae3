//! Both engines, for real.

use domain::id::{ChannelId, OrgId};
use sea_orm::{ConnectionTrait as _, Statement};

use super::{
    testing::{Fixture, both, sqlite, sqlite_empty},
    *,
};
use crate::config;

/// The rule that the tests refuse by.
#[derive(Debug, PartialEq, Eq)]
struct Never;

async fn organisation(fixture: &Fixture, slug: &'static str) -> OrgId {
    let id: OrgId = fixture.ids.next();
    let result: Result<(), Refused<Never>> = fixture
        .db
        .write(move |tx| {
            Box::pin(async move {
                let values = [id.uuid().into(), slug.into()];
                let sql = "insert into orgs (id, slug, name, created_at) values ($1, $2, $2, 0)";
                let statement =
                    Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
                tx.execute_raw(statement).await?;
                Ok(())
            })
        })
        .await;
    result.expect("the organisation is new");
    id
}

fn channel(fixture: &Fixture, org_id: OrgId, slug: &str) -> channels::New {
    channels::New {
        id: fixture.ids.next(),
        org_id,
        slug: slug.into(),
        title: slug.to_uppercase(),
        owner_id: None,
        created_at: fixture.now(),
    }
}

async fn insert(fixture: &Fixture, new: channels::New) -> Result<ChannelId, Refused<Never>> {
    fixture
        .db
        .write(move |tx| {
            let new = new.clone();
            Box::pin(async move {
                let id = new.id;
                channels::insert(tx, new).await?;
                Ok(id)
            })
        })
        .await
}

#[tokio::test]
async fn migrating_twice_changes_nothing_and_the_first_leaves_a_checked_schema() {
    let fixture = sqlite_empty().await;
    let unready = fixture.db.check_schema().await;
    assert!(matches!(unready, Err(Error::Schema { .. })), "{unready:?}");
    assert!(fixture.db.migrate().await.unwrap() > 0);
    for fixture in both().await {
        assert_eq!(fixture.db.migrate().await.unwrap(), 0);
        fixture.db.check_schema().await.unwrap();
    }
}

#[tokio::test]
async fn what_was_written_is_read_and_a_taken_slug_is_told() {
    for fixture in both().await {
        let org_id = organisation(&fixture, "o").await;
        let id = insert(&fixture, channel(&fixture, org_id, "news")).await.unwrap();
        let found = channels::find_by_slug(fixture.db.read(), "news").await.unwrap().unwrap();
        assert_eq!((found.id, found.title.as_str()), (id.uuid(), "NEWS"));
        assert_eq!(found.tags, serde_json::json!([]));
        let again = insert(&fixture, channel(&fixture, org_id, "news")).await.unwrap_err();
        let Refused::Database(error) = again else { panic!("{again:?}") };
        assert!(error.is_unique_violation(), "{error:?}");
    }
}

#[tokio::test]
async fn a_row_of_one_organisation_cannot_point_into_another() {
    for fixture in both().await {
        let (ours, theirs) =
            (organisation(&fixture, "ours").await, organisation(&fixture, "theirs").await);
        let id = insert(&fixture, channel(&fixture, ours, "c")).await.unwrap();
        let follow = "insert into stream_keys (id, org_id, channel_id, hash, created_at)
            values ($1, $2, $3, $4, 0)";
        let values =
            [fixture.ids.uuid().into(), theirs.uuid().into(), id.uuid().into(), vec![1_u8].into()];
        let result: Result<(), Refused<Never>> = fixture
            .db
            .write(move |tx| {
                let statement = Statement::from_sql_and_values(
                    tx.get_database_backend(),
                    follow,
                    values.clone(),
                );
                Box::pin(async move {
                    tx.execute_raw(statement).await?;
                    Ok(())
                })
            })
            .await;
        let Err(Refused::Database(error)) = result else { panic!("{result:?}") };
        assert!(error.is_foreign_key_violation(), "{error:?}");
    }
}

#[tokio::test]
async fn a_refusal_undoes_its_own_work_and_nothing_else() {
    for fixture in both().await {
        let org_id = organisation(&fixture, "o").await;
        let refused = channel(&fixture, org_id, "refused");
        let kept = (0..40).map(|n| insert(&fixture, channel(&fixture, org_id, &format!("c{n}"))));
        let refusing = fixture.db.write(move |tx| {
            let new = refused.clone();
            Box::pin(async move {
                channels::insert(tx, new).await?;
                Err::<(), _>(Refused::Rule(Never))
            })
        });
        let (kept, refused) = futures_util::join!(futures_util::future::join_all(kept), refusing);
        assert!(kept.iter().all(Result::is_ok));
        assert!(matches!(refused, Err(Refused::Rule(Never))), "{refused:?}");
        let page = channels::page_after(fixture.db.read(), org_id, None, 100).await.unwrap();
        assert_eq!(page.len(), 40);
    }
}

#[tokio::test]
async fn a_commit_that_fails_for_one_fails_for_that_one_only() {
    for fixture in both().await {
        let org_id = organisation(&fixture, "o").await;
        // A transfer without its seal: the deferred foreign key refuses at the commit.
        let transfer = fixture.ids.uuid();
        let unsealed = fixture.db.write(move |tx| {
            let statement = Statement::from_sql_and_values(
                tx.get_database_backend(),
                "insert into transfers (id, org_id, code, state, effective_at, created_at)
                    values ($1, $2, 'gift', 'posted', 0, 0)",
                [transfer.into(), org_id.uuid().into()],
            );
            Box::pin(async move {
                tx.execute_raw(statement).await?;
                Ok::<_, Refused<Never>>(())
            })
        });
        let before = insert(&fixture, channel(&fixture, org_id, "before"));
        let after = insert(&fixture, channel(&fixture, org_id, "after"));
        let (before, unsealed, after) = futures_util::join!(before, unsealed, after);
        assert!(before.is_ok() && after.is_ok());
        let Err(Refused::Database(error)) = unsealed else { panic!("{unsealed:?}") };
        assert!(error.is_foreign_key_violation(), "{error:?}");
    }
}

#[tokio::test]
async fn a_panic_inside_the_work_is_an_error_and_the_writer_goes_on() {
    let fixture = sqlite().await;
    let result: Result<(), Refused<Never>> =
        fixture.db.write(|_| Box::pin(async { panic!("as the test wants") })).await;
    assert!(matches!(result, Err(Refused::Database(Error::Panicked))), "{result:?}");
    organisation(&fixture, "o").await;
}

#[tokio::test]
async fn writes_of_another_process_are_noticed() {
    let fixture = sqlite().await;
    let mut commits = fixture.db.commits();
    let other =
        Database::open(&fixture.config, &fixture.tasks, Arc::clone(fixture.db.clock())).await;
    let other = Fixture { db: other.unwrap(), ..sqlite().await };
    // The manual clock stands still, so the watch comes when the clock passes its interval.
    commits.mark_unchanged();
    organisation(&other, "o").await;
    fixture.clock.advance(Duration::from_secs(1));
    commits.changed().await.unwrap();
}

#[tokio::test]
async fn readers_cannot_write() {
    let fixture = sqlite().await;
    let refused = fixture.db.read().execute_unprepared("delete from orgs").await;
    assert!(refused.unwrap_err().to_string().contains("readonly"));
}

#[tokio::test]
async fn the_file_is_copied_before_a_migration_that_finds_one() {
    let fixture = sqlite().await;
    let config::Engine::Sqlite(path) = &fixture.config.engine else { panic!("SQLite") };
    let forget = "delete from seaql_migrations where version = 'm0007_recording_gaps'";
    let undo = "alter table recordings drop column missing_ms";
    let Engine::Sqlite { connection, .. } = &fixture.db.inner.engine else { panic!("SQLite") };
    connection.execute_unprepared(forget).await.unwrap();
    connection.execute_unprepared(undo).await.unwrap();
    assert_eq!(fixture.db.migrate().await.unwrap(), 1);
    assert!(path.with_extension("m0006_platform.db").exists());
}
