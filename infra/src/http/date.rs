//! Moments as HTTP writes them.

use domain::time::Timestamp;
use http::HeaderValue;
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

const FORMAT: StaticFormatDescription = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// A moment as the value of `Date` (RFC 9110, 5.6.7).
pub fn date(at: Timestamp) -> HeaderValue {
    let text = OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1_000))
        .ok()
        .and_then(|at| at.format(FORMAT).ok());
    let value = text.and_then(|text| HeaderValue::try_from(text).ok());
    value.unwrap_or(HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_what_the_standard_shows() {
        assert_eq!(date(Timestamp(784_111_777_999)), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date(Timestamp(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
