//! Han characters: traditional ones as simplified, all as pinyin.

use std::{collections::HashMap, sync::LazyLock};

use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use pinyin::ToPinyin;

use super::{Marks, Reading, is_han};

/// The simplified form of each character that has another one.
static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let converter =
        OpenCC::from_config(BuiltinConfig::T2s).expect("the dictionary is built into the crate");
    ('\u{3400}'..='\u{9fff}')
        .filter_map(|character| {
            let mut simplified = converter.convert(character.encode_utf8(&mut [0; 4]));
            let only = simplified.pop().filter(|_| simplified.is_empty())?;
            (only != character).then_some((character, only))
        })
        .collect()
});

/// Reads traditional characters as simplified ones, one by one, so that every term has one form.
pub(super) fn simplify(squashed: &Reading) -> Reading {
    let mut reading = Reading::with_capacity(squashed.letters().len());
    for letter in squashed.letters() {
        let simplified = SIMPLIFIED.get(&letter.character).copied();
        reading.push(simplified.unwrap_or(letter.character), letter.span, letter.run, letter.marks);
    }
    reading
}

/// Reads Han characters as syllables without tones; Latin words stay.
///
/// A homophone starts and ends with a syllable or with a whole Latin word: `dubois` is no `赌博`.
pub(super) fn pinyin(simplified: &Reading) -> Reading {
    let letters = simplified.letters();
    let mut reading = Reading::with_capacity(letters.len() * 3);
    for (index, letter) in letters.iter().enumerate() {
        let syllable = is_han(letter.character).then(|| letter.character.to_pinyin()).flatten();
        if let Some(syllable) = syllable {
            let syllable = syllable.plain();
            let last = syllable.chars().count().saturating_sub(1);
            for (position, character) in syllable.chars().enumerate() {
                let marks = letter
                    .marks
                    .when(position == 0, Marks::OPENS)
                    .when(position == last, Marks::CLOSES);
                let character = if character == 'ü' { 'v' } else { character };
                reading.push(character, letter.span, letter.run, marks);
            }
            continue;
        }
        let is_part = |index: Option<usize>| {
            index
                .and_then(|index| letters.get(index))
                .is_some_and(|letter| letter.character.is_ascii_alphanumeric())
        };
        let opens = letter.marks.has(Marks::AFTER_SPACE) || !is_part(index.checked_sub(1));
        let next_is_apart =
            letters.get(index + 1).is_some_and(|next| next.marks.has(Marks::AFTER_SPACE));
        let closes = next_is_apart || !is_part(Some(index + 1));
        let marks = letter.marks.when(opens, Marks::OPENS).when(closes, Marks::CLOSES);
        reading.push(letter.character, letter.span, letter.run, marks);
    }
    reading
}
