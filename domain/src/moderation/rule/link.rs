//! Addresses in a text.

use std::sync::LazyLock;

use regex::Regex;

use crate::moderation::normalise::{Reading, Span};

/// Something with a scheme, or a host whose last label people use for web sites: without that,
/// `hello.world` and `file.txt` would be addresses.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?:
            [a-z][a-z0-9+.-]{1,11} : // (?: [^\s/@]* @ )? (?<schemed> [^\s/:?\#]+ )
          |
            (?<bare> (?: [\p{L}\p{N}] [\p{L}\p{N}-]* \s? (?: \. | 。 | \(dot\) | \[dot\] ) \s? )+
                (?: com|net|org|info|biz|io|tv|me|gg|xyz|top|vip|club|online|site|shop|live|app
                  |link|cc|cn|ru|de|uk|fr|jp|kr|tk|ly|co|cf|ga|ml|to|ws|pw|icu|fun|win|bet ) \b )
        )
        (?: [/:?\#] \S* )?",
    )
    .expect("the pattern is written here")
});

/// Every address whose host is not allowed.
pub(super) fn find(folded: &Reading, allowed_hosts: &[String]) -> Vec<Span> {
    ADDRESS
        .captures_iter(folded.text())
        .filter_map(|found| {
            let host = found.name("schemed").or_else(|| found.name("bare"))?;
            let host = plain(host.as_str());
            let is_allowed = allowed_hosts.iter().any(|allowed| is_below(&host, allowed));
            let whole = found.get(0)?;
            if is_allowed { None } else { folded.span_of(whole.range()) }
        })
        .collect()
}

fn plain(host: &str) -> String {
    let dotted = host.replace("(dot)", ".").replace("[dot]", ".").replace('。', ".");
    dotted.chars().filter(|c| !c.is_whitespace()).collect()
}

fn is_below(host: &str, allowed: &str) -> bool {
    let allowed = allowed.trim().trim_start_matches("*.").to_lowercase();
    host == allowed
        || host
            .strip_suffix(allowed.as_str())
            .is_some_and(|rest| !allowed.is_empty() && rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moderation::normalise::Readings;

    fn links(text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        let allowed = ["example.com".to_owned()];
        find(Readings::of(text).folded(), &allowed)
            .into_iter()
            .map(|span| chars[span.start as usize..span.end as usize].iter().collect())
            .collect()
    }

    #[test]
    fn an_address_is_found_with_and_without_a_scheme() {
        for (text, link) in [
            ("go to https://spam.test/x?y=1 now", "https://spam.test/x?y=1"),
            ("spam.com", "spam.com"),
            ("SPAM.COM/deal!", "SPAM.COM/deal!"),
            ("spam (dot) com", "spam (dot) com"),
            ("spam。com", "spam。com"),
            ("ｓｐａｍ．ｃｏｍ", "ｓｐａｍ．ｃｏｍ"),
            ("t.me/cheap", "t.me/cheap"),
            ("https://example.com@spam.test/", "https://example.com@spam.test/"),
            ("notexample.com", "notexample.com"),
            ("example.com.spam.net", "example.com.spam.net"),
        ] {
            assert_eq!(links(text), [link], "{text}");
        }
    }

    #[test]
    fn allowed_hosts_and_ordinary_dots_pass() {
        for text in [
            "https://example.com/watch",
            "see www.example.com.",
            "hello.world",
            "file.txt",
            "3.5 stars...",
            "e.g. this",
            "好。come on",
        ] {
            assert!(links(text).is_empty(), "{text}: {:?}", links(text));
        }
    }
}
