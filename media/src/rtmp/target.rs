//! Where a publisher wants to go: application, stream key and parameters.

/// What `connect` and `publish` name together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// All path parts before the key, joined by `/`; can be empty.
    pub app: String,
    /// The last path part that is not empty; empty if there is none.
    pub key: String,
    /// What follows the first `?`, whole.
    pub parameters: String,
}

impl Target {
    /// Puts the `app` of `connect` and the name of `publish` together again.
    ///
    /// Senders cut the path in different places: at the first slash, the last, or inside the
    /// query. So the last path part that is not empty is the key, wherever the cut was. An
    /// encoded slash separates like a plain one.
    pub fn new(app: &str, name: &str) -> Self {
        let (app_path, app_query) = split(app);
        let (name_path, name_query) = split(name);
        let app_parts = parts(app_path);
        // Cut inside the query: `live/KEY?u=a` and `b` were `live/KEY?u=a/b`.
        let cut_in_query = app_query.is_some() && app_parts.len() > 1 && !name.is_empty();
        let parameters = match (app_query, name_query) {
            (Some(query), _) if cut_in_query => format!("{query}/{name}"),
            (Some(query), Some(more)) => format!("{query}&{more}"),
            (Some(query), None) => query.to_owned(),
            (None, more) => more.unwrap_or_default().to_owned(),
        };
        let mut parts = app_parts;
        if !cut_in_query {
            parts.extend(self::parts(name_path));
        }
        let key = parts.pop().unwrap_or_default();
        Self { app: parts.join("/"), key, parameters }
    }
}

fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    }
}

fn parts(path: &str) -> Vec<String> {
    let decoded = path.replace("%2F", "/").replace("%2f", "/");
    decoded.split('/').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
}

/// Why an address is not one to publish to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Another scheme.
    #[error("the address does not start with rtmp:// or rtmps://")]
    Scheme,
    /// Nothing between the slashes.
    #[error("the address names no host")]
    Host,
    /// No number, or none of a port.
    #[error("the port in the address is no number from 1 to 65535")]
    Port,
    /// Nothing after the host.
    #[error("the address names no stream key")]
    Key,
}

/// An `rtmp://host:port/app/key?parameters` address, taken apart for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `rtmps://`: RTMP inside TLS.
    pub tls: bool,
    /// Host name or IP address, an IPv6 one without its brackets.
    pub host: String,
    /// 1935, or 443 with TLS, unless named.
    pub port: u16,
    /// The `app` of `connect`: the path up to its last part.
    pub app: String,
    /// The name of `publish`: the last path part and the parameters.
    pub name: String,
    /// The address up to the application, as `connect` repeats it.
    pub base: String,
}

impl Address {
    /// Takes an address apart.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = address.split_once("://").ok_or(AddressError::Scheme)?;
        let tls = match scheme {
            "rtmp" => false,
            "rtmps" => true,
            _ => return Err(AddressError::Scheme),
        };
        let (authority, path) = rest.split_once('/').ok_or(AddressError::Key)?;
        let (host, port) = host_and_port(authority)?;
        let (path, query) = split(path);
        let (app, key) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
        let key = key.trim_end_matches('/');
        if key.is_empty() {
            return Err(AddressError::Key);
        }
        Ok(Self {
            tls,
            host: host.to_owned(),
            port: port.unwrap_or(if tls { 443 } else { 1_935 }),
            app: app.to_owned(),
            name: query.map_or_else(|| key.to_owned(), |query| format!("{key}?{query}")),
            base: format!("{scheme}://{authority}/{app}"),
        })
    }
}

fn host_and_port(authority: &str) -> Result<(&str, Option<u16>), AddressError> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or(AddressError::Host)?;
            (host, rest.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        return Err(AddressError::Host);
    }
    let port = match port.map(str::parse::<u16>) {
        None => None,
        Some(Ok(port)) if port > 0 => Some(port),
        Some(_) => return Err(AddressError::Port),
    };
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_path_part_is_the_key_wherever_the_sender_cut() {
        // app of connect, name of publish, then app, key and parameters as we read them.
        let cases = [
            ("live", "KEY", ["live", "KEY", ""]),
            ("live", "KEY?token=a", ["live", "KEY", "token=a"]),
            ("KEY?u=a&p=b", "", ["", "KEY", "u=a&p=b"]),
            ("live/", "KEY", ["live", "KEY", ""]),
            ("live", "/KEY", ["live", "KEY", ""]),
            ("live/KEY", "", ["live", "KEY", ""]),
            ("live/KEY/", "", ["live", "KEY", ""]),
            ("live", "KEY/", ["live", "KEY", ""]),
            ("live", "KEY?pic=http://a/b", ["live", "KEY", "pic=http://a/b"]),
            ("live/KEY?pic=a", "b", ["live", "KEY", "pic=a/b"]),
            ("live%2FKEY", "", ["live", "KEY", ""]),
            ("live?token=x", "KEY", ["live", "KEY", "token=x"]),
            ("live?token=x", "KEY?y=z", ["live", "KEY", "token=x&y=z"]),
            ("live/KEY", "?token=x", ["live", "KEY", "token=x"]),
            ("a/b", "KEY", ["a/b", "KEY", ""]),
            ("", "KEY", ["", "KEY", ""]),
            ("", "", ["", "", ""]),
            ("///", "/", ["", "", ""]),
        ];
        for (app, name, [read_app, key, parameters]) in cases {
            let expected = Target {
                app: read_app.to_owned(),
                key: key.to_owned(),
                parameters: parameters.to_owned(),
            };
            assert_eq!(Target::new(app, name), expected, "{app:?} {name:?}");
        }
    }

    #[test]
    fn an_address_comes_apart() {
        let cases = [
            ("rtmp://h/live/KEY", "h", 1_935, "live", "KEY"),
            ("rtmps://h/live/KEY?a=b/c", "h", 443, "live", "KEY?a=b/c"),
            ("rtmp://h:2000/KEY", "h", 2_000, "", "KEY"),
            ("rtmp://[::1]:2000/a/b/KEY/", "::1", 2_000, "a/b", "KEY"),
            ("rtmp://[::1]/live/KEY", "::1", 1_935, "live", "KEY"),
        ];
        for (text, host, port, app, name) in cases {
            let address = Address::parse(text).unwrap();
            let read = (address.host.as_str(), address.port, &*address.app, &*address.name);
            assert_eq!(read, (host, port, app, name), "{text}");
        }
        let refused = [
            ("http://h/live/KEY", AddressError::Scheme),
            ("live", AddressError::Scheme),
            ("rtmp:///live/KEY", AddressError::Host),
            ("rtmp://[::1/live/KEY", AddressError::Host),
            ("rtmp://h:0/live/KEY", AddressError::Port),
            ("rtmp://h:x/live/KEY", AddressError::Port),
            ("rtmp://h", AddressError::Key),
            ("rtmp://h/", AddressError::Key),
        ];
        for (text, error) in refused {
            assert_eq!(Address::parse(text), Err(error), "{text}");
        }
    }
}
