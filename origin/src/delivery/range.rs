//! Byte ranges of immutable bytes (RFC 9110, section 14).

use std::ops::Range;

use bytes::Bytes;

/// What a `Range` header asks of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ranged {
    /// No range, several, or one that does not parse: the whole body, status 200.
    Whole,
    /// One range inside the body: status 206.
    Slice(Range<u64>),
    /// A sound range outside the body: status 416.
    Unsatisfiable,
}

/// Reads a `Range` header against a body of `length` bytes.
pub(crate) fn resolve(header: Option<&str>, length: u64) -> Ranged {
    let Some((first, last)) = header
        .and_then(|text| text.trim().strip_prefix("bytes="))
        .filter(|spec| !spec.contains(','))
        .and_then(|spec| spec.split_once('-'))
    else {
        return Ranged::Whole;
    };
    match (number(first), number(last)) {
        (Field::Absent, Field::Number(suffix)) if suffix == 0 || length == 0 => {
            Ranged::Unsatisfiable
        }
        (Field::Absent, Field::Number(suffix)) => {
            Ranged::Slice(length.saturating_sub(suffix)..length)
        }
        (Field::Number(first), Field::Absent) if first < length => Ranged::Slice(first..length),
        (Field::Number(first), Field::Number(last)) if first > last => Ranged::Whole,
        (Field::Number(first), Field::Number(last)) if first < length => {
            Ranged::Slice(first..last.saturating_add(1).min(length))
        }
        (Field::Number(_), Field::Absent | Field::Number(_)) => Ranged::Unsatisfiable,
        (Field::Broken, _) | (_, Field::Broken) | (Field::Absent, Field::Absent) => Ranged::Whole,
    }
}

/// One side of a range.
enum Field {
    Absent,
    Number(u64),
    Broken,
}

fn number(text: &str) -> Field {
    match text.trim() {
        "" => Field::Absent,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().map_or(Field::Number(u64::MAX), Field::Number)
        }
        _ => Field::Broken,
    }
}

/// The bytes of `range` out of `chunks`, without a copy.
pub(crate) fn cut(chunks: &[Bytes], range: &Range<u64>) -> Vec<Bytes> {
    let mut start = 0_u64;
    let mut kept = Vec::new();
    for chunk in chunks {
        let end = start + chunk.len() as u64;
        let from = range.start.clamp(start, end) - start;
        let to = range.end.clamp(start, end) - start;
        if let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to))
            && from < to
        {
            kept.push(chunk.slice(from..to));
        }
        start = end;
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(header: &str, length: u64, expected: &Ranged) {
        assert_eq!(&resolve(Some(header), length), expected, "{header} of {length}");
    }

    #[test]
    fn a_range_is_cut_to_the_body() {
        check("bytes=0-", 10, &Ranged::Slice(0..10));
        check("bytes=0-0", 10, &Ranged::Slice(0..1));
        check("bytes=3-5", 10, &Ranged::Slice(3..6));
        check("bytes=3-50", 10, &Ranged::Slice(3..10));
        check("bytes=-4", 10, &Ranged::Slice(6..10));
        check("bytes=-40", 10, &Ranged::Slice(0..10));
        check("bytes=0-9007199254740991", 10, &Ranged::Slice(0..10));
        check("bytes=0-99999999999999999999999", 10, &Ranged::Slice(0..10));
    }

    #[test]
    fn a_range_outside_the_body_is_told() {
        check("bytes=10-", 10, &Ranged::Unsatisfiable);
        check("bytes=10-12", 10, &Ranged::Unsatisfiable);
        check("bytes=-0", 10, &Ranged::Unsatisfiable);
    }

    #[test]
    fn what_does_not_parse_is_passed_over() {
        for header in ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-3", "items=0-1"] {
            check(header, 10, &Ranged::Whole);
        }
        check("bytes=0-1,3-4", 10, &Ranged::Whole);
        assert_eq!(resolve(None, 10), Ranged::Whole);
    }

    proptest! {
        #[test]
        fn a_cut_equals_the_slice_of_the_whole(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..8),
            a in 0_usize..160,
            b in 0_usize..160,
        ) {
            let whole = chunks.concat();
            let from = a.min(b).min(whole.len());
            let to = a.max(b).min(whole.len());
            let chunks: Vec<Bytes> = chunks.into_iter().map(Bytes::from).collect();
            prop_assert_eq!(cut(&chunks, &(from as u64..to as u64)).concat(), &whole[from..to]);
        }
    }
}
