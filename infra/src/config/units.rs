//! Values with units, as people write them: `200ms`, `15min`, `30d`, `256MB`.

use std::time::Duration;

/// A length of time: a whole number and `ms`, `s`, `min`, `h` or `d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no length of time: a number and ms, s, min, h or d");
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let milliseconds = match unit {
        "ms" => Some(number),
        "s" => number.checked_mul(1_000),
        "min" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        "d" => number.checked_mul(86_400_000),
        _ => None,
    };
    milliseconds.map(Duration::from_millis).ok_or_else(wrong)
}

/// A number of bytes: a whole number and `B`, `kB`, `MB`, `GB`, or `KiB`, `MiB`, `GiB`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no size: a number and B, kB, MB, GB, KiB, MiB or GiB");
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let size = match unit {
        "" | "B" => Some(number),
        "kB" => number.checked_mul(1_000),
        "MB" => number.checked_mul(1_000_000),
        "GB" => number.checked_mul(1_000_000_000),
        "KiB" => number.checked_mul(1 << 10),
        "MiB" => number.checked_mul(1 << 20),
        "GiB" => number.checked_mul(1 << 30),
        _ => None,
    };
    size.ok_or_else(wrong)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration};

    #[test]
    fn lengths_of_time_are_read_with_their_unit() {
        let cases = [
            ("200ms", Some(200)),
            ("2 s", Some(2_000)),
            ("15min", Some(900_000)),
            ("2h", Some(7_200_000)),
            ("30d", Some(2_592_000_000)),
            ("2", None),
            ("s", None),
            ("-2s", None),
            ("99999999999999999999s", None),
            ("2m", None),
        ];
        for (text, wanted) in cases {
            let read = duration(text).ok().map(|time| time.as_millis());
            assert_eq!(read, wanted.map(u128::from as fn(u64) -> u128), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_unit() {
        let cases = [
            ("256MB", Some(256_000_000)),
            ("1GiB", Some(1 << 30)),
            ("7", Some(7)),
            ("1.5GB", None),
            ("MB", None),
            ("", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(bytes(text).ok(), wanted, "{text}");
        }
    }
}
