//! Event streams beside one author: how long from the post to every screen, and what one event costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::Args;
use infra::clock::{Clock as _, SystemClock};
use infra::tasks::Tasks;
use parking_lot::Mutex;
use serde_json::json;
use tokio::time::interval;
use url::Url;

use crate::client::Connection;
use crate::{SETTLE, figures};

/// Stands before and after the moment that a post carries in its text.
const MARK: &str = "@@";
/// Bytes of a mark with its moment: what a cut between two reads may part.
const MARKED_BYTES: usize = 32;

/// Who listens to what.
#[derive(Debug, Args)]
pub(crate) struct Crowd {
    /// The event stream
    #[arg(long)]
    url: Url,
    /// Where the author posts
    #[arg(long)]
    post: Url,
    /// The JSON to post; `{}` stands for the text
    #[arg(long, default_value = r#"{"body":"{}","kind":"chat"}"#)]
    body: String,
    /// The listeners' token
    #[arg(long, default_value = "")]
    bearer: String,
    /// The author's token
    #[arg(long, default_value = "")]
    author: String,
    /// Streams, one connection each
    #[arg(long, default_value_t = 1_000)]
    listeners: usize,
    /// Posts a second
    #[arg(long, default_value_t = 5)]
    rate: u64,
    /// Seconds of posts
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The server's process
    #[arg(long)]
    pid: u32,
}

#[derive(Debug, Default)]
struct Heard {
    open: AtomicUsize,
    errors: AtomicUsize,
    latencies: Mutex<Vec<u64>>,
}

/// Listens, and prints one line of figures.
pub(crate) async fn listen(crowd: Crowd) -> anyhow::Result<()> {
    let (tasks, clock, heard) = (Tasks::new(), SystemClock::new(), Arc::<Heard>::default());
    let mut ramp = interval(Duration::from_millis(3));
    for _ in 0..crowd.listeners {
        ramp.tick().await;
        let (url, bearer) = (crowd.url.clone(), crowd.bearer.clone());
        let heard = Arc::clone(&heard);
        tasks.spawn("listener", async move {
            if hear(&url, &bearer, clock, &heard).await.is_err() {
                heard.errors.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let mut settled = interval(SETTLE);
    settled.tick().await;
    settled.tick().await;
    let cpu_before = figures::cpu_seconds(crowd.pid);
    let mut author = Connection::open(&crowd.post, &crowd.author).await?;
    let mut pace = interval(Duration::from_millis(1_000 / crowd.rate.max(1)));
    for number in 0..crowd.rate * crowd.seconds {
        pace.tick().await;
        let moment = format!("{MARK}{:012}{MARK} comment {number}", clock.monotonic().as_micros());
        let (status, answer) =
            author.post(crowd.post.path(), &crowd.body.replace("{}", &moment)).await?;
        anyhow::ensure!(status < 300, "{status}: {}", String::from_utf8_lossy(answer));
    }
    settled.reset();
    settled.tick().await;
    let cpu = figures::cpu_seconds(crowd.pid) - cpu_before;
    let latencies = std::mem::take(&mut *heard.latencies.lock());
    crate::print(&json!({
        "listeners": heard.open.load(Ordering::Relaxed),
        "posts": crowd.rate * crowd.seconds,
        "delivered": latencies.len(),
        "errors": heard.errors.load(Ordering::Relaxed),
        "cpu_us_per_event": figures::each_us(cpu, latencies.len()),
        "post_to_screen_ms": figures::quantiles(latencies),
    }));
    Ok(())
}

async fn hear(url: &Url, bearer: &str, clock: SystemClock, heard: &Heard) -> anyhow::Result<()> {
    let mut connection = Connection::open(url, bearer).await?;
    let status = connection.stream(url.path()).await?;
    anyhow::ensure!(status == 200, "the stream answered {status}");
    heard.open.fetch_add(1, Ordering::Relaxed);
    let mut keep = 0;
    loop {
        let bytes = connection.more(keep).await?;
        let now = u64::try_from(clock.monotonic().as_micros())?;
        let text = String::from_utf8_lossy(bytes);
        let mut rest: &str = &text;
        let mut fresh = Vec::new();
        while let Some((_, after)) = rest.split_once(MARK) {
            let Some((moment, after)) = after.split_once(MARK) else { break };
            fresh.extend(moment.parse::<u64>().map(|sent| now.saturating_sub(sent)));
            rest = after;
        }
        keep = rest.len().min(MARKED_BYTES);
        heard.latencies.lock().append(&mut fresh);
    }
}
