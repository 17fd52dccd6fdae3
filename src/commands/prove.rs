//! `headwater ledger verify` and `headwater audit verify`: proofs over the whole book.

use infra::config::Overrides;
use infra::database::{audit_log, ledger};
use serde_json::json;

use super::{Outcome, ground, print};
use crate::cli::Common;
use crate::compose::Ground;

/// Every ledger sums to zero, every balance is the sum of its entries, every transfer is sealed.
pub(crate) async fn ledger(common: &Common) -> anyhow::Result<Outcome> {
    let (config, _) = ground::load(common, Overrides::new())?;
    let (ground, _) = Ground::open(&config).await?;
    let report = ledger::verify(&ground.database).await;
    ground.close().await;
    let report = report?;
    let faults = faults(&report);
    if common.json {
        let text =
            json!({"good": faults.is_empty(), "transfers": report.transfers, "faults": faults});
        print(&text.to_string())?;
    } else if faults.is_empty() {
        print(&format!("{} transfers, the book balances", report.transfers))?;
    } else {
        print(&faults.join("\n"))?;
    }
    Ok(if faults.is_empty() { Outcome::Good } else { Outcome::Unsound })
}

/// One sentence for each thing that is wrong.
fn faults(report: &ledger::Report) -> Vec<String> {
    let mut faults = Vec::new();
    for (code, sum) in &report.unbalanced_ledgers {
        faults.push(format!("the entries of ledger {code} sum to {sum}"));
    }
    faults.extend(report.unbalanced_transfers.iter().map(|id| format!("{id} does not balance")));
    faults.extend(report.unsealed.iter().map(|id| format!("{id} has no seal")));
    faults.extend(report.wrong_balances.iter().map(|id| format!("the balance of {id} is wrong")));
    faults.extend(report.wrong_rollups.iter().map(|id| format!("the roll-up of {id} is wrong")));
    faults
}

/// No row of the audit log is missing, changed or put between.
pub(crate) async fn audit(common: &Common) -> anyhow::Result<Outcome> {
    let (config, _) = ground::load(common, Overrides::new())?;
    let (ground, _) = Ground::open(&config).await?;
    let verified = audit_log::verify(ground.database.read()).await;
    ground.close().await;
    let (text, machine, outcome) = match verified? {
        Ok(rows) => {
            let text = format!("{rows} entries, the chain is whole");
            (text, json!({"good": true, "entries": rows}), Outcome::Good)
        }
        Err(broken) => {
            let text = format!("entry {} does not fit: {}", broken.seq, broken.what);
            let machine = json!({"good": false, "seq": broken.seq, "what": broken.what});
            (text, machine, Outcome::Unsound)
        }
    };
    print(&if common.json { machine.to_string() } else { text })?;
    Ok(outcome)
}
