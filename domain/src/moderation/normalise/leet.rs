//! Digits and signs that stand for letters.

use super::{Letter, Marks, Reading};

/// Reads them as letters, but only in a run that holds a letter: `142,460` is no word.
pub(super) fn leet(folded: &Reading) -> Reading {
    let mut reading = Reading::with_capacity(folded.letters().len());
    for run in folded.letters().chunk_by(|a, b| a.character != ' ' && b.character != ' ') {
        let holds_a_letter = run.iter().any(|letter| letter.character.is_ascii_alphabetic());
        for (index, letter) in run.iter().enumerate() {
            let (character, marks) = match stands_for(letter.character) {
                Some(class) if holds_a_letter && is_inside_a_word(run, index) => {
                    let is_disguised = !letter.character.is_ascii_alphabetic();
                    (class, letter.marks.when(is_disguised, Marks::DISGUISED))
                }
                _ => (letter.character, letter.marks),
            };
            reading.push(character, letter.span, letter.run, marks);
        }
    }
    reading
}

/// The letter that names the class of look-alikes.
fn stands_for(character: char) -> Option<char> {
    Some(match character {
        '1' | 'i' | 'l' | '!' | '|' => 'i',
        '0' | 'o' => 'o',
        '3' | 'e' => 'e',
        '4' | 'a' | '@' => 'a',
        '5' | 's' | '$' => 's',
        '7' | 't' => 't',
        _ => return None,
    })
}

/// Letters and digits always; a sign only beside them, and `!` only between them: at the end of a
/// word it is an exclamation mark.
fn is_inside_a_word(run: &[Letter], index: usize) -> bool {
    let is_part = |index: Option<usize>| {
        index.and_then(|index| run.get(index)).is_some_and(|l| {
            l.character.is_ascii_alphanumeric() || matches!(l.character, '@' | '$')
        })
    };
    let before = || is_part(index.checked_sub(1));
    let after = || is_part(Some(index + 1));
    match run.get(index).map(|letter| letter.character) {
        Some('!' | '|') => before() && after(),
        Some('@' | '$') => before() || after(),
        _ => true,
    }
}
