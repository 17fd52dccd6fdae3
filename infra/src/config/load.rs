//! Reads the configuration from its three places.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::settings::{SETTINGS, Setting, Texts, build};
use super::{Config, file};

/// How alike a key must be to be suggested, from 0 to 1.
const ALIKE_MIN: f64 = 0.7;

/// Why the configuration can't be used: one sentence that says where and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file can't be read.
    #[error("cannot read {path}: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        why: String,
    },
    /// A key that nobody knows, or TOML that is none.
    #[error("{path}:{line}:{column}: {message}")]
    File {
        /// The file.
        path: String,
        /// From one.
        line: usize,
        /// From one.
        column: usize,
        /// The sentence.
        message: String,
    },
    /// A value that can't be.
    #[error("{origin}: {key}: {why}")]
    Value {
        /// Where the value came from.
        origin: Origin,
        /// The setting.
        key: &'static str,
        /// The sentence.
        why: String,
    },
    /// A variable that nobody knows.
    #[error("{name} is no setting{hint}")]
    Variable {
        /// The variable.
        name: String,
        /// A suggestion, if one is near.
        hint: String,
    },
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The file, with line and column.
    File(String, usize, usize),
    /// The environment.
    Environment(String),
    /// A flag of the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line, column) => write!(f, "{path}:{line}:{column}"),
            Self::Environment(name) => f.write_str(name),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// What the command line says, by key.
pub type Overrides = BTreeMap<&'static str, String>;

/// One line of `headwater config show`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The setting.
    pub key: &'static str,
    /// Its value; `[redacted]` for a secret.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

struct Values(BTreeMap<&'static str, (String, Origin)>);

impl Texts for Values {
    fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |(text, _)| text.as_str())
    }
}

impl Config {
    /// Reads file, environment and flags; also each value with its origin, for showing.
    ///
    /// # Errors
    /// [`Error`] names the place and what is wrong there.
    pub fn load(path: Option<&Path>, flags: &Overrides) -> Result<(Self, Vec<Shown>), Error> {
        Self::load_from(path, flags, std::env::vars())
    }

    fn load_from(
        path: Option<&Path>,
        flags: &Overrides,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<(Self, Vec<Shown>), Error> {
        let mut values = Values(BTreeMap::new());
        for setting in SETTINGS {
            values.0.insert(setting.key, (setting.default.to_owned(), Origin::Default));
        }
        if let Some(path) = path {
            read_file(path, &mut values)?;
        }
        read_environment(environment, &mut values)?;
        for (key, text) in flags {
            values.0.insert(key, (text.clone(), Origin::Flag));
        }
        let config = build(&values).map_err(|(key, why)| {
            let origin = values.0.get(key).map_or(Origin::Default, |(_, origin)| origin.clone());
            Error::Value { origin, key, why }
        })?;
        let shown = SETTINGS.iter().map(|setting| show(setting, &values)).collect();
        Ok((config, shown))
    }
}

fn show(setting: &Setting, values: &Values) -> Shown {
    let (text, origin) =
        values.0.get(setting.key).cloned().unwrap_or_else(|| (String::new(), Origin::Default));
    let hidden = setting.is_secret && !text.is_empty();
    let value = if hidden { "[redacted]".to_owned() } else { text };
    Shown { key: setting.key, value, origin }
}

fn read_file(path: &Path, values: &mut Values) -> Result<(), Error> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::Unreadable { path: shown.clone(), why: error.to_string() })?;
    let at = |(line, column), message| Error::File { path: shown.clone(), line, column, message };
    let entries = file::read(&text).map_err(|fault| at(fault.place, fault.message))?;
    for (key, entry) in entries {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            return Err(at(entry.place, format!("`{key}` is no setting{}", suggestion(&key))));
        };
        if (setting.is_secret || has_password(&entry.text)) && !entry.text.starts_with("file:") {
            let variable = variable(setting.key);
            let message =
                format!("a secret does not stand in the file: use {variable} or `file:PATH`");
            return Err(at(entry.place, message));
        }
        let text = resolve(&entry.text).map_err(|message| at(entry.place, message))?;
        let origin = Origin::File(shown.clone(), entry.place.0, entry.place.1);
        values.0.insert(setting.key, (text, origin));
    }
    Ok(())
}

/// `file:PATH` is the content of that file.
fn resolve(text: &str) -> Result<String, String> {
    let Some(path) = text.strip_prefix("file:") else { return Ok(text.to_owned()) };
    let path = PathBuf::from(path);
    let content = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(content.trim_end().to_owned())
}

fn has_password(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.password().is_some())
}

fn variable(key: &str) -> String {
    format!("HEADWATER_{}", key.replace('.', "_").to_uppercase())
}

/// Variables of ours that are no settings.
const FOREIGN: [&str; 2] = ["HEADWATER_TOOLS", "HEADWATER_REQUIRE_WEB"];

fn read_environment(
    environment: impl Iterator<Item = (String, String)>,
    values: &mut Values,
) -> Result<(), Error> {
    for (name, text) in environment {
        if !name.starts_with("HEADWATER_") || FOREIGN.contains(&name.as_str()) {
            continue;
        }
        let Some(setting) = SETTINGS.iter().find(|setting| variable(setting.key) == name) else {
            let names: Vec<String> = SETTINGS.iter().map(|setting| variable(setting.key)).collect();
            let hint = nearest(&name, names.iter().map(String::as_str));
            return Err(Error::Variable { name, hint });
        };
        let origin = Origin::Environment(name);
        let text = resolve(&text).map_err(|why| Error::Value {
            origin: origin.clone(),
            key: setting.key,
            why,
        })?;
        values.0.insert(setting.key, (text, origin));
    }
    Ok(())
}

/// A suggestion for a key: the nearest whole key, or the nearest in its own section.
fn suggestion(key: &str) -> String {
    nearest(key, SETTINGS.iter().map(|setting| setting.key))
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let scored = known.map(|known| (strsim::jaro_winkler(name, known), known));
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0));
    match best {
        Some((score, known)) if score >= ALIKE_MIN => format!(": did you mean `{known}`?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Engine, Rtmps, Store, Tls};
    use super::*;

    fn load(toml: &str, environment: &[(&str, &str)]) -> Result<(Config, Vec<Shown>), Error> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("headwater.toml");
        std::fs::write(&path, toml).expect("a file");
        let environment =
            environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Config::load_from(Some(&path), &Overrides::new(), environment)
    }

    #[test]
    fn nothing_said_is_a_whole_configuration() {
        let (config, _) =
            Config::load_from(None, &Overrides::new(), std::iter::empty()).expect("defaults");
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
        assert!(matches!(config.store, Store::Files(_)));
        assert_eq!(config.live.dvr_window.as_secs(), 900);
    }

    #[test]
    fn three_lines_move_to_postgresql_and_a_bucket() {
        let toml = "database.url = \"postgres://hw@db/hw\"\nstore.url = \"s3+http://s3:1/b\"\n\
                    store.key = \"AK\"\n";
        let (config, shown) = load(toml, &[("HEADWATER_STORE_SECRET", "SK")]).expect("good");
        assert!(matches!(config.database.engine, Engine::Postgres(_)));
        assert!(matches!(&config.store, Store::S3 { bucket, .. } if bucket == "b"));
        let secret = shown.iter().find(|shown| shown.key == "store.secret").expect("shown");
        assert_eq!(secret.value, "[redacted]");
        assert!(!format!("{config:?}").contains("SK"));
    }

    #[test]
    fn flags_stand_above_the_environment_and_that_above_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("h.toml");
        std::fs::write(&path, "log = \"a\"\ndata = \"a\"\nlive.profile = \"relaxed\"\n")
            .expect("a file");
        let environment = [
            ("HEADWATER_LOG".to_owned(), "b".to_owned()),
            ("HEADWATER_DATA".to_owned(), "b".to_owned()),
        ];
        let flags = Overrides::from([("data", "c".to_owned())]);
        let (config, _) =
            Config::load_from(Some(&path), &flags, environment.into_iter()).expect("good");
        assert_eq!(
            (config.log.as_str(), config.data, config.live.profile.as_str()),
            ("b", "c".into(), "relaxed")
        );
    }

    #[test]
    fn a_certificate_opens_rtmps_too_unless_it_is_switched_off() {
        let http = "http.tls_certificate = \"c\"\nhttp.tls_key = \"k\"\n";
        let own = "rtmp.tls_certificate = \"own\"\nrtmp.tls_key = \"k\"\n";
        let cases = [
            (String::new(), None),
            (http.to_owned(), Some(("127.0.0.1:1936", "c"))),
            (format!("{http}{own}"), Some(("127.0.0.1:1936", "own"))),
            (format!("{own}rtmp.tls_listen = \"[::]:443\"\n"), Some(("[::]:443", "own"))),
            (format!("{http}rtmp.tls_listen = \"\"\n"), None),
        ];
        for (toml, wanted) in cases {
            let tls = load(&toml, &[]).expect("good").0.rtmp.tls;
            let wanted = wanted.map(|(listen, certificate)| Rtmps {
                listen: listen.parse().expect("an address"),
                pair: Tls { certificate: certificate.into(), key: "k".into() },
            });
            assert_eq!(tls, wanted, "{toml}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place_and_what_was_meant() {
        let cases = [
            (
                "log = \"info\"\n[live]\nprofil = \"low\"\n",
                ":3:1: `live.profil` is no setting: did you mean `live.profile`?",
            ),
            (
                "live.profile = \"fast\"\n",
                "live.profile: `fast` is none of low, standard, relaxed, classic",
            ),
            ("live.dvr_window = \"10s\"\n", "live.dvr_window: a window holds six segments"),
            ("live.reconnect_window = \"1h\"\n", "live.reconnect_window: it must not be longer"),
            ("store.secret = \"SK\"\n", "use HEADWATER_STORE_SECRET"),
            ("database.url = \"postgres://hw:pw@db/hw\"\n", "use HEADWATER_DATABASE_URL"),
            ("store.url = \"s3://b\"\n", "store.key: a bucket needs"),
            ("http.tls_key = \"k.pem\"\n", "http.tls_certificate: a key needs"),
            ("rtmp.tls_certificate = \"c.pem\"\n", "rtmp.tls_key: a certificate needs"),
            ("rtmp.public_host = \"a/b\"\n", "rtmp.public_host: `a/b` is no host name"),
            ("cache.size = \"much\"\n", "cache.size: `much` is no size"),
        ];
        for (toml, wanted) in cases {
            let said = load(toml, &[]).expect_err(toml).to_string();
            assert!(said.contains(wanted), "{said}");
        }
        let said = load("", &[("HEADWATER_LIVE_PROFIL", "low")]).expect_err("unknown").to_string();
        assert_eq!(
            said,
            "HEADWATER_LIVE_PROFIL is no setting: did you mean `HEADWATER_LIVE_PROFILE`?"
        );
    }
}
