//! Which language a page speaks: the address, else the cookie, else the browser's list, else English.

use http::{HeaderMap, header};

/// A language that the pages have sentences of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Chinese,
}

impl Language {
    /// The tag on `<html lang>`, in the cookie and in the manifest.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The language of a tag or a range: `zh`, `zh-Hans-CN`, `en-GB`.
    pub(super) fn of(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        if primary.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Chinese)
        } else {
            None
        }
    }

    /// The choice for a request; `asked` is the address's `lang`.
    pub(super) fn choose(asked: Option<&str>, headers: &HeaderMap) -> Self {
        asked
            .and_then(Self::of)
            .or_else(|| cookie(headers, "hw_lang").and_then(Self::of))
            .or_else(|| accepted(headers))
            .unwrap_or(Self::English)
    }
}

/// The value of a cookie, if the request brought it.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

fn accepted(headers: &HeaderMap) -> Option<Language> {
    let line = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(Language, u16)> = None;
    for range in line.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let language = parts.next().and_then(Language::of);
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        let Some(language) = language.filter(|_| weight > 0) else { continue };
        // Of equal weights the first one counts.
        if best.is_none_or(|(_, before)| weight > before) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

/// A quality value like `0.75` in thousandths; what is none counts nothing.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u16>()) {
        ("1", Ok(0)) => 1000,
        ("0", Ok(digits)) => digits,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(asked: Option<&str>, cookie: &str, accept: &str, wanted: Language) {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
        assert_eq!(Language::choose(asked, &headers), wanted, "{asked:?} {cookie} {accept}");
    }

    #[test]
    fn the_address_beats_the_cookie_and_the_cookie_beats_the_browser() {
        use Language::{Chinese, English};
        check(Some("zh-CN"), "hw_lang=en", "en", Chinese);
        check(None, "a=b; hw_lang=zh-CN", "en", Chinese);
        check(None, "", "zh-Hans-CN,zh;q=0.9,en;q=0.8", Chinese);
        check(None, "", "en-GB,en;q=0.9,zh;q=0.8", English);
        check(None, "", "de,zh;q=0.5,en;q=0.3", Chinese);
        check(None, "", "zh;q=0, en;q=0.1", English);
        check(None, "", "sl", English);
        check(Some("xx"), "", "", English);
    }

    #[test]
    fn a_quality_value_has_at_most_three_digits() {
        for (text, wanted) in
            [("1", 1000), ("1.0", 1000), ("0.5", 500), ("0.123", 123), ("0", 0), ("2", 0), ("x", 0)]
        {
            assert_eq!(thousandths(text), wanted, "{text}");
        }
    }
}
