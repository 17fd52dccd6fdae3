//! URIs of playlists against the URL they were read from (RFC 3986, 5.2).

/// The absolute URL that `reference` means in a playlist read from `base`.
///
/// A query of `base` is dropped, as players do; one of `reference` stays.
pub fn resolve(base: &str, reference: &str) -> String {
    let is_absolute = reference
        .split_once("://")
        .is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if is_absolute {
        return reference.to_owned();
    }
    let base = base.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = base.split_once("://").unwrap_or(("", base));
    if let Some(with_host) = reference.strip_prefix("//") {
        return format!("{scheme}://{with_host}");
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let origin = if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") };
    let (reference, query) = match reference.split_once('?') {
        Some((reference, query)) => (reference, format!("?{query}")),
        None => (reference, String::new()),
    };
    let (mut segments, below) = if let Some(absolute) = reference.strip_prefix('/') {
        (Vec::new(), absolute)
    } else {
        let mut segments: Vec<&str> = path.split('/').collect();
        segments.pop();
        (segments, reference)
    };
    let mut names = below.split('/').peekable();
    while let Some(name) = names.next() {
        match name {
            "." | ".." => {
                if name == ".." {
                    segments.pop();
                }
                if names.peek().is_none() {
                    segments.push("");
                }
            }
            name => segments.push(name),
        }
    }
    format!("{origin}/{}{query}", segments.join("/"))
}

/// The scheme and authority of a URL: `https://host:port`.
pub(super) fn origin(url: &str) -> &str {
    let path_at = url.split_once("://").and_then(|(scheme, rest)| {
        let host = rest.find(['/', '?', '#'])?;
        Some(scheme.len() + 3 + host)
    });
    path_at.and_then(|at| url.get(..at)).unwrap_or(url)
}

/// What stands after the last slash, without a query.
pub(super) fn file_name(uri: &str) -> &str {
    let path = uri.split('?').next().unwrap_or(uri);
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_a_player_reads_it() {
        let base = "https://host:8/hls/brd/v0/media.m3u8?_HLS_msn=3";
        let cases = [
            ("1/2.m4s", "https://host:8/hls/brd/v0/1/2.m4s"),
            ("./1/2.m4s?x=1", "https://host:8/hls/brd/v0/1/2.m4s?x=1"),
            ("../a0/media.m3u8", "https://host:8/hls/brd/a0/media.m3u8"),
            ("../../../../../x", "https://host:8/x"),
            ("..", "https://host:8/hls/brd/"),
            ("/x/../y", "https://host:8/y"),
            ("//other/y", "https://other/y"),
            ("http://other/y", "http://other/y"),
            ("a/b?to=http://x", "https://host:8/hls/brd/v0/a/b?to=http://x"),
        ];
        for (reference, expected) in cases {
            assert_eq!(resolve(base, reference), expected, "{reference}");
        }
        assert_eq!(origin(base), "https://host:8");
        assert_eq!(file_name("a/b.m4s?x"), "b.m4s");
    }
}
