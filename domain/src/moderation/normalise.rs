//! Makes equal what readers take for equal: several readings of one text, each with a map back to
//! the characters as written, so that a moderator sees what was meant.
//!
//! Terms and texts go through the same functions: a folding that is done on one side only is the
//! commonest reason why a word list misses (or hits everything).

mod fold;
mod han;
mod leet;
mod skeleton;
mod squash;

pub use fold::is_ignorable;
use smallvec::SmallVec;

/// Which reading of the text a term was seen in, from the most literal to the boldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// NFKC, lower case, no invisible characters, no accents on letters of alphabets.
    Folded,
    /// Folded, without separators and with repeats as one letter.
    Squashed,
    /// Digits and signs that stand for letters read as letters, then squashed.
    Leet,
    /// Squashed, with letters of other scripts read as the Latin ones that they look like.
    Skeleton,
    /// Squashed, with traditional Han characters read as simplified ones.
    Simplified,
    /// Simplified, with Han characters read as toneless pinyin: noisy, it may hold, never reject.
    Pinyin,
}

impl Variant {
    /// Every variant, in the order in which they are tried.
    pub const ALL: [Self; 6] =
        [Self::Folded, Self::Squashed, Self::Leet, Self::Skeleton, Self::Simplified, Self::Pinyin];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Folded => "folded",
            Self::Squashed => "squashed",
            Self::Leet => "leet",
            Self::Skeleton => "skeleton",
            Self::Simplified => "simplified",
            Self::Pinyin => "pinyin",
        }
    }
}

/// `[start, end)` in Unicode scalar values of the text as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first character.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
}

impl Span {
    /// Whether `other` lies inside this span.
    pub const fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether both share a character.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// What a reading knows about one of its letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u8);

impl Marks {
    /// A Han character, or a letter of the pinyin of one.
    pub(super) const HAN: Self = Self(1);
    /// White space stood before it.
    pub(super) const AFTER_SPACE: Self = Self(1 << 1);
    /// It was written as a digit, a sign or a letter of another script.
    pub(super) const DISGUISED: Self = Self(1 << 2);
    /// A homophone may start here.
    pub(super) const OPENS: Self = Self(1 << 3);
    /// A homophone may end here.
    pub(super) const CLOSES: Self = Self(1 << 4);

    pub(super) const fn has(self, mark: Self) -> bool {
        self.0 & mark.0 == mark.0
    }

    pub(super) const fn with(self, mark: Self) -> Self {
        Self(self.0 | mark.0)
    }

    pub(super) const fn when(self, condition: bool, mark: Self) -> Self {
        if condition { self.with(mark) } else { self }
    }
}

/// One letter of a reading and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub(super) character: char,
    /// Where it starts in the reading's text.
    pub(super) byte: u32,
    /// The characters as written that it stands for.
    pub(super) span: Span,
    /// How many equal letters it stands for.
    pub(super) run: u16,
    pub(super) marks: Marks,
}

/// A text as it looks in one variant.
#[derive(Clone, Debug)]
pub struct Reading {
    text: String,
    letters: Vec<Letter>,
}

impl Reading {
    fn with_capacity(letters: usize) -> Self {
        Self { text: String::with_capacity(letters * 3), letters: Vec::with_capacity(letters) }
    }

    fn push(&mut self, character: char, span: Span, run: u16, marks: Marks) {
        let byte = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.letters.push(Letter { character, byte, span, run, marks });
        self.text.push(character);
    }

    /// The reading.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn letters(&self) -> &[Letter] {
        &self.letters
    }

    /// The letters that these bytes of the reading are made of.
    pub(super) fn letters_in(&self, bytes: std::ops::Range<usize>) -> &[Letter] {
        let index = |byte: usize| self.letters.partition_point(|l| (l.byte as usize) < byte);
        self.letters.get(index(bytes.start)..index(bytes.end)).unwrap_or_default()
    }

    /// The characters as written that these bytes of the reading stand for.
    pub fn span_of(&self, bytes: std::ops::Range<usize>) -> Option<Span> {
        span_of(self.letters_in(bytes))
    }
}

pub(super) fn span_of(letters: &[Letter]) -> Option<Span> {
    let start = letters.iter().map(|letter| letter.span.start).min()?;
    let end = letters.iter().map(|letter| letter.span.end).max()?;
    Some(Span { start, end })
}

/// All readings of one text that can differ from each other.
#[derive(Clone, Debug)]
pub struct Readings {
    readings: SmallVec<[(Variant, Reading); 6]>,
}

impl Readings {
    /// Reads a text. The cost grows with its length, so bound that first.
    pub fn of(text: &str) -> Self {
        let folded = fold::fold(text);
        let squashed = squash::squash(&folded);
        let has = |test: fn(&Letter) -> bool| folded.letters.iter().any(test);
        let has_han = has(|letter| letter.marks.has(Marks::HAN));
        let mut readings = SmallVec::new();
        if has(|letter| letter.character.is_ascii_alphabetic()) {
            readings.push((Variant::Leet, squash::squash(&leet::leet(&folded))));
        }
        if has(|letter| !letter.marks.has(Marks::HAN) && letter.character.is_alphabetic()) {
            readings.push((Variant::Skeleton, skeleton::skeleton(&squashed)));
        }
        if has_han {
            let simplified = han::simplify(&squashed);
            let pinyin = han::pinyin(&simplified);
            readings.push((Variant::Simplified, simplified));
            readings.push((Variant::Pinyin, pinyin));
        }
        readings.insert(0, (Variant::Squashed, squashed));
        readings.insert(0, (Variant::Folded, folded));
        Self { readings }
    }

    /// The reading of one variant, unless it could find nothing that the others do not.
    pub fn get(&self, variant: Variant) -> Option<&Reading> {
        self.readings.iter().find(|(v, _)| *v == variant).map(|(_, reading)| reading)
    }

    /// The most literal reading.
    pub fn folded(&self) -> &Reading {
        &self.readings[0].1
    }

    /// Every reading, from the most literal.
    pub fn all(&self) -> impl Iterator<Item = (Variant, &Reading)> {
        self.readings.iter().map(|(variant, reading)| (*variant, reading))
    }

    /// Whether a word can start at the start of this span and end at its end.
    pub(super) fn is_word(&self, span: Span) -> bool {
        let letters = self.folded().letters();
        let first = letters.partition_point(|letter| letter.span.start < span.start);
        let after = letters.partition_point(|letter| letter.span.start < span.end);
        let goes_on = |outside: Option<&Letter>, inside: Option<&Letter>| {
            [outside, inside].into_iter().all(|l| l.is_some_and(|l| is_word_letter(l.character)))
        };
        let before = first.checked_sub(1).and_then(|index| letters.get(index));
        let last = after.checked_sub(1).and_then(|index| letters.get(index));
        !goes_on(before, letters.get(first)) && !goes_on(letters.get(after), last)
    }
}

/// Equal for texts that differ only in separators, case, width, repeats: finds repeated comments.
pub fn fingerprint(text: &str) -> i64 {
    use sha2::{Digest, Sha256};
    let folded = fold::fold(text);
    let squashed = squash::squash(&folded);
    // A text of signs only has no letters; then the signs are what repeats.
    let read = if squashed.text.is_empty() { &folded.text } else { &squashed.text };
    let digest: [u8; 32] = Sha256::digest(read.as_bytes()).into();
    let (first, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
    i64::from_be_bytes(*first)
}

/// Whether words made of this letter are set apart by spaces.
pub(super) fn is_word_letter(character: char) -> bool {
    character.is_alphanumeric() && !is_unspaced(character)
}

/// Scripts that write words without spaces.
fn is_unspaced(character: char) -> bool {
    is_han(character)
        || matches!(character, '\u{3040}'..='\u{30ff}' | '\u{e00}'..='\u{edf}' | '\u{1000}'..='\u{109f}')
}

/// Whether this is a Han character.
pub(super) fn is_han(character: char) -> bool {
    matches!(
        character,
        '\u{4e00}'..='\u{9fff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{3005}'..='\u{3007}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{323af}'
    )
}

#[cfg(test)]
mod tests;
