//! Logs and metrics of the process.
//!
//! Logs are one-liners on a terminal and JSON elsewhere, on stderr; stdout is for data. Secrets have no
//! `Display`, so that they can't be logged. Metric names start with `headwater_`; labels have few values.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// Why telemetry can't be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The log filter is none.
    #[error("`{filter}` is no log filter, such as info or info,origin=debug")]
    Filter {
        /// The text.
        filter: String,
        /// What is wrong with it.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// The process already has a recorder or a subscriber.
    #[error("telemetry is set up twice")]
    Twice,
}

/// Libraries that tell each step of what we tell once.
const QUIET: &str = "sea_orm_migration=warn,sqlx=warn";

/// Upper bounds of histogram buckets, in seconds: from a wake-up to three target durations.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 6.0, 18.0];

/// The metrics of this process, ready to be rendered.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Metrics that nobody feeds, for tests of what renders them.
    pub fn detached() -> Self {
        Self(PrometheusBuilder::new().build_recorder().handle())
    }

    /// All metrics in Prometheus' text form.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

/// Starts logging to stderr and counting, for the rest of the process.
///
/// # Errors
/// [`Error`] when the filter is wrong or telemetry was set up before.
pub fn install(filter: &str) -> Result<Metrics, Error> {
    let directives = EnvFilter::try_new(format!("{QUIET},{filter}"))
        .map_err(|source| Error::Filter { filter: filter.to_owned(), source })?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(directives).with_writer(std::io::stderr);
    let installed = if std::io::stderr().is_terminal() {
        builder.with_target(false).compact().finish().try_init()
    } else {
        builder.json().flatten_event(true).finish().try_init()
    };
    installed.map_err(|_| Error::Twice)?;
    let recorder = PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .map_err(|_| Error::Twice)?
        .install_recorder()
        .map_err(|_| Error::Twice)?;
    Ok(Metrics(recorder))
}
