//! How a text looks: capitals and runs.

use crate::moderation::normalise::Span;

/// Whether the share of capitals reaches `percent`, in a text of enough letters that have case.
pub(super) fn is_shouting(body: &str, letters_min: u32, percent: u8) -> bool {
    let (mut capitals, mut letters) = (0_u64, 0_u64);
    for character in body.chars() {
        capitals += u64::from(character.is_uppercase());
        letters += u64::from(character.is_uppercase() || character.is_lowercase());
    }
    letters > 0
        && letters >= u64::from(letters_min)
        && capitals * 100 >= letters * u64::from(percent)
}

/// Runs of one character that are longer than `run_max`; white space is no run.
pub(super) fn runs(body: &str, run_max: u32) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut open: Option<(char, Span)> = None;
    let is_long = |span: Span| span.end - span.start > run_max;
    for (character, at) in body.chars().zip(0_u32..) {
        match &mut open {
            Some((repeated, span)) if *repeated == character => span.end = at + 1,
            _ => {
                spans.extend(open.map(|(_, span)| span).filter(|&span| is_long(span)));
                let span = Span { start: at, end: at + 1 };
                open = (!character.is_whitespace()).then_some((character, span));
            }
        }
    }
    spans.extend(open.map(|(_, span)| span).filter(|&span| is_long(span)));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shouting_needs_enough_letters_that_have_case() {
        for (body, shouts) in [
            ("THIS IS LOUD", true),
            ("This is not", false),
            ("GG", false),
            ("太好了太好了太好了太好了", false),
            ("ÄÖÜÄÖÜÄÖÜ", true),
            ("", false),
        ] {
            assert_eq!(is_shouting(body, 8, 70), shouts, "{body}");
        }
    }

    #[test]
    fn a_run_is_found_where_it_stands() {
        assert_eq!(runs("hahaaaaa!", 3), [Span { start: 3, end: 8 }]);
        assert_eq!(
            runs("哈哈哈哈哈 66666", 4),
            [Span { start: 0, end: 5 }, Span { start: 6, end: 11 }]
        );
        assert!(runs("a          b", 3).is_empty());
        assert!(runs("aaa", 3).is_empty());
    }
}
