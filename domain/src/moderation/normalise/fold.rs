//! The literal reading: compatibility forms, case, invisible characters and accents.

use smallvec::SmallVec;
use unicode_normalization::UnicodeNormalization;

use super::{Marks, Reading, Span, is_han};

/// Whether a character is drawn as nothing: Unicode's `Default_Ignorable_Code_Point`.
///
/// Source: Unicode 16, `DerivedCoreProperties.txt`.
pub fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Reads each letter together with the marks that follow it.
pub(super) fn fold(text: &str) -> Reading {
    let mut reading = Reading::with_capacity(text.len().div_ceil(2));
    let mut visible = text.chars().zip(0_u32..).filter(|&(c, _)| !is_ignorable(c)).peekable();
    let mut cluster: SmallVec<[char; 8]> = SmallVec::new();
    while let Some((base, start)) = visible.next() {
        let mut end = start + 1;
        cluster.clear();
        cluster.push(base);
        while let Some((mark, at)) = visible.next_if(|&(c, _)| joins_the_last(c)) {
            // A pile of marks is one disguise, however high: its first marks say enough.
            if cluster.len() < cluster.inline_size() {
                cluster.push(mark);
            }
            end = at + 1;
        }
        push_cluster(&mut reading, &cluster, Span { start, end });
    }
    reading
}

fn push_cluster(reading: &mut Reading, cluster: &[char], span: Span) {
    match *cluster {
        [base] if base.is_ascii() => push(reading, base.to_ascii_lowercase(), span),
        [base] if is_plain_han(base) => push(reading, base, span),
        _ => {
            let is_accented = cluster.iter().copied().nfkd().next().is_some_and(has_accents);
            if is_accented {
                let bare = cluster.iter().copied().nfkd().filter(|&c| !is_overlay(c));
                push_lower(reading, bare.nfc(), span);
            } else {
                push_lower(reading, cluster.iter().copied().nfkc(), span);
            }
        }
    }
}

fn push_lower(reading: &mut Reading, characters: impl Iterator<Item = char>, span: Span) {
    let lower = characters.flat_map(char::to_lowercase);
    for character in lower.filter(|&c| !is_overlay(c) && !is_ignorable(c)) {
        match character {
            'ß' => {
                push(reading, 's', span);
                push(reading, 's', span);
            }
            'ς' => push(reading, 'σ', span),
            _ => push(reading, character, span),
        }
    }
}

/// White space of any kind and length is one space.
fn push(reading: &mut Reading, character: char, span: Span) {
    if character.is_whitespace() {
        if let Some(last) = reading.letters.last_mut().filter(|last| last.character == ' ') {
            last.span.end = span.end;
        } else {
            reading.push(' ', span, 1, Marks::default());
        }
        return;
    }
    reading.push(character, span, 1, Marks::default().when(is_han(character), Marks::HAN));
}

/// Han characters that no normalisation changes.
fn is_plain_han(character: char) -> bool {
    matches!(character, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}')
}

/// Whether it is drawn into the character before it: marks, and the rest of a Hangul syllable.
fn joins_the_last(character: char) -> bool {
    character >= '\u{300}'
        && (unicode_normalization::char::is_combining_mark(character)
            || matches!(character, '\u{1161}'..='\u{11ff}' | '\u{ff9e}'..='\u{ff9f}'))
}

/// Letters whose accents are decoration for our purpose. Elsewhere (kana, Indic scripts) a mark
/// makes another letter.
fn has_accents(character: char) -> bool {
    matches!(character, 'A'..='Z' | 'a'..='z' | '\u{80}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
}

/// Marks that are laid over any script: accents, strokes, enclosing signs.
fn is_overlay(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}
