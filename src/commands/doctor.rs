//! `headwater doctor`: does everything that the configuration names answer, does the cache in front of
//! it do its duties, and what to do if not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use infra::clock::SystemClock;
use infra::config::{Config, Overrides};
use infra::database::Database;
use infra::tasks::Tasks;
use serde_json::json;
use url::Url;

use super::ground::Usage;
use super::{Outcome, ground, print};
use crate::cli::{Common, Doctor};
use crate::compose::{self, GRACE};
use crate::via::{self, Judged};

mod store;

/// How one check ended.
struct Check {
    name: &'static str,
    result: Judged,
    /// What to do in each cache.
    remedies: Vec<(&'static str, &'static str)>,
}

impl Check {
    fn of(name: &'static str, result: Result<String, String>) -> Self {
        let result = result.map_or_else(Judged::Wrong, Judged::Good);
        Self { name, result, remedies: Vec::new() }
    }

    /// The word before the line, and what was found or is wrong.
    fn said(&self) -> (&'static str, &str) {
        match &self.result {
            Judged::Good(said) => ("OK  ", said),
            Judged::Wrong(said) => ("FAIL", said),
            Judged::Unknown(said) => ("?   ", said),
        }
    }
}

/// Runs every check; one that fails makes the exit code 3.
pub(crate) async fn run(common: &Common, arguments: &Doctor) -> anyhow::Result<Outcome> {
    let (config, _) = ground::load(common, Overrides::new())?;
    infra::http::tls::install_provider();
    let checks = match &arguments.via {
        Some(via) => cache(&config, via, arguments.origin.as_deref()).await?,
        None => machine(&config).await,
    };
    report(common, &checks)?;
    let good = checks.iter().all(|check| !check.result.is_wrong());
    Ok(if good { Outcome::Good } else { Outcome::Unsound })
}

async fn machine(config: &Config) -> Vec<Check> {
    vec![
        Check::of("data folder", folder(config)),
        Check::of("open files", open_files()),
        Check::of("database", database(config).await),
        Check::of("object store", objects(config).await),
        Check::of("certificate", certificate(config)),
    ]
}

async fn cache(config: &Config, via: &str, origin: Option<&str>) -> anyhow::Result<Vec<Check>> {
    let parse = |text: &str| Url::parse(text).map_err(|error| Usage(format!("`{text}`: {error}")));
    let via = parse(via)?;
    let scheme = if config.http.tls.is_some() { "https" } else { "http" };
    let listen = format!("{scheme}://{}", config.http.listen);
    let mut origin = parse(origin.unwrap_or(&listen))?;
    if origin.path() == "/" {
        origin.set_path(via.path());
    }
    let clock = SystemClock::shared();
    // Milliseconds since 1970: another one at each run, and no number of a segment.
    let salt = clock.now().0.unsigned_abs();
    let judged = via::examine(&via, &origin, salt, &clock).await?;
    let checks = judged.into_iter().map(|(duty, result)| Check {
        name: duty.name,
        result,
        remedies: duty.remedies.to_vec(),
    });
    Ok(checks.collect())
}

fn report(common: &Common, checks: &[Check]) -> anyhow::Result<()> {
    if common.json {
        let lines = checks.iter().map(|check| {
            let fix = check.remedies.iter().filter(|_| check.result.is_wrong());
            json!({
                "check": check.name,
                "ok": match check.result {
                    Judged::Good(_) => Some(true),
                    Judged::Wrong(_) => Some(false),
                    Judged::Unknown(_) => None,
                },
                "said": check.said().1,
                "fix": fix.copied().collect::<BTreeMap<_, _>>(),
            })
        });
        return print(&json!(lines.collect::<Vec<_>>()).to_string());
    }
    let mut text = String::new();
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in checks {
        let (word, said) = check.said();
        writeln!(text, "{word} {:<width$} {said}", check.name)?;
        for (cache, fix) in check.remedies.iter().filter(|_| check.result.is_wrong()) {
            writeln!(text, "       {cache}: {fix}")?;
        }
    }
    print(text.trim_end())
}

fn folder(config: &Config) -> Result<String, String> {
    let shown = config.data.display();
    compose::try_folder(&config.data)
        .map(|()| format!("{shown} can be written"))
        .map_err(|error| format!("{shown}: {error}: choose another with --data"))
}

fn open_files() -> Result<String, String> {
    const WANTED: u64 = 4_096;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    match soft {
        Some(soft) if soft < WANTED => {
            Err(format!("{soft} at a time: raise it to {WANTED} or more (LimitNOFILE, ulimit -n)"))
        }
        Some(soft) => Ok(format!("{soft} at a time")),
        None => Ok("the system does not tell".to_owned()),
    }
}

async fn database(config: &Config) -> Result<String, String> {
    let tasks = Tasks::new();
    let opened = Database::open(&config.database, &tasks, SystemClock::shared()).await;
    let checked = match opened {
        Ok(database) => database.check_schema().await,
        Err(error) => Err(error),
    };
    tasks.shutdown(GRACE).await;
    checked
        .map(|()| "answers, and its schema is this program's".to_owned())
        .map_err(|error| format!("{error}: check database.url, then run `headwater migrate`"))
}

async fn objects(config: &Config) -> Result<String, String> {
    const PATIENCE: Duration = Duration::from_secs(20);
    let store = compose::store(config).map_err(|error| format!("{error:#}"))?;
    let round = tokio::time::timeout(PATIENCE, store::round_trip(&store)).await;
    round
        .map_err(|_| "no answer in 20 s: check store.url".to_owned())?
        .map_err(|fault| fault.to_string())
}

fn certificate(config: &Config) -> Result<String, String> {
    let http = config.http.tls.iter().map(|pair| (pair, "http"));
    let rtmps = config.rtmp.tls.iter().map(|rtmps| (&rtmps.pair, "rtmp"));
    let mut fit = Vec::new();
    for (pair, section) in http.chain(rtmps) {
        infra::http::tls::Certificate::read(pair).map_err(|error| {
            format!("{error}: check {section}.tls_certificate and {section}.tls_key")
        })?;
        fit.push(pair.certificate.display().to_string());
    }
    fit.dedup();
    if fit.is_empty() {
        return Ok("none configured: plain HTTP and RTMP".to_owned());
    }
    Ok(format!("{} and its key fit", fit.join(", ")))
}
