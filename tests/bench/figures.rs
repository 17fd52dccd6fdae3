//! CPU time of a process, and quantiles.

use serde_json::{Value, json};

/// Kernel ticks a second, as `/proc` counts; the same on every Linux.
const HERTZ: f64 = 100.0;

/// Seconds of CPU that a process has used.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / HERTZ
}

/// Microseconds of CPU for each of `count` things.
#[expect(clippy::cast_precision_loss, reason = "counts of a bench are small")]
pub(crate) fn each_us(cpu_seconds: f64, count: usize) -> f64 {
    rounded(cpu_seconds * 1e6 / count.max(1) as f64)
}

/// Quantiles in milliseconds of durations in microseconds.
pub(crate) fn quantiles(mut micros: Vec<u64>) -> Value {
    micros.sort_unstable();
    let at = |share: usize| {
        let place = (micros.len().saturating_sub(1)) * share / 1_000;
        #[expect(clippy::cast_precision_loss, reason = "latencies of a bench are small")]
        micros.get(place).map(|us| rounded(*us as f64 / 1e3))
    };
    json!({"n": micros.len(), "p50": at(500), "p99": at(990), "max": at(1_000)})
}

fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}
