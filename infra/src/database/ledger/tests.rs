//! The ledger on both engines, for real.

use std::sync::Arc;

use domain::id::{ChannelId, OrgId, UserId};
use domain::money::{BasisPoints, Coins};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use proptest::prelude::*;
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, DatabaseTransaction, EntityTrait as _};

use super::*;
use crate::database::testing::{Fixture, both, sqlite};
use crate::database::wallets::{self, Grant, Opener};
use crate::database::{Refused, account_rollups, seals};
use crate::ids::Ids;

/// Who takes part in the tests.
#[derive(Clone, Copy)]
struct Cast {
    org: OrgId,
    viewer: UserId,
    channel: ChannelId,
}

async fn cast(fixture: &Fixture) -> Cast {
    let org: OrgId = fixture.ids.next();
    write(fixture, move |tx| {
        async move {
            let sql = "insert into orgs (id, slug, name, created_at) values ($1, 'o', 'o', 0)";
            let values = [org.uuid().into()];
            tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values))
                .await?;
            Ok(())
        }
        .boxed()
    })
    .await
    .expect("the organisation is new");
    Cast { org, viewer: fixture.ids.next(), channel: fixture.ids.next() }
}

async fn write<T, F>(fixture: &Fixture, work: F) -> Result<T, Refused<AppendError>>
where
    T: Send + 'static,
    F: for<'t> Fn(
            &'t DatabaseTransaction,
        ) -> futures_util::future::BoxFuture<'t, Result<T, Refused<AppendError>>>
        + Send
        + Sync
        + 'static,
{
    fixture.db.write(work).await
}

fn rule(error: AppendError) -> Refused<AppendError> {
    match error {
        AppendError::Database(error) => Refused::Database(error),
        other => Refused::Rule(other),
    }
}

/// A step of the story that a test tells.
#[derive(Clone, Copy, Debug)]
enum Step {
    Grant(i64),
    Gift(i64),
    Refund(TransferId),
}

async fn step(
    tx: &DatabaseTransaction,
    ids: &Ids,
    cast: Cast,
    id: TransferId,
    step: Step,
) -> Result<(), Refused<AppendError>> {
    let opener = Opener { ids, org: cast.org, now: Timestamp(1) };
    let transfer = match step {
        Step::Grant(coins) => {
            let reason = String::new();
            let grant = Grant { id, user: cast.viewer, coins: Coins(coins), reason };
            return wallets::grant(tx, opener, grant).await.map(|_| ()).map_err(rule);
        }
        Step::Gift(coins) => {
            let parties = opener.gift_parties(tx, cast.viewer, cast.channel).await?;
            let fee = BasisPoints::new(3_000).expect("below the whole");
            Transfer::gift(id, parties, MinorUnits(coins), fee)
        }
        Step::Refund(gift) => {
            let gift = read(tx, gift).await?.expect("the gift was posted");
            Transfer::reversal(id, &gift)
        }
    };
    let transfer = transfer.map_err(|error| Refused::Rule(AppendError::Transfer(error)))?;
    let circumstances = Circumstances {
        org: cast.org,
        actor: Some(cast.viewer),
        ref_kind: "gift",
        ref_id: id.uuid(),
        memo: String::new(),
        at: Timestamp(1),
    };
    append(tx, &transfer, circumstances).await.map(|_| ()).map_err(rule)
}

async fn run(
    fixture: &Fixture,
    cast: Cast,
    id: TransferId,
    wanted: Step,
) -> Result<(), Refused<AppendError>> {
    let ids = fixture.ids.clone();
    write(fixture, move |tx| {
        let ids = ids.clone();
        async move { step(tx, &ids, cast, id, wanted).await }.boxed()
    })
    .await
}

async fn sound(fixture: &Fixture) -> Report {
    let report = verify(&fixture.db).await.expect("the ledger is read");
    assert!(report.is_sound(), "{report:?}");
    report
}

async fn held(fixture: &Fixture, cast: Cast) -> i64 {
    wallets::available(fixture.db.read(), cast.viewer).await.expect("the wallet is read").0
}

#[tokio::test]
async fn a_gift_moves_coins_and_a_refund_brings_them_back_once() {
    for fixture in both().await {
        let cast = cast(&fixture).await;
        let [grant, gift, refund, again] = [(); 4].map(|()| fixture.ids.next());
        run(&fixture, cast, grant, Step::Grant(100)).await.unwrap();
        run(&fixture, cast, gift, Step::Gift(30)).await.unwrap();
        assert_eq!(held(&fixture, cast).await, 70);
        run(&fixture, cast, refund, Step::Refund(gift)).await.unwrap();
        assert_eq!(held(&fixture, cast).await, 100);
        let twice = run(&fixture, cast, again, Step::Refund(gift)).await.unwrap_err();
        assert!(matches!(twice, Refused::Rule(AppendError::Reversed(of)) if of == gift));
        assert_eq!(sound(&fixture).await.transfers, 3);
        let lines = trial_balance(fixture.db.read(), cast.org).await.unwrap();
        let sums: Vec<_> = lines.iter().map(|line| (line.kind.as_str(), line.sum)).collect();
        let expected = [("creator", 0), ("platform", 0), ("promo", -100), ("wallet", 100)];
        assert_eq!(sums, expected);
    }
}

#[tokio::test]
async fn a_refused_payment_leaves_nothing_behind() {
    for fixture in both().await {
        let cast = cast(&fixture).await;
        let [grant, gift] = [(); 2].map(|()| fixture.ids.next());
        run(&fixture, cast, grant, Step::Grant(10)).await.unwrap();
        let refused = run(&fixture, cast, gift, Step::Gift(11)).await.unwrap_err();
        let Refused::Rule(AppendError::Insufficient { available, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(available, MinorUnits(10));
        assert_eq!(held(&fixture, cast).await, 10);
        assert_eq!(sound(&fixture).await.transfers, 1);
        run(&fixture, cast, gift, Step::Gift(10)).await.unwrap();
        let repeated = run(&fixture, cast, gift, Step::Gift(10)).await.unwrap_err();
        assert!(matches!(repeated, Refused::Rule(AppendError::Posted(id)) if id == gift));
        assert_eq!(held(&fixture, cast).await, 0);
    }
}

#[tokio::test]
async fn fifty_payers_of_one_wallet_spend_what_it_holds_and_no_more() {
    for fixture in both().await {
        let fixture = Arc::new(fixture);
        let cast = cast(&fixture).await;
        run(&fixture, cast, fixture.ids.next(), Step::Grant(10)).await.unwrap();
        let races = (0..50).map(|_| {
            let fixture = Arc::clone(&fixture);
            async move { run(&fixture, cast, fixture.ids.next(), Step::Gift(1)).await.is_ok() }
        });
        let paid = join_all(races).await.into_iter().filter(|paid| *paid).count();
        assert_eq!(paid, 10);
        assert_eq!(held(&fixture, cast).await, 0);
        assert_eq!(sound(&fixture).await.transfers, 11);
    }
}

#[tokio::test]
async fn fifty_attempts_at_one_transfer_post_it_once() {
    for fixture in both().await {
        let fixture = Arc::new(fixture);
        let cast = cast(&fixture).await;
        let gift = fixture.ids.next();
        run(&fixture, cast, fixture.ids.next(), Step::Grant(100)).await.unwrap();
        let races = (0..50).map(|_| {
            let fixture = Arc::clone(&fixture);
            async move { run(&fixture, cast, gift, Step::Gift(1)).await.is_ok() }
        });
        let posted = join_all(races).await.into_iter().filter(|posted| *posted).count();
        assert_eq!(posted, 1);
        assert_eq!(held(&fixture, cast).await, 99);
        sound(&fixture).await;
    }
}

/// Writes a transfer by hand, past every rule of ours.
async fn forge(fixture: &Fixture, cast: Cast, amounts: &'static [i64], sealed: bool) -> bool {
    let ids = fixture.ids.clone();
    let forged = write(fixture, move |tx| {
        let ids = ids.clone();
        async move {
            let opener = Opener { ids: &ids, org: cast.org, now: Timestamp(1) };
            let parties = opener.gift_parties(tx, cast.viewer, cast.channel).await?;
            let accounts = [parties.payer, parties.creator, parties.platform];
            let ledger = accounts::get(tx, parties.payer.uuid()).await?.expect("open").ledger_id;
            let id: TransferId = ids.next();
            let row = transfers::Model {
                id: id.uuid(),
                org_id: cast.org.uuid(),
                code: "gift".to_owned(),
                state: "posted".to_owned(),
                pending_id: None,
                reverses_id: None,
                effective_at: 1,
                actor_id: None,
                ref_kind: None,
                ref_id: None,
                memo: String::new(),
                created_at: 1,
            };
            transfers::insert(tx, row).await?;
            let lines =
                amounts.iter().zip(accounts).zip(0..).map(|((&amount, account), ordinal)| {
                    entries::Model {
                        transfer_id: id.uuid(),
                        ordinal,
                        account_id: account.uuid(),
                        ledger_id: ledger,
                        amount,
                    }
                });
            entries::insert(tx, lines.collect()).await?;
            if sealed {
                seals::insert(tx, id.uuid()).await?;
            }
            Ok(())
        }
        .boxed()
    });
    forged.await.is_ok()
}

#[tokio::test]
async fn the_database_itself_refuses_what_does_not_balance() {
    for fixture in both().await {
        let cast = cast(&fixture).await;
        assert!(forge(&fixture, cast, &[5, -5], true).await, "a balanced one passes");
        assert!(!forge(&fixture, cast, &[5, -4], true).await, "the sum is one");
        assert!(!forge(&fixture, cast, &[5], true).await, "one line alone");
        assert!(!forge(&fixture, cast, &[5, -5], false).await, "no seal, no commit");
        let report = verify(&fixture.db).await.unwrap();
        assert_eq!((report.transfers, report.entries), (1, 2));
        assert!(report.unbalanced_ledgers.is_empty() && report.unsealed.is_empty());
    }
}

#[tokio::test]
async fn what_is_posted_never_changes() {
    for fixture in both().await {
        let cast = cast(&fixture).await;
        let [grant, gift] = [(); 2].map(|()| fixture.ids.next());
        run(&fixture, cast, grant, Step::Grant(10)).await.unwrap();
        run(&fixture, cast, gift, Step::Gift(5)).await.unwrap();
        let more = write(&fixture, move |tx| {
            async move {
                let mut line = entries::of(tx, gift.uuid()).await?.remove(0);
                line.ordinal = 9;
                entries::insert(tx, vec![line]).await?;
                Ok(())
            }
            .boxed()
        });
        assert!(more.await.is_err(), "a sealed transfer takes no line");
        let changed = write(&fixture, move |tx| {
            async move {
                let line = entries::of(tx, gift.uuid()).await?.remove(0);
                let mut line: entries::ActiveModel = line.into();
                line.amount = Set(1);
                line.update(tx).await?;
                Ok(())
            }
            .boxed()
        });
        assert!(changed.await.is_err(), "an entry is never changed");
        let deleted = write(&fixture, move |tx| {
            async move {
                entries::Entity::delete_by_id((gift.uuid(), 0)).exec(tx).await?;
                Ok(())
            }
            .boxed()
        });
        assert!(deleted.await.is_err(), "an entry is never deleted");
        sound(&fixture).await;
    }
}

#[tokio::test]
async fn rolling_up_moves_sums_and_loses_none() {
    for fixture in both().await {
        let cast = cast(&fixture).await;
        run(&fixture, cast, fixture.ids.next(), Step::Grant(1_000)).await.unwrap();
        for price in 1..20 {
            run(&fixture, cast, fixture.ids.next(), Step::Gift(price)).await.unwrap();
            if price % 6 == 0 {
                let rolled = write(&fixture, |tx| {
                    async move { Ok(account_rollups::roll_up(tx, 4).await?) }.boxed()
                });
                assert_eq!(rolled.await.unwrap(), 4);
            }
        }
        sound(&fixture).await;
        let ids = fixture.ids.clone();
        let creator = write(&fixture, move |tx| {
            let ids = ids.clone();
            async move {
                let opener = Opener { ids: &ids, org: cast.org, now: Timestamp(1) };
                let parties = opener.gift_parties(tx, cast.viewer, cast.channel).await?;
                Ok(account_rollups::held(tx, parties.creator.uuid()).await?)
            }
            .boxed()
        });
        // Each price less the platform's three tenths, rounded down.
        let expected: i64 = (1..20).map(|price| price - price * 3 / 10).sum();
        assert_eq!(creator.await.unwrap(), expected);
    }
}

/// What a random story does next.
#[derive(Clone, Debug)]
enum Act {
    Grant(i64),
    Gift(i64),
    Refund(usize),
    Retry(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (1_i64..500).prop_map(Act::Grant),
        (1_i64..300).prop_map(Act::Gift),
        any::<usize>().prop_map(Act::Refund),
        any::<usize>().prop_map(Act::Retry),
    ]
}

/// Plays a story and a model of it side by side.
async fn play(acts: Vec<Act>) {
    let fixture = sqlite().await;
    let cast = cast(&fixture).await;
    let mut wallet = 0;
    let mut posted: Vec<(TransferId, Step, bool)> = Vec::new();
    for act in acts {
        let id: TransferId = fixture.ids.next();
        match act {
            Act::Grant(coins) => {
                run(&fixture, cast, id, Step::Grant(coins)).await.unwrap();
                wallet += coins;
                posted.push((id, Step::Grant(coins), true));
            }
            Act::Gift(price) => {
                let paid = run(&fixture, cast, id, Step::Gift(price)).await.is_ok();
                assert_eq!(paid, price <= wallet, "{price} of {wallet}");
                if paid {
                    wallet -= price;
                    posted.push((id, Step::Gift(price), false));
                }
            }
            Act::Refund(which) => {
                let count = posted.len();
                let Some((gift, Step::Gift(price), refunded)) =
                    posted.get_mut(which % count.max(1))
                else {
                    continue;
                };
                let back = run(&fixture, cast, id, Step::Refund(*gift)).await.is_ok();
                assert_eq!(back, !*refunded);
                if back {
                    wallet += *price;
                    *refunded = true;
                }
            }
            Act::Retry(which) => {
                let count = posted.len();
                let Some(&(id, step, _)) = posted.get(which % count.max(1)) else { continue };
                assert!(run(&fixture, cast, id, step).await.is_err(), "posted before");
            }
        }
        assert_eq!(held(&fixture, cast).await, wallet);
    }
    sound(&fixture).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn gifts_refunds_and_retries_in_any_order_keep_the_ledger_whole(
        acts in proptest::collection::vec(act(), 1..40),
    ) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(play(acts));
    }
}
