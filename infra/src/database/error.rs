//! What can go wrong between us and the database, in the words of those who call it.

use std::fmt;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It can't be reached, is locked, or its disk fails: the same request may succeed later.
    #[error("the database is unavailable")]
    Unavailable(#[source] DbErr),
    /// Too many writes wait for it.
    #[error("too many writes wait for the database")]
    Overloaded,
    /// No answer within the deadline; whether the write happened is not known.
    #[error("the database did not answer in time")]
    TimedOut,
    /// It refused a statement: a constraint, or a defect of ours.
    #[error("the database refused a statement")]
    Refused(#[source] DbErr),
    /// The work inside the transaction panicked; nothing was written.
    #[error("the work inside the transaction panicked")]
    Panicked,
    /// The schema is not the one this program was built for.
    #[error("the schema is at `{found}`, this program needs `{needed}`: run `headwater migrate`")]
    Schema {
        /// The newest migration that the database has seen.
        found: String,
        /// The newest migration of this program.
        needed: String,
    },
    /// The file of the database, or its directory, can't be prepared.
    #[error("can't prepare the database file")]
    File(#[source] std::io::Error),
}

impl Error {
    /// Whether the same request may succeed later: 503 at the API.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Overloaded | Self::TimedOut => true,
            Self::Refused(_) | Self::Panicked | Self::Schema { .. } | Self::File(_) => false,
        }
    }

    /// Whether a row with the same key exists already.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self.refusal(), Some(SqlErr::UniqueConstraintViolation(_)))
    }

    /// Whether a row points at one that does not exist.
    pub fn is_foreign_key_violation(&self) -> bool {
        matches!(self.refusal(), Some(SqlErr::ForeignKeyConstraintViolation(_)))
    }

    fn refusal(&self) -> Option<SqlErr> {
        match self {
            Self::Refused(cause) => cause.sql_err(),
            Self::Unavailable(_)
            | Self::Overloaded
            | Self::TimedOut
            | Self::Panicked
            | Self::Schema { .. }
            | Self::File(_) => None,
        }
    }

    /// Whether another run of the same transaction may pass: a serialisation failure or a deadlock.
    pub(super) fn is_conflict(&self) -> bool {
        match self {
            Self::Refused(cause) => matches!(code(cause).as_deref(), Some("40001" | "40P01")),
            Self::Unavailable(_)
            | Self::Overloaded
            | Self::TimedOut
            | Self::Panicked
            | Self::Schema { .. }
            | Self::File(_) => false,
        }
    }
}

impl From<DbErr> for Error {
    fn from(cause: DbErr) -> Self {
        if is_down(&cause) { Self::Unavailable(cause) } else { Self::Refused(cause) }
    }
}

/// The engine's own code of a refusal: SQLSTATE, or SQLite's extended result code.
fn code(cause: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        cause
    else {
        return None;
    };
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

fn is_down(cause: &DbErr) -> bool {
    match cause {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match error.as_database_error() {
                Some(told) => told.code().is_some_and(|code| is_down_code(&code)),
                None => matches!(
                    &**error,
                    sqlx::Error::Io(_)
                        | sqlx::Error::Tls(_)
                        | sqlx::Error::Protocol(_)
                        | sqlx::Error::PoolTimedOut
                        | sqlx::Error::PoolClosed
                        | sqlx::Error::WorkerCrashed
                ),
            }
        }
        _ => false,
    }
}

/// SQLSTATE classes 08 (connection), 53 (resources), 57P (operator), 58 (system) and 25006 (a
/// read-only standby); of SQLite (primary codes): busy, locked, read-only, I/O, full, can't open.
fn is_down_code(code: &str) -> bool {
    if code.len() == 5 && !code.starts_with('-') {
        return ["08", "53", "57P", "58"].iter().any(|class| code.starts_with(class))
            || code == "25006";
    }
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// Why a write did not happen: the caller's own rule, or the database.
#[derive(Debug)]
pub enum Refused<E> {
    /// The rule that the work inside the transaction applied.
    Rule(E),
    /// The database.
    Database(Error),
}

impl<E> Refused<E> {
    /// Puts the rule into the words of the caller.
    pub fn map_rule<F>(self, into: impl FnOnce(E) -> F) -> Refused<F> {
        match self {
            Self::Rule(rule) => Refused::Rule(into(rule)),
            Self::Database(error) => Refused::Database(error),
        }
    }
}

impl<E: fmt::Display> fmt::Display for Refused<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => rule.fmt(f),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error> std::error::Error for Refused<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Rule(rule) => rule.source(),
            Self::Database(error) => error.source(),
        }
    }
}

impl<E> From<DbErr> for Refused<E> {
    fn from(cause: DbErr) -> Self {
        Self::Database(cause.into())
    }
}

impl<E> From<Error> for Refused<E> {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

/// What a write without a rule of its own can only fail by.
impl From<Refused<std::convert::Infallible>> for Error {
    fn from(refused: Refused<std::convert::Infallible>) -> Self {
        match refused {
            Refused::Database(error) => error,
            Refused::Rule(never) => match never {},
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trouble_that_passes_counts_as_down() {
        for code in ["08006", "53300", "57P01", "58030", "25006", "5", "517", "10", "266", "13"] {
            assert!(is_down_code(code), "{code}");
        }
        for code in ["23505", "40001", "42601", "57014", "19", "1555", "787", "1", ""] {
            assert!(!is_down_code(code), "{code}");
        }
    }
}
