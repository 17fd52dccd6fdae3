//! Low-latency viewers: a blocked reload for the next part, then that part, without a pause.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use infra::clock::{Clock as _, SystemClock};
use infra::tasks::Tasks;
use parking_lot::Mutex;
use serde_json::json;
use tokio::time::interval;
use url::Url;

use crate::client::Connection;
use crate::{SETTLE, figures};

/// Who watches what.
#[derive(Debug, Args)]
pub(crate) struct Crowd {
    /// The media playlist
    #[arg(long)]
    url: Url,
    /// Viewers, one connection each
    #[arg(long, default_value_t = 1_000)]
    viewers: usize,
    /// Seconds that count
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The server's process
    #[arg(long)]
    pid: u32,
}

/// What all viewers write into.
#[derive(Debug, Default)]
struct Seen {
    requests: AtomicUsize,
    bytes: AtomicUsize,
    errors: AtomicUsize,
    parts: Mutex<Parts>,
}

#[derive(Debug, Default)]
struct Parts {
    /// When the first viewer had each part, in microseconds.
    first: HashMap<(u64, u32), u64>,
    /// How much later each viewer had it.
    after: Vec<u64>,
}

/// Watches, and prints one line of figures.
pub(crate) async fn watch(crowd: Crowd) -> anyhow::Result<()> {
    let (tasks, clock, seen) = (Tasks::new(), SystemClock::new(), Arc::<Seen>::default());
    let mut ramp = interval(Duration::from_millis(2));
    for _ in 0..crowd.viewers {
        ramp.tick().await;
        let (url, seen) = (crowd.url.clone(), Arc::clone(&seen));
        tasks.spawn("viewer", async move {
            if view(&url, clock, &seen).await.is_err() {
                seen.errors.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let mut settled = interval(SETTLE);
    settled.tick().await;
    settled.tick().await;
    seen.parts.lock().after.clear();
    let read = || (figures::cpu_seconds(crowd.pid), seen.requests.load(Ordering::Relaxed));
    let (cpu_before, requests_before) = read();
    let mut counted = interval(Duration::from_secs(crowd.seconds));
    counted.tick().await;
    counted.tick().await;
    let (cpu, requests) = read();
    let requests = requests - requests_before;
    let after = std::mem::take(&mut seen.parts.lock().after);
    crate::print(&json!({
        "viewers": crowd.viewers,
        "requests": requests,
        "part_deliveries": after.len(),
        "bytes_each": seen.bytes.load(Ordering::Relaxed) / seen.requests.load(Ordering::Relaxed).max(1),
        "errors": seen.errors.load(Ordering::Relaxed),
        "cpu_share": ((cpu - cpu_before) / f64::from(u32::try_from(crowd.seconds)?) * 1e3).round() / 1e3,
        "cpu_us_per_request": figures::each_us(cpu - cpu_before, requests),
        "after_first_ms": figures::quantiles(after),
    }));
    Ok(())
}

async fn view(url: &Url, clock: SystemClock, seen: &Seen) -> anyhow::Result<()> {
    let mut connection = Connection::open(url, "").await?;
    let mut query = String::new();
    let mut known = None;
    loop {
        let (status, body) = connection.get(&format!("{}{query}", url.path())).await?;
        anyhow::ensure!(status == 200, "the playlist answered {status}");
        let text = std::str::from_utf8(body)?;
        let listed = Listed::read(text).context("a playlist without a hint")?;
        seen.count(body.len());
        let (msn, part) = listed.next;
        query = format!("?_HLS_msn={msn}&_HLS_part={part}&_HLS_skip=YES");
        let newest = listed.newest.map(|(at, uri)| (at, url.join(uri)));
        let Some((at, media)) = newest.filter(|(at, _)| known.is_none_or(|known| known < *at))
        else {
            continue;
        };
        known = Some(at);
        let (status, body) = connection.get(media?.path()).await?;
        anyhow::ensure!(status == 200, "a part answered {status}");
        seen.count(body.len());
        let now = u64::try_from(clock.monotonic().as_micros())?;
        let mut parts = seen.parts.lock();
        let first = *parts.first.entry(at).or_insert(now);
        parts.after.push(now - first);
    }
}

impl Seen {
    fn count(&self, bytes: usize) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// What a viewer reads out of a playlist.
#[derive(Debug)]
struct Listed<'a> {
    newest: Option<((u64, u32), &'a str)>,
    next: (u64, u32),
}

impl<'a> Listed<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let newest = text.lines().rfind(|line| line.starts_with("#EXT-X-PART:"));
        let hint = text.lines().rfind(|line| line.starts_with("#EXT-X-PRELOAD-HINT:TYPE=PART"))?;
        let named = |line: &'a str| {
            let uri = line.split_once("URI=\"")?.1.split('"').next()?;
            Some((place(uri)?, uri))
        };
        Some(Self { newest: newest.and_then(named), next: named(hint)?.0 })
    }
}

/// The position that a part's URI names: `…/MSN.PART.m4s`.
fn place(uri: &str) -> Option<(u64, u32)> {
    let (msn, rest) = uri.rsplit('/').next()?.split_once('.')?;
    Some((msn.parse().ok()?, rest.split('.').next()?.parse().ok()?))
}
