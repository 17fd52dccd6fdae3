//! Rules about an answer's status and headers.

use super::{Exchange, Fault};
use crate::hls::parse;

pub(super) fn check(exchange: &Exchange<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if (300..400).contains(&exchange.status) && exchange.status != 304 {
        faults.push(("T9", format!("status {}", exchange.status)));
    }
    if exchange.header("access-control-allow-origin").is_none() {
        faults.push(("T12", "there is no Access-Control-Allow-Origin".to_owned()));
    }
    if exchange.status != 200 {
        return faults;
    }
    let kind = exchange.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !["application/vnd.apple.mpegurl", "audio/mpegurl"].contains(&kind.as_str()) {
        faults.push(("T8", format!("content type `{kind}`")));
    }
    let vary = exchange.header("vary").unwrap_or_default().to_ascii_lowercase();
    let is_coded = exchange.header("content-encoding").is_some();
    if is_coded && !vary.contains("accept-encoding") && vary != "*" {
        faults.push(("T6", "Content-Encoding without Vary: Accept-Encoding".to_owned()));
    }
    check_cache(exchange, &mut faults);
    faults
}

fn check_cache(exchange: &Exchange<'_>, faults: &mut Vec<Fault>) {
    let Some(media) = parse::media(exchange.body).filter(|media| !media.ended) else { return };
    let value = exchange.header("cache-control").unwrap_or_default();
    let age = max_age(value);
    let is_blocking = exchange.query.contains("_HLS_msn=");
    if is_blocking && age.is_none_or(|age| age == 0) {
        faults.push(("C1", format!("Cache-Control `{value}`")));
    }
    let target = media.target_seconds.unwrap_or(u64::MAX);
    if !is_blocking && age.is_some_and(|age| age > target) {
        faults.push(("C3", format!("Cache-Control `{value}`")));
    }
}

fn max_age(value: &str) -> Option<u64> {
    let mut directives = value.split(',').map(str::trim);
    if directives.clone().any(|directive| ["no-store", "no-cache"].contains(&directive)) {
        return None;
    }
    directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())
}
