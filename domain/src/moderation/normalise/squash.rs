//! The squashed reading: without separators, repeats as one letter.

use super::{Letter, Marks, Reading, is_han};

/// More digits than this between two Han characters are a number, not a separator.
const SEPARATING_DIGITS_MAX: usize = 2;

/// Drops what stands between letters and draws repeats together; how often a letter was repeated
/// is kept, because `good` is not `god`. Digits are not drawn together: 1000 is not 10.
pub(super) fn squash(folded: &Reading) -> Reading {
    let letters = folded.letters();
    let mut reading = Reading::with_capacity(letters.len());
    let mut after_space = false;
    let mut rest = letters;
    while let Some((letter, following)) = rest.split_first() {
        rest = following;
        if !letter.character.is_alphanumeric() {
            after_space |= letter.character == ' ';
            continue;
        }
        push(&mut reading, letter, after_space);
        after_space = false;
        if is_han(letter.character) {
            let gap = gap_to_han(rest);
            after_space = rest.iter().take(gap).any(|letter| letter.character == ' ');
            rest = rest.get(gap..).unwrap_or_default();
        }
    }
    reading
}

fn push(reading: &mut Reading, letter: &Letter, after_space: bool) {
    if let Some(last) = reading.letters.last_mut()
        && last.character == letter.character
        && !letter.character.is_numeric()
        && !after_space
    {
        last.run = last.run.saturating_add(letter.run);
        last.span.end = last.span.end.max(letter.span.end);
        last.marks = last.marks.with(letter.marks);
        return;
    }
    let marks = letter.marks.when(after_space, Marks::AFTER_SPACE);
    reading.push(letter.character, letter.span, letter.run, marks);
}

/// How many characters stand before the next Han character, when none of them is a letter: then
/// even a digit is only there to separate (`傻1逼`).
fn gap_to_han(letters: &[Letter]) -> usize {
    let Some(gap) = letters.iter().position(|letter| letter.character.is_alphabetic()) else {
        return 0;
    };
    let ends_at_han = letters.get(gap).is_some_and(|letter| is_han(letter.character));
    let digits = letters.iter().take(gap).filter(|letter| letter.character.is_numeric()).count();
    if ends_at_han && digits <= SEPARATING_DIGITS_MAX { gap } else { 0 }
}
