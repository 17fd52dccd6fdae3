//! The two cookies: a member's session and a guest's identity. Scripts cannot read either.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

/// The cookie of a member's session.
pub const SESSION_COOKIE: &str = "hw_session";
/// The cookie that keeps a guest the same over reloads.
pub const GUEST_COOKIE: &str = "hw_guest";

/// The value of a cookie of the request.
pub fn read_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// The header that sets a cookie for `age`.
pub fn set_cookie(name: &str, value: &str, age: Duration, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
        age.as_secs()
    );
    HeaderValue::from_str(&text).expect("names and secrets are plain text")
}

/// The header that takes a cookie away.
pub fn clear_cookie(name: &str, secure: bool) -> HeaderValue {
    set_cookie(name, "", Duration::ZERO, secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers
            .insert(header::COOKIE, HeaderValue::from_static("a=1; hw_session=x=y; xhw_guest=2"));
        assert_eq!(read_cookie(&headers, SESSION_COOKIE), Some("x=y"));
        assert_eq!(read_cookie(&headers, GUEST_COOKIE), None);
    }

    #[test]
    fn cookies_are_closed_to_scripts_and_other_sites() {
        let cookie = set_cookie(SESSION_COOKIE, "s", Duration::from_mins(1), true);
        let wanted = "hw_session=s; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure";
        assert_eq!(cookie, wanted);
    }
}
