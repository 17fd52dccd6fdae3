//! Starts the origin on ports that are free.

use std::sync::Arc;

use infra::config::Config;
use origin::{Origin, Parts, Rtmps, Settings, StartError};
use rustls::ServerConfig;

use super::{Serving, ports};

/// Starts the origin; a busy port that nobody chose gives way to the next.
pub(super) async fn start(
    config: &Config,
    serving: Serving,
    tls: Option<Arc<ServerConfig>>,
    parts: Parts,
) -> anyhow::Result<Origin> {
    let mut settings = settings(config, tls)?;
    loop {
        match Origin::start(settings.clone(), parts.clone()).await {
            Err(StartError::Bind { address, is_tls, source }) => {
                let choice = if is_tls { serving.rtmps } else { serving.rtmp };
                let next = ports::next(address, choice, source)?;
                match &mut settings.rtmps {
                    Some(rtmps) if is_tls => rtmps.address = next,
                    _ => settings.rtmp = Some(next),
                }
            }
            started => return Ok(started?),
        }
    }
}

fn settings(config: &Config, tls: Option<Arc<ServerConfig>>) -> anyhow::Result<Settings> {
    let rtmps = config.rtmp.tls.as_ref().zip(tls);
    Ok(Settings {
        rtmp: Some(config.rtmp.listen),
        rtmps: rtmps.map(|(rtmps, tls)| Rtmps { address: rtmps.listen, tls }),
        publishers_max: config.rtmp.publishers_max,
        profile: config.live.profile.parse()?,
        dvr_window: config.live.dvr_window,
        reconnect_window: config.live.reconnect_window,
        end_on_unpublish: config.live.end_on_unpublish,
        cache_bytes_max: config.cache_bytes,
        backlog_bytes_max: config.live.backlog_bytes,
        disk_reserve_bytes: config.disk_reserve_bytes,
        cache_tag: config.live.cache_tag.clone(),
        journal: Some(config.data.clone()),
        ..Settings::default()
    })
}
