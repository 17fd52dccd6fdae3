//! Wallets: a viewer's coins, as one account of the ledger of coins.

use domain::id::{AccountId, ChannelId, OrgId, TransferId, UserId};
use domain::ledger::{GiftParties, Transfer};
use domain::money::{Coins, MinorUnits};
use domain::time::Timestamp;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::accounts::{self, Book, Holder};
use super::ledger::{self, AppendError, Circumstances};
use super::{Error, balances, ledgers};
use crate::ids::Ids;

/// Opens the accounts of coins that an operation needs, those that are missing first.
#[derive(Clone, Copy, Debug)]
pub struct Opener<'a> {
    /// Makes the ids of what is missing.
    pub ids: &'a Ids,
    /// The organisation.
    pub org: OrgId,
    /// The time.
    pub now: Timestamp,
}

impl Opener<'_> {
    /// A viewer's wallet.
    ///
    /// # Errors
    /// The database's.
    pub async fn wallet(self, tx: &impl ConnectionTrait, user: UserId) -> Result<AccountId, Error> {
        let ledger = self.coins(tx).await?;
        self.open(tx, ledger, Holder::wallet(user.uuid())).await
    }

    /// Those who take part in a gift.
    ///
    /// # Errors
    /// The database's.
    pub async fn gift_parties(
        self,
        tx: &impl ConnectionTrait,
        payer: UserId,
        channel: ChannelId,
    ) -> Result<GiftParties, Error> {
        let ledger = self.coins(tx).await?;
        Ok(GiftParties {
            payer: self.open(tx, ledger, Holder::wallet(payer.uuid())).await?,
            creator: self.open(tx, ledger, Holder::creator(channel.uuid())).await?,
            platform: self.open(tx, ledger, Holder::platform(self.org.uuid())).await?,
        })
    }

    async fn coins(self, tx: &impl ConnectionTrait) -> Result<Uuid, Error> {
        Ok(ledgers::ensure(tx, self.ids.uuid(), ledgers::COIN, 0, self.now.0).await?.id)
    }

    async fn open(
        self,
        tx: &impl ConnectionTrait,
        ledger_id: Uuid,
        holder: Holder,
    ) -> Result<AccountId, Error> {
        let book = Book { org_id: self.org.uuid(), ledger_id, now: self.now.0 };
        let account = accounts::open(tx, self.ids.uuid(), book, holder).await?;
        Ok(AccountId::from_uuid(account.id))
    }
}

/// Coins to give from the promotion account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The transfer's id; granting it twice is refused.
    pub id: TransferId,
    /// Who gets them.
    pub user: UserId,
    /// How many, at least one.
    pub coins: Coins,
    /// Why.
    pub reason: String,
}

/// Moves coins from the promotion account into a wallet; tells what the wallet then holds.
///
/// # Errors
/// As [`ledger::append`]; an amount that is not positive is [`DbErr::Custom`].
pub async fn grant(
    tx: &impl ConnectionTrait,
    opener: Opener<'_>,
    grant: Grant,
) -> Result<Coins, AppendError> {
    let ledger = opener.coins(tx).await?;
    let promotion = opener.open(tx, ledger, Holder::promotion(opener.org.uuid())).await?;
    let wallet = opener.open(tx, ledger, Holder::wallet(grant.user.uuid())).await?;
    let transfer = Transfer::grant(grant.id, promotion, wallet, MinorUnits(grant.coins.0))
        .map_err(AppendError::Transfer)?;
    let circumstances = Circumstances {
        org: opener.org,
        actor: None,
        ref_kind: "user",
        ref_id: grant.user.uuid(),
        memo: grant.reason,
        at: opener.now,
    };
    let posted = ledger::append(tx, &transfer, circumstances).await?;
    Ok(Coins(posted.available(wallet).map_or(0, |left| left.0)))
}

/// A viewer's wallet, if it was ever opened.
pub async fn find(conn: &impl ConnectionTrait, user: UserId) -> Result<Option<AccountId>, Error> {
    let Some(ledger) = ledgers::find(conn, ledgers::COIN).await? else {
        return Ok(None);
    };
    let account = accounts::find(conn, ledger.id, Holder::wallet(user.uuid())).await?;
    Ok(account.map(|account| AccountId::from_uuid(account.id)))
}

/// What a viewer may spend; zero without a wallet.
pub async fn available(conn: &impl ConnectionTrait, user: UserId) -> Result<Coins, Error> {
    let Some(account) = find(conn, user).await? else {
        return Ok(Coins::ZERO);
    };
    let balance = balances::get(conn, account.uuid()).await?;
    Ok(Coins(balance.map_or(0, |balance| balance.available())))
}
