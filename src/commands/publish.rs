//! `headwater publish`: a file or the test picture, in real time, to any RTMP server.

use infra::clock::SystemClock;

use super::Outcome;
use crate::cli::Publish;
use crate::publish::{self, Order};

/// Sends until the feed ends, the time is over, or the user interrupts; the last is a clean end too.
pub(crate) async fn run(arguments: Publish) -> anyhow::Result<Outcome> {
    let order = Order::new(&arguments.to, arguments.seconds)?;
    let mut feed = publish::feed(arguments.file.as_deref(), SystemClock::shared())?;
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    publish::run(&order, &mut feed, interrupted).await?;
    Ok(Outcome::Good)
}
