//! The proof that the ledger is whole.

use domain::id::{AccountId, TransferId};
use sea_orm::{
    ConnectionTrait, DbBackend, FromQueryResult, IsolationLevel, Statement, TransactionTrait as _,
};
use uuid::Uuid;

use crate::database::{Database, Error};

/// Offending rows that a report names of each kind.
const NAMED_MAX: usize = 100;

/// What was proved, and what was found wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Transfers that were looked at.
    pub transfers: i64,
    /// Entries that were looked at.
    pub entries: i64,
    /// Ledgers whose entries do not sum to zero, with the sum.
    pub unbalanced_ledgers: Vec<(String, i64)>,
    /// Transfers whose entries do not sum to zero; at most 100 are named.
    pub unbalanced_transfers: Vec<TransferId>,
    /// Transfers without a seal; at most 100 are named.
    pub unsealed: Vec<TransferId>,
    /// Accounts whose balance is not the sum of their entries; at most 100 are named.
    pub wrong_balances: Vec<AccountId>,
    /// Accounts whose rolled-up and waiting entries are not all their entries; at most 100 are named.
    pub wrong_rollups: Vec<AccountId>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.unbalanced_ledgers.is_empty()
            && self.unbalanced_transfers.is_empty()
            && self.unsealed.is_empty()
            && self.wrong_balances.is_empty()
            && self.wrong_rollups.is_empty()
    }
}

#[derive(FromQueryResult)]
struct LedgerSum {
    code: String,
    sum: i64,
}

const COUNTS: &str = "SELECT (SELECT COUNT(*) FROM transfers) AS transfers, \
    (SELECT COUNT(*) FROM entries) AS entries";

const LEDGER_SUMS: &str = "SELECT l.code AS code, CAST(SUM(e.amount) AS BIGINT) AS sum \
    FROM entries e JOIN ledgers l ON l.id = e.ledger_id \
    GROUP BY l.code HAVING SUM(e.amount) <> 0 ORDER BY l.code";

const UNBALANCED: &str = "SELECT DISTINCT transfer_id AS id FROM \
    (SELECT transfer_id FROM entries GROUP BY transfer_id, ledger_id HAVING SUM(amount) <> 0) bad \
    ORDER BY transfer_id LIMIT 100";

const UNSEALED: &str = "SELECT t.id AS id FROM transfers t \
    LEFT JOIN seals s ON s.transfer_id = t.id WHERE s.transfer_id IS NULL ORDER BY t.id LIMIT 100";

const WRONG_BALANCES: &str = "SELECT b.account_id AS id FROM balances b LEFT JOIN \
    (SELECT account_id, SUM(amount) AS sum FROM entries GROUP BY account_id) e \
    ON e.account_id = b.account_id \
    WHERE b.posted <> COALESCE(e.sum, 0) ORDER BY b.account_id LIMIT 100";

const WRONG_ROLLUPS: &str = "SELECT a.id AS id FROM accounts a \
    LEFT JOIN account_rollups r ON r.account_id = a.id \
    LEFT JOIN (SELECT e.account_id, SUM(e.amount) AS sum FROM entries e \
        LEFT JOIN unrolled u ON u.transfer_id = e.transfer_id \
        WHERE u.transfer_id IS NULL GROUP BY e.account_id) rolled ON rolled.account_id = a.id \
    WHERE COALESCE(r.sum, 0) <> COALESCE(rolled.sum, 0) ORDER BY a.id LIMIT 100";

/// Proves the whole ledger as of one moment, while others go on writing: every ledger and every
/// transfer sums to zero, every transfer is sealed, every balance is the sum of its entries.
pub async fn verify(db: &Database) -> Result<Report, Error> {
    let conn = db.read();
    // SQLite reads one snapshot in any transaction and knows no other level.
    let level = (conn.get_database_backend() == DbBackend::Postgres)
        .then_some(IsolationLevel::RepeatableRead);
    let tx = conn.begin_with_config(level, None).await?;
    let sql = |text: &str| Statement::from_string(tx.get_database_backend(), text);
    let counts = tx.query_one_raw(sql(COUNTS)).await?;
    let count = |column| counts.as_ref().map_or(Ok(0), |row| row.try_get("", column));
    let sums = LedgerSum::find_by_statement(sql(LEDGER_SUMS)).all(&tx).await?;
    let report = Report {
        transfers: count("transfers")?,
        entries: count("entries")?,
        unbalanced_ledgers: sums.into_iter().map(|ledger| (ledger.code, ledger.sum)).collect(),
        unbalanced_transfers: named(&tx, UNBALANCED, TransferId::from_uuid).await?,
        unsealed: named(&tx, UNSEALED, TransferId::from_uuid).await?,
        wrong_balances: named(&tx, WRONG_BALANCES, AccountId::from_uuid).await?,
        wrong_rollups: named(&tx, WRONG_ROLLUPS, AccountId::from_uuid).await?,
    };
    tx.rollback().await?;
    Ok(report)
}

async fn named<T>(
    conn: &impl ConnectionTrait,
    sql: &str,
    id: fn(Uuid) -> T,
) -> Result<Vec<T>, Error> {
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    Ok(rows
        .iter()
        .take(NAMED_MAX)
        .map(|row| row.try_get("", "id").map(id))
        .collect::<Result<_, _>>()?)
}
