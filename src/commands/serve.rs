//! `headwater serve`: everything in one process.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use infra::config::{Config, Origin, Overrides, Shown};
use infra::http::tls;
use infra::tasks::Tasks;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Outcome, ground, print, say};
use crate::cli::{Common, Serve};
use crate::compose::{Choice, GRACE, Running, Serving};
use crate::demo::{self, Demo};

/// Starts, prints where everything is, and runs until it is told to stop.
pub(crate) async fn run(common: &Common, arguments: &Serve) -> anyhow::Result<Outcome> {
    let (config, shown) = configuration(common, arguments)?;
    let metrics = infra::telemetry::install(&config.log)?;
    let serving = Serving {
        demo: arguments.demo,
        http: choice(&shown, "http.listen"),
        rtmp: choice(&shown, "rtmp.listen"),
        rtmps: choice(&shown, "rtmp.tls_listen"),
    };
    // Before anything listens, so that an early signal is not lost.
    let mut signals = Signals::new()?;
    let running = Running::start(&config, serving, metrics).await?;
    let demo = if arguments.demo { Some(demo::start(&running).await?) } else { None };
    if common.json {
        print(&ready_line(&running, demo.as_ref()))?;
    } else {
        print(&welcome(&config, &running, demo.as_ref()))?;
    }
    let tasks = running.ground.tasks.clone();
    let keeping = tls::keep(running.certificates, signals.renew.take(), tasks.clone());
    tasks.spawn("certificates", keeping);
    until_told(signals, &tasks).await;
    if !common.json {
        say("stopped");
    }
    Ok(Outcome::Good)
}

fn configuration(common: &Common, arguments: &Serve) -> anyhow::Result<(Config, Vec<Shown>)> {
    let mut flags = Overrides::new();
    if let Some(http) = arguments.http {
        flags.insert("http.listen", http.to_string());
    }
    if let Some(rtmp) = arguments.rtmp {
        flags.insert("rtmp.listen", rtmp.to_string());
    }
    if let Some(rtmps) = arguments.rtmps {
        flags.insert("rtmp.tls_listen", rtmps.to_string());
    }
    let (mut config, shown) = ground::load(common, flags)?;
    if arguments.lan {
        config.http.listen = everywhere(config.http.listen);
        config.rtmp.listen = everywhere(config.rtmp.listen);
        if let Some(rtmps) = &mut config.rtmp.tls {
            rtmps.listen = everywhere(rtmps.listen);
        }
    }
    Ok((config, shown))
}

fn everywhere(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port())
}

fn choice(shown: &[Shown], key: &str) -> Choice {
    let chosen = shown.iter().any(|value| value.key == key && value.origin != Origin::Default);
    if chosen { Choice::Chosen } else { Choice::Default }
}

/// The first line on stdout with `--json`: every socket listens.
fn ready_line(running: &Running, demo: Option<&Demo>) -> String {
    let mut ready = json!({
        "event": "ready",
        "http": running.http_url,
        "rtmp": running.rtmp_url,
        "pid": std::process::id(),
    });
    if let Some(rtmps) = &running.rtmps_url {
        ready["rtmps"] = json!(rtmps);
    }
    if let Some(token) = &running.setup_token {
        ready["setup"] = json!(setup_url(running, token));
    }
    if let Some(demo) = demo {
        ready["demo"] = json!({
            "watch": format!("{}/watch/{}", running.http_url, demo.slug),
            "hls": format!("{}/hls/{}/index.m3u8", running.http_url, demo.slug),
            "channel": demo.slug,
        });
    }
    ready.to_string()
}

fn setup_url(running: &Running, token: &str) -> String {
    format!("{}/studio?setup={token}", running.http_url)
}

fn welcome(config: &Config, running: &Running, demo: Option<&Demo>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = vec![format!(
        "Headwater {version}  data: {}{}",
        config.data.display(),
        if demo.is_some() { "   demo: the test picture is live" } else { "" }
    )];
    let mut line = |name: &str, text: String| lines.push(format!("  {name:<8} {text}"));
    if let Some(demo) = demo {
        line("Watch", format!("{}/watch/{}", running.http_url, demo.slug));
    } else {
        line("Home", format!("{}/", running.http_url));
    }
    match &running.setup_token {
        Some(token) => {
            line("Studio", format!("{}   (works once, for 30 minutes)", setup_url(running, token)));
        }
        None => line(
            "Studio",
            format!("{}/studio   (`headwater user link` signs in)", running.http_url),
        ),
    }
    line("Go live", format!("{}   key: `headwater channel new SLUG`", running.rtmp_url));
    if let Some(rtmps) = &running.rtmps_url {
        line("", rtmps.clone());
    }
    if let Some(demo) = demo {
        line(
            "HLS",
            format!("{}/hls/{}/index.m3u8   (VLC, Safari, TV…)", running.http_url, demo.slug),
        );
    }
    line("API", format!("{}/docs", running.http_url));
    lines.join("\n")
}

/// What the process can be told from outside.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// The terminal is gone.
    closed: Option<Signal>,
    /// Without a terminal the same signal means: read the certificates again.
    renew: Option<Signal>,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        let hangup = signal(SignalKind::hangup())?;
        let has_terminal = std::io::stderr().is_terminal();
        let (closed, renew) =
            if has_terminal { (Some(hangup), None) } else { (None, Some(hangup)) };
        let (interrupt, terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, closed, renew })
    }

    /// Waits until the process shall end.
    async fn told(&mut self) {
        let closed = async {
            match &mut self.closed {
                Some(closed) => closed.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = closed => {}
        }
    }
}

/// The first signal drains, the second stops at once.
async fn until_told(mut signals: Signals, tasks: &Tasks) {
    signals.told().await;
    tracing::info!("draining: no new publishers and requests, what is under way finishes");
    let aborted = tokio::select! {
        aborted = tasks.shutdown(GRACE) => aborted,
        () = signals.told() => {
            tasks.begin_stop();
            tasks.shutdown(GRACE).await
        }
    };
    if !aborted.is_empty() {
        tracing::warn!(tasks = ?aborted, "tasks had to be ended");
    }
}
