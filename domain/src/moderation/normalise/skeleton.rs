//! Letters of other scripts that look like Latin ones (UTS 39).

use std::sync::LazyLock;

use smallvec::SmallVec;

use super::{Letter, Marks, Reading, is_unspaced};

type Prototype = SmallVec<[char; 2]>;

/// Prototypes of ASCII characters, which most texts are made of.
static OF_ASCII: LazyLock<Vec<Prototype>> =
    LazyLock::new(|| (0..128_u8).map(|byte| prototype(char::from(byte))).collect());

/// Reads each letter as its prototype; digits only where they stand among letters, because the
/// prototype of `1` is `l`. Scripts written without spaces have no Latin look-alikes worth it.
pub(super) fn skeleton(squashed: &Reading) -> Reading {
    let letters = squashed.letters();
    let mut reading = Reading::with_capacity(letters.len());
    for word in letters.chunk_by(|_, next| !next.marks.has(Marks::AFTER_SPACE)) {
        let holds_a_letter = word.iter().any(|letter| letter.character.is_alphabetic());
        for letter in word {
            if !holds_a_letter || is_unspaced(letter.character) {
                reading.push(letter.character, letter.span, letter.run, letter.marks);
            } else {
                push_prototype(&mut reading, letter);
            }
        }
    }
    reading
}

fn push_prototype(reading: &mut Reading, letter: &Letter) {
    if let Some(prototype) = OF_ASCII.get(letter.character as usize) {
        push(reading, prototype, letter, letter.marks);
    } else {
        let prototype = prototype(letter.character);
        let is_disguised = prototype.as_slice() != [letter.character];
        push(reading, &prototype, letter, letter.marks.when(is_disguised, Marks::DISGUISED));
    }
}

fn push(reading: &mut Reading, prototype: &[char], letter: &Letter, marks: Marks) {
    for &character in prototype {
        reading.push(character, letter.span, letter.run, marks);
    }
}

fn prototype(character: char) -> Prototype {
    unicode_security::skeleton(character.encode_utf8(&mut [0; 4]))
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
