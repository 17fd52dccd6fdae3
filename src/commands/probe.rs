//! `headwater probe`: what is wrong with a stream, in words with the fix.

use std::time::Duration;

use infra::clock::SystemClock;
use media::probe::{Finding, Level};
use serde_json::json;

use super::{Outcome, print};
use crate::cli::{Common, Probe as Arguments};
use crate::probe::Probe;

/// Exit code 3 when a rule that must hold does not.
pub(crate) async fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Outcome> {
    infra::http::tls::install_provider();
    let probe = Probe::new(SystemClock::shared())?;
    let report = probe.follow(&arguments.url, Duration::from_secs(arguments.seconds)).await?;
    let broken = report.findings.iter().filter(|finding| is_must(finding)).count();
    if common.json {
        let findings = report.findings.iter().map(|finding| {
            json!({
                "rule": finding.rule.id,
                "must": is_must(finding),
                "url": finding.url,
                "detail": finding.detail,
                "fix": finding.rule.fix,
            })
        });
        let text = json!({
            "sound": broken == 0,
            "playlists": report.playlists,
            "answers": report.answers,
            "findings": findings.collect::<Vec<_>>(),
        });
        print(&text.to_string())?;
    } else {
        for finding in &report.findings {
            print(&sentence(finding))?;
        }
        let (playlists, answers) = (report.playlists, report.answers);
        print(&format!("{answers} answers of {playlists} playlists: {broken} rules broken"))?;
    }
    Ok(if broken == 0 { Outcome::Good } else { Outcome::Unsound })
}

fn is_must(finding: &Finding) -> bool {
    finding.rule.level == Level::Must
}

fn sentence(finding: &Finding) -> String {
    let word = if is_must(finding) { "broken" } else { "advice" };
    let rule = finding.rule;
    format!(
        "{word} {}: {}\n  {}: {}\n  fix: {}",
        rule.id, rule.sentence, finding.url, finding.detail, rule.fix
    )
}
