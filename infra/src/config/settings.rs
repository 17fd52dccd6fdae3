//! Each setting once: its key, its default, whether it is a secret, and how a text becomes its value.

use std::path::PathBuf;

use super::{Config, Database, Live, Secret, Store, Tls, store, units};

/// One key of the configuration.
pub(super) struct Setting {
    /// As in the file: `live.dvr_window`.
    pub(super) key: &'static str,
    /// The value when nobody says another; empty is none.
    pub(super) default: &'static str,
    /// Whether the value must not stand in the file and is never shown.
    pub(super) is_secret: bool,
}

const fn open(key: &'static str, default: &'static str) -> Setting {
    Setting { key, default, is_secret: false }
}

const fn secret(key: &'static str) -> Setting {
    Setting { key, default: "", is_secret: true }
}

/// All settings, in the order in which `headwater config show` prints them.
pub(super) const SETTINGS: &[Setting] = &[
    open("data", "./headwater-data"),
    open("log", "info"),
    open("http.listen", "127.0.0.1:8080"),
    open("http.public_url", ""),
    open("http.allowed_origins", ""),
    open("http.tls_certificate", ""),
    open("http.tls_key", ""),
    open("rtmp.listen", "127.0.0.1:1935"),
    open("rtmp.publishers_max", "1000"),
    open("rtmp.public_host", ""),
    open("rtmp.tls_listen", "127.0.0.1:1936"),
    open("rtmp.tls_certificate", ""),
    open("rtmp.tls_key", ""),
    open("database.url", ""),
    secret("database.password"),
    open("database.connections_max", "16"),
    open("database.write_deadline", "5s"),
    open("store.url", ""),
    open("store.region", "us-east-1"),
    open("store.key", ""),
    secret("store.secret"),
    open("store.reserve", "256MB"),
    open("cache.size", "256MB"),
    open("live.profile", "low"),
    open("live.dvr_window", "15min"),
    open("live.reconnect_window", "120s"),
    open("live.end_on_unpublish", "true"),
    open("live.backlog", "1GB"),
    open("live.cache_tag", ""),
];

/// The texts of all settings, by key.
pub(super) trait Texts {
    /// The text of a key that is in [`SETTINGS`].
    fn text(&self, key: &str) -> &str;
}

/// Which key is wrong, and why.
pub(super) type Wrong = (&'static str, String);

fn read<T>(
    texts: &dyn Texts,
    key: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, Wrong> {
    parse(texts.text(key)).map_err(|why| (key, why))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no whole number in range"))
}

fn address(text: &str) -> Result<std::net::SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is no address and port, such as 127.0.0.1:8080"))
}

fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("`{text}` is neither true nor false"))
}

fn optional(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn list(text: &str) -> Vec<String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(str::to_owned).collect()
}

/// Origins as browsers send them: scheme and host, no path.
fn origins(text: &str) -> Result<Vec<String>, String> {
    let origins = list(text);
    for origin in &origins {
        let url = url::Url::parse(origin).ok();
        if url.is_none_or(|url| url.origin().ascii_serialization() != *origin) {
            return Err(format!("`{origin}` is no origin, such as https://partner.example"));
        }
    }
    Ok(origins)
}

/// Turns texts into the typed configuration and checks what only several values together can tell.
pub(super) fn build(texts: &dyn Texts) -> Result<Config, Wrong> {
    let data = PathBuf::from(texts.text("data"));
    let live = live(texts)?;
    let http = http(texts)?;
    Ok(Config {
        database: database(texts, &data)?,
        store: store(texts, &data)?,
        rtmp: rtmp(texts, http.tls.as_ref())?,
        http,
        disk_reserve_bytes: read(texts, "store.reserve", units::bytes)?,
        cache_bytes: read(texts, "cache.size", units::bytes)?,
        log: texts.text("log").to_owned(),
        live,
        data,
    })
}

/// A certificate and its key: both or none.
fn pair(
    texts: &dyn Texts,
    (certificate_key, key_key): (&'static str, &'static str),
) -> Result<Option<Tls>, Wrong> {
    let certificate = optional(texts.text(certificate_key));
    let key = optional(texts.text(key_key));
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Ok(Some(Tls { certificate: certificate.into(), key: key.into() }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err((key_key, "a certificate needs its key".to_owned())),
        (None, Some(_)) => Err((certificate_key, "a key needs its certificate".to_owned())),
    }
}

/// With TLS as soon as there is a certificate, unless no address is named.
fn rtmp(texts: &dyn Texts, http: Option<&Tls>) -> Result<super::Rtmp, Wrong> {
    let own = pair(texts, ("rtmp.tls_certificate", "rtmp.tls_key"))?;
    let tls = match own.or_else(|| http.cloned()) {
        Some(pair) if !texts.text("rtmp.tls_listen").is_empty() => {
            Some(super::Rtmps { listen: read(texts, "rtmp.tls_listen", address)?, pair })
        }
        _ => None,
    };
    let public_host = read(texts, "rtmp.public_host", |text| {
        let host = url::Host::parse(text);
        let why = |_| format!("`{text}` is no host name, such as ingest.example");
        if text.is_empty() {
            Ok(None)
        } else {
            host.map(|host| Some(host.to_string())).map_err(why)
        }
    })?;
    Ok(super::Rtmp {
        listen: read(texts, "rtmp.listen", address)?,
        tls,
        public_host,
        publishers_max: read(texts, "rtmp.publishers_max", number)?,
    })
}

fn http(texts: &dyn Texts) -> Result<super::Http, Wrong> {
    let tls = pair(texts, ("http.tls_certificate", "http.tls_key"))?;
    let public_url = read(texts, "http.public_url", |text| {
        let is_url = text.is_empty() || text.starts_with("http://") || text.starts_with("https://");
        let trimmed = text.trim_end_matches('/');
        is_url.then(|| optional(trimmed)).ok_or_else(|| format!("`{text}` is no http(s) address"))
    })?;
    Ok(super::Http {
        listen: read(texts, "http.listen", address)?,
        tls,
        public_url,
        allowed_origins: read(texts, "http.allowed_origins", origins)?,
    })
}

fn database(texts: &dyn Texts, data: &std::path::Path) -> Result<Database, Wrong> {
    let url = texts.text("database.url");
    let mut database = if url.is_empty() {
        Database::sqlite(data.join("headwater.db"))
    } else {
        let password = texts.text("database.password");
        let address = url::Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "postgres" | "postgresql") && url.has_host());
        let mut address = address
            .ok_or_else(|| ("database.url", "it must be postgres://USER@HOST/NAME".to_owned()))?;
        if !password.is_empty() {
            let why = || ("database.password", "the address takes no password".to_owned());
            address.set_password(Some(password)).map_err(|()| why())?;
        }
        Database::postgres(Secret::new(address))
    };
    database.connections_max = read(texts, "database.connections_max", number)?;
    database.write_deadline = read(texts, "database.write_deadline", units::duration)?;
    Ok(database)
}

fn store(texts: &dyn Texts, data: &std::path::Path) -> Result<Store, Wrong> {
    let url = texts.text("store.url");
    if url.is_empty() {
        return Ok(Store::Files(data.join("objects")));
    }
    let (endpoint, bucket) = store::parse(url).map_err(|why| ("store.url", why))?;
    let access_key = texts.text("store.key").to_owned();
    let secret_key = Secret::new(texts.text("store.secret"));
    if access_key.is_empty() {
        return Err(("store.key", "a bucket needs the id of its access key".to_owned()));
    }
    if secret_key.is_empty() {
        return Err(("store.secret", "a bucket needs its key's secret".to_owned()));
    }
    let region = texts.text("store.region").to_owned();
    Ok(Store::S3 { endpoint, bucket, region, access_key, secret_key })
}

fn live(texts: &dyn Texts) -> Result<Live, Wrong> {
    let live = Live {
        profile: read(texts, "live.profile", |text| {
            let known = Live::PROFILES.contains(&text);
            let why = || format!("`{text}` is none of {}", Live::PROFILES.join(", "));
            known.then(|| text.to_owned()).ok_or_else(why)
        })?,
        dvr_window: read(texts, "live.dvr_window", units::duration)?,
        reconnect_window: read(texts, "live.reconnect_window", units::duration)?,
        end_on_unpublish: read(texts, "live.end_on_unpublish", flag)?,
        backlog_bytes: read(texts, "live.backlog", units::bytes)?,
        cache_tag: optional(texts.text("live.cache_tag")),
    };
    let window_min = Live::SEGMENT_MAX * 6;
    if live.dvr_window < window_min {
        let seconds = window_min.as_secs();
        return Err((
            "live.dvr_window",
            format!("a window holds six segments: at least {seconds}s"),
        ));
    }
    if live.reconnect_window > live.dvr_window {
        let why = "it must not be longer than live.dvr_window";
        return Err(("live.reconnect_window", why.to_owned()));
    }
    Ok(live)
}
