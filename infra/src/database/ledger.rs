//! The only way money moves: a balanced transfer, appended and sealed in the caller's transaction.
//!
//! Only wallets are locked, by their row in `balances`; what creators and the platform hold is a
//! sum over entries (`account_rollups` and `unrolled`), so a popular creator's row is never hot.

mod verify;

use domain::id::{AccountId, OrgId, TransferId, UserId};
use domain::ledger::{Code, Entry, Transfer, TransferError};
use domain::money::MinorUnits;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use uuid::Uuid;

use super::{Error, accounts, balances, entries, seals, transfers, unrolled};

pub use verify::{Report, verify};

/// What a transfer is about, beside its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// The organisation.
    pub org: OrgId,
    /// Who caused it; none for a partner's key.
    pub actor: Option<UserId>,
    /// What kind of thing it pays for.
    pub ref_kind: &'static str,
    /// What it pays for.
    pub ref_id: Uuid,
    /// What was noted.
    pub memo: String,
    /// When it takes effect.
    pub at: Timestamp,
}

/// What wallets hold after a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    available: Vec<(AccountId, MinorUnits)>,
}

impl Posted {
    /// What may still be spent from `account`; none for an account that is no wallet or took no part.
    pub fn available(&self, account: AccountId) -> Option<MinorUnits> {
        self.available.iter().find(|(wallet, _)| *wallet == account).map(|&(_, amount)| amount)
    }
}

/// Why a transfer was not appended. The caller's transaction must then be rolled back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// A wallet holds too little.
    #[error("the account {account} holds {available}")]
    Insufficient {
        /// The wallet.
        account: AccountId,
        /// What it holds.
        available: MinorUnits,
    },
    /// The id names a transfer that was posted before.
    #[error("the transfer {0} is posted already")]
    Posted(TransferId),
    /// The transfer that it reverses was reversed before.
    #[error("the transfer {0} is reversed already")]
    Reversed(TransferId),
    /// An entry names no account.
    #[error("no account {0}")]
    UnknownAccount(AccountId),
    /// It breaks a rule of transfers.
    #[error(transparent)]
    Transfer(TransferError),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] Error),
}

/// Writes a transfer, its entries and its seal, and moves the wallets it touches.
///
/// # Errors
/// [`AppendError`]; nothing of it may then be committed.
pub async fn append(
    tx: &impl ConnectionTrait,
    transfer: &Transfer,
    circumstances: Circumstances,
) -> Result<Posted, AppendError> {
    if let Some(original) = transfer.reverses()
        && transfers::reversal_of(tx, original.uuid()).await?.is_some()
    {
        return Err(AppendError::Reversed(original));
    }
    if !transfers::insert(tx, row(transfer, circumstances)).await? {
        return Err(AppendError::Posted(transfer.id()));
    }
    let wanted: Vec<_> = transfer.entries().iter().map(|entry| entry.account.uuid()).collect();
    let known = accounts::all_of(tx, &wanted).await?;
    entries::insert(tx, lines(transfer, &known)?).await?;
    let available = move_wallets(tx, transfer, &known).await?;
    unrolled::insert(tx, transfer.id().uuid()).await?;
    seals::insert(tx, transfer.id().uuid()).await?;
    Ok(Posted { available })
}

fn row(transfer: &Transfer, circumstances: Circumstances) -> transfers::Model {
    transfers::Model {
        id: transfer.id().uuid(),
        org_id: circumstances.org.uuid(),
        code: transfer.code().as_str().to_owned(),
        state: "posted".to_owned(),
        pending_id: None,
        reverses_id: transfer.reverses().map(TransferId::uuid),
        effective_at: circumstances.at.0,
        actor_id: circumstances.actor.map(UserId::uuid),
        ref_kind: Some(circumstances.ref_kind.to_owned()),
        ref_id: Some(circumstances.ref_id),
        memo: circumstances.memo,
        created_at: circumstances.at.0,
    }
}

fn lines(
    transfer: &Transfer,
    known: &[accounts::Model],
) -> Result<Vec<entries::Model>, AppendError> {
    transfer
        .entries()
        .iter()
        .zip(0..)
        .map(|(entry, ordinal)| {
            let account = entry.account.uuid();
            let found = known.iter().find(|known| known.id == account);
            let ledger = found.ok_or(AppendError::UnknownAccount(entry.account))?.ledger_id;
            Ok(entries::Model {
                transfer_id: transfer.id().uuid(),
                ordinal,
                account_id: account,
                ledger_id: ledger,
                amount: entry.amount.0,
            })
        })
        .collect()
}

/// Locks and moves the wallets in the order of their ids, so that two transfers never wait for
/// each other.
async fn move_wallets(
    tx: &impl ConnectionTrait,
    transfer: &Transfer,
    known: &[accounts::Model],
) -> Result<Vec<(AccountId, MinorUnits)>, AppendError> {
    let mut wallets: Vec<_> =
        known.iter().filter(|account| !account.may_overdraw()).map(|account| account.id).collect();
    wallets.sort_unstable();
    let mut available = Vec::new();
    for wallet in wallets {
        let account = AccountId::from_uuid(wallet);
        let Some(left) = balances::add(tx, wallet, transfer.effect_on(account).0).await? else {
            return Err(insufficient(tx, account).await?);
        };
        available.push((account, MinorUnits(left)));
    }
    Ok(available)
}

async fn insufficient(tx: &impl ConnectionTrait, account: AccountId) -> Result<AppendError, Error> {
    let held = balances::get(tx, account.uuid()).await?.map_or(0, |balance| balance.available());
    Ok(AppendError::Insufficient { account, available: MinorUnits(held) })
}

/// A posted transfer as it was appended.
pub async fn read(conn: &impl ConnectionTrait, id: TransferId) -> Result<Option<Transfer>, Error> {
    let Some(row) = transfers::get(conn, id.uuid()).await? else {
        return Ok(None);
    };
    let lines = entries::of(conn, id.uuid()).await?;
    let entries = lines
        .into_iter()
        .map(|line| Entry {
            account: AccountId::from_uuid(line.account_id),
            amount: MinorUnits(line.amount),
        })
        .collect();
    let code = Code::parse(&row.code)
        .ok_or_else(|| defect(format!("`{}` is no code of a transfer", row.code)))?;
    let reverses = row.reverses_id.map(TransferId::from_uuid);
    Transfer::balanced(id, code, reverses, entries)
        .map(Some)
        .map_err(|error| defect(error.to_string()))
}

/// Rows that no code of ours can have written.
fn defect(what: String) -> Error {
    DbErr::Type(what).into()
}

/// What all accounts of one kind hold together in one ledger.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct KindBalance {
    /// The ledger's code.
    pub ledger: String,
    /// The kind of account.
    pub kind: String,
    /// How many there are.
    pub accounts: i64,
    /// The sum of their entries.
    pub sum: i64,
}

/// The trial balance of an organisation: one line for each ledger and kind of account. The lines of
/// a ledger sum to zero.
pub async fn trial_balance(
    conn: &impl ConnectionTrait,
    org: OrgId,
) -> Result<Vec<KindBalance>, Error> {
    KindBalance::find_by_statement(Statement::from_sql_and_values(
        conn.get_database_backend(),
        "SELECT l.code AS ledger, a.kind AS kind, COUNT(DISTINCT a.id) AS accounts, \
                CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) AS sum \
         FROM accounts a JOIN ledgers l ON l.id = a.ledger_id \
         LEFT JOIN entries e ON e.account_id = a.id \
         WHERE a.org_id = $1 GROUP BY l.code, a.kind ORDER BY l.code, a.kind",
        [org.uuid().into()],
    ))
    .all(conn)
    .await
    .map_err(Error::from)
}

#[cfg(test)]
mod tests;
