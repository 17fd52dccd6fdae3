//! The measuring tools of `tests/bench.sh`: a bare peer, and clients that cost less than the server.
//!
//! Ratios are told against the peer, an origin of hyper and nothing else that serves parts of the same
//! size; both are driven by the same clients in the same run, in turns.

use std::time::Duration;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

mod client;
mod figures;
mod listeners;
mod peer;
mod viewers;

/// Measures live delivery and event streams.
#[derive(Debug, Parser)]
enum Tool {
    /// Serves a synthetic live playlist, its parts, and an event stream
    Peer(peer::Shape),
    /// Watches a media playlist with many viewers, as low-latency players do
    Viewers(viewers::Crowd),
    /// Holds many event streams while one author posts
    Listeners(listeners::Crowd),
}

/// How long a measurement settles before it counts.
const SETTLE: Duration = Duration::from_secs(2);

fn main() -> anyhow::Result<()> {
    match Tool::parse() {
        // One worker, so that a wake-up never crosses threads: the least that this can cost.
        Tool::Peer(shape) => {
            runtime(&mut Builder::new_multi_thread())?.block_on(peer::serve(shape))
        }
        Tool::Viewers(crowd) => {
            runtime(&mut Builder::new_current_thread())?.block_on(viewers::watch(crowd))
        }
        Tool::Listeners(crowd) => {
            runtime(&mut Builder::new_current_thread())?.block_on(listeners::listen(crowd))
        }
    }
}

fn runtime(builder: &mut Builder) -> std::io::Result<Runtime> {
    builder.worker_threads(1).enable_all().build()
}

/// Prints a line of data.
#[expect(clippy::print_stdout, reason = "stdout is where data goes")]
fn print(line: &serde_json::Value) {
    println!("{line}");
}
