//! `headwater probe`: what is wrong with a stream, in words with the fix.

use std::time::Duration;

use infra::clock::SystemClock;
use media::probe::{Level, OMITTED, Row, Why};
use serde_json::{Value, json};

use super::{Outcome, print};
use crate::cli::{Common, Probe as Arguments};
use crate::probe::{Probe, Report, TEXT_BYTES_MAX};

/// Exit code 3 when a rule that must hold does not.
pub(crate) async fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Outcome> {
    infra::http::tls::install_provider();
    let probe = Probe::new(SystemClock::shared())?;
    let report = probe.follow(&arguments.url, Duration::from_secs(arguments.seconds)).await?;
    if common.json {
        print(&as_json(&report).to_string())?;
    } else {
        print(&as_text(&report))?;
    }
    let sound = broken(&report, Some(Level::Must)).next().is_none();
    Ok(if sound { Outcome::Good } else { Outcome::Unsound })
}

/// Rows that are broken, of one level or of any.
fn broken(report: &Report, level: Option<Level>) -> impl Iterator<Item = &Row> {
    report
        .rows
        .iter()
        .filter(move |row| row.verdict.is_broken() && level.is_none_or(|l| row.rule.level == l))
}

/// How many rows were judged, how many of them hold, break a MUST or anything else, and how many
/// found nothing to judge.
struct Counts {
    judged: usize,
    passed: usize,
    broken_must: usize,
    broken_other: usize,
    not_seen: usize,
}

fn count(report: &Report) -> Counts {
    let judged = report.rows.iter().filter(|row| row.verdict.is_judged()).count();
    let (all, must) = (broken(report, None).count(), broken(report, Some(Level::Must)).count());
    Counts {
        judged,
        passed: judged - all,
        broken_must: must,
        broken_other: all - must,
        not_seen: report.rows.len() - judged,
    }
}

const fn heading(level: Level) -> &'static str {
    match level {
        Level::Must => "Broken: players may fail",
        Level::AppleMust => "Apple's rules: Apple's players may refuse",
        Level::Should => "Advice",
        Level::AppleShould => "Apple's advice",
        Level::Practice => "What players and caches need in practice",
    }
}

fn as_text(report: &Report) -> String {
    let mut lines = Vec::new();
    for level in Level::ALL {
        let rows: Vec<_> = broken(report, Some(level)).collect();
        if rows.is_empty() {
            continue;
        }
        lines.push(heading(level).to_owned());
        for Row { rule, verdict } in rows {
            lines.push(format!("  {}: not so: {}", rule.id, rule.sentence));
            for fault in &verdict.faults {
                let times = if fault.times > 1 {
                    format!(" ({} times)", fault.times)
                } else {
                    String::new()
                };
                lines.push(format!("      {}: {}{times}", fault.url, fault.detail));
            }
            lines.push(format!("      fix: {}", rule.fix));
        }
        lines.push(String::new());
    }
    let Counts { judged, passed, broken_must, broken_other, not_seen } = count(report);
    let (playlists, answers) = (report.playlists, report.answers);
    if report.is_cut_short {
        let bound = TEXT_BYTES_MAX >> 20;
        lines.push(format!("followed until {bound} MiB of one playlist were read"));
    }
    lines.push(format!(
        "{playlists} playlists, {answers} answers: {judged} rules judged, {passed} hold, \
         {broken_must} broken, {broken_other} to look at; {not_seen} did not apply"
    ));
    lines.join("\n")
}

fn as_json(report: &Report) -> Value {
    let Counts { judged, passed, broken_must, broken_other, not_seen } = count(report);
    let findings = broken(report, None).flat_map(|Row { rule, verdict }| {
        verdict.faults.iter().map(|fault| {
            json!({
                "rule": rule.id,
                "level": rule.level.name(),
                "must": rule.level == Level::Must,
                "sentence": rule.sentence,
                "url": fault.url,
                "detail": fault.detail,
                "times": fault.times,
                "fix": rule.fix,
            })
        })
    });
    let state = |row: &Row| match (row.verdict.is_judged(), row.verdict.is_broken()) {
        (false, _) => "not_seen",
        (true, false) => "passed",
        (true, true) => "broken",
    };
    let mut rows: Vec<_> = report
        .rows
        .iter()
        .map(|row| {
            let (id, level) = (row.rule.id, row.rule.level.name());
            json!({"rule": id, "level": level, "state": state(row), "cases": row.verdict.cases})
        })
        .collect();
    rows.extend(OMITTED.iter().map(|row| {
        let state = match row.why {
            Why::NotServed => "not_applicable",
            Why::NotVisible => "not_judgeable",
        };
        json!({"rule": row.id, "level": row.level.name(), "state": state, "reason": row.reason})
    }));
    json!({
        "sound": broken_must == 0,
        "playlists": report.playlists,
        "answers": report.answers,
        "judged": judged,
        "passed": passed,
        "broken_must": broken_must,
        "broken_other": broken_other,
        "cut_short": report.is_cut_short,
        "not_seen": not_seen,
        "findings": findings.collect::<Vec<_>>(),
        "rows": rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::probe::{Ask, Capture, Exchange, judge};
    use media::time::Wall;

    fn report() -> Report {
        let (url, at) = ("https://host/index.m3u8".to_owned(), Wall(0));
        let body = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://other/v0.m3u8\n".into();
        let seen = Exchange {
            ask: Ask::Open,
            url,
            query: String::new(),
            is_http2: false,
            asked_at: at,
            head_at: at,
            at,
            status: 200,
            headers: Vec::new(),
            body,
        };
        let rows = judge(&Capture::new(vec![seen]));
        Report { rows, playlists: 1, answers: 1, is_cut_short: false }
    }

    #[test]
    fn the_text_says_what_is_wrong_and_the_fix_and_counts_at_the_end() {
        let text = as_text(&report());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Broken: players may fail");
        assert_eq!(lines[1], "  T8: not so: every answer has the content type of what it is");
        assert_eq!(lines[2], "      https://host/index.m3u8: content type ``");
        assert!(lines[3].starts_with("      fix: use application/vnd.apple.mpegurl"));
        let last = lines.last().unwrap();
        assert!(last.starts_with("1 playlists, 1 answers: "), "{last}");
    }

    #[test]
    fn the_json_keeps_its_names() {
        let json = as_json(&report());
        let names = |value: &Value| {
            let mut names: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
            names.sort();
            names
        };
        let top = [
            "answers",
            "broken_must",
            "broken_other",
            "cut_short",
            "findings",
            "judged",
            "not_seen",
            "passed",
            "playlists",
            "rows",
            "sound",
        ];
        assert_eq!(names(&json), top);
        let finding = ["detail", "fix", "level", "must", "rule", "sentence", "times", "url"];
        assert_eq!(names(&json["findings"][0]), finding);
        assert_eq!(json["sound"], false);
        let rows = json["rows"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["rule"] == "T14" && row["state"] == "not_judgeable"));
        assert!(rows.iter().any(|row| row["rule"] == "EN1" && row["state"] == "not_applicable"));
        assert!(rows.iter().any(|row| row["rule"] == "DD7" && row["state"] == "not_seen"));
    }
}
