//! Headless Chromium by one Node script: a scenario's name and arguments in, JSON out.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Semaphore;

/// One browser at a time is what two cores carry without late frames.
static HEAVY: Semaphore = Semaphore::const_new(1);

/// Runs `tests/browser/run.mjs SCENARIO ARGUMENTS` and returns what it found.
pub(crate) async fn run(scenario: &str, arguments: &Value) -> Value {
    let _slot = HEAVY.acquire().await.expect("the semaphore stays open");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/run.mjs");
    let output = Command::new("node")
        .arg(script)
        .arg(scenario)
        .arg(arguments.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_mins(3), output).await;
    let output = output.expect("the browser ends in time").expect("node runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{scenario}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{scenario}: {error}"))
}
