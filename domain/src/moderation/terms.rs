//! Word lists: finds terms in every reading of a text, fast and with their place as written.

mod builtin;

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder};

pub use builtin::{Builtin, builtin};

use super::normalise::{Letter, Marks, Reading, Readings, Span, Variant, is_han, span_of};

/// How a term has to stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Match {
    /// It is the whole text.
    Exact,
    /// It is a word, or words, of the text.
    Word,
    /// It stands anywhere.
    Substring,
    /// Anywhere, also as what sounds the same in Mandarin. Noisy.
    Homophone,
}

impl Match {
    /// Every kind of match.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Word, Self::Substring, Self::Homophone];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Word => "word",
            Self::Substring => "substring",
            Self::Homophone => "homophone",
        }
    }

    /// The match of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == text)
    }

    /// What suits the script of a term: Han has no spaces between words, alphabets have.
    pub fn natural(term: &str) -> Self {
        if term.chars().any(is_han) { Self::Substring } else { Self::Word }
    }
}

/// One line of a word list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The word or words, as a person writes them.
    pub text: String,
    /// How they have to stand in a text.
    pub how: Match,
}

impl Term {
    /// A term with the match that suits its script.
    pub fn natural(text: &str) -> Self {
        Self { text: text.to_owned(), how: Match::natural(text) }
    }
}

/// A term that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which term, by its place in the list.
    pub term: usize,
    /// In which reading.
    pub variant: Variant,
    /// Where, in characters as written.
    pub span: Span,
    /// Too uncertain to refuse anything on its own.
    pub is_noisy: bool,
}

/// Why a word list can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// Too many terms.
    #[error("a word list has at most {max} terms, not {0}", max = Matcher::TERMS_MAX)]
    TooMany(usize),
    /// A term without a letter, digit or sign, or a very long one.
    #[error("the term `{0}` is empty or has more than {max} characters", max = Matcher::TERM_CHARS_MAX)]
    Length(String),
    /// The automaton could not be built.
    #[error("the word list is too big: {0}")]
    TooBig(String),
}

/// One term in one variant, beyond its letters.
#[derive(Clone, Debug)]
struct Form {
    /// How often each letter is repeated.
    runs: Vec<u16>,
    /// Letters of each of its words.
    words: Vec<usize>,
}

struct Automaton {
    patterns: CharwiseDoubleArrayAhoCorasick<u32>,
    /// Terms with equal letters, by pattern.
    forms: Vec<Vec<(usize, Form)>>,
}

/// A compiled word list.
pub struct Matcher {
    hows: Vec<Match>,
    automata: Vec<(Variant, Automaton)>,
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher").field("terms", &self.hows.len()).finish_non_exhaustive()
    }
}

impl Matcher {
    /// Terms of one list.
    pub const TERMS_MAX: usize = 100_000;
    /// Characters of one term.
    pub const TERM_CHARS_MAX: usize = 100;
    /// In readings without separators shorter Latin terms are found in too many innocent texts.
    const SQUASHED_LETTERS_MIN: usize = 3;

    /// Compiles a list. Takes milliseconds for a thousand terms: do it when the list changes.
    pub fn new(terms: &[Term]) -> Result<Self, TermsError> {
        if terms.len() > Self::TERMS_MAX {
            return Err(TermsError::TooMany(terms.len()));
        }
        let mut patterns: Vec<(Variant, PatternSet)> =
            Variant::ALL.into_iter().map(|variant| (variant, PatternSet::default())).collect();
        for (index, term) in terms.iter().enumerate() {
            let readings = Readings::of(term.text.trim());
            let folded = readings.folded().text();
            if folded.is_empty() || folded.chars().count() > Self::TERM_CHARS_MAX {
                return Err(TermsError::Length(term.text.clone()));
            }
            for (variant, set) in &mut patterns {
                if let Some(reading) = readings.get(*variant)
                    && is_usable(*variant, term, &readings, reading)
                {
                    set.add(reading, index);
                }
            }
        }
        let automata = patterns
            .into_iter()
            .filter(|(_, set)| !set.forms.is_empty())
            .map(|(variant, set)| Ok((variant, set.compile()?)))
            .collect::<Result<_, TermsError>>()?;
        Ok(Self { hows: terms.iter().map(|term| term.how).collect(), automata })
    }

    /// Every term that stands in the text, once for each place, in its most literal reading.
    pub fn find(&self, readings: &Readings) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        for (variant, automaton) in &self.automata {
            let Some(reading) = readings.get(*variant) else { continue };
            for found in automaton.patterns.find_overlapping_iter(reading.text()) {
                let letters = reading.letters_in(found.start()..found.end());
                let forms = automaton.forms.get(found.value() as usize);
                for (term, form) in forms.into_iter().flatten() {
                    let Some(&how) = self.hows.get(*term) else { continue };
                    let sight = Sight { variant: *variant, readings, reading, letters };
                    let Some(hit) = sight.judge(*term, how, form) else { continue };
                    let is_new = |seen: &Hit| seen.term != *term || !seen.span.overlaps(hit.span);
                    if hits.iter().all(is_new) {
                        hits.push(hit);
                    }
                }
            }
        }
        hits
    }
}

/// Whether looking for a term in a variant can find it and little else.
fn is_usable(variant: Variant, term: &Term, readings: &Readings, reading: &Reading) -> bool {
    if variant == Variant::Folded {
        return true;
    }
    // A variant that drops a sign or digit of the term would look for another word.
    let written = readings.folded().letters().iter().filter(|l| l.character != ' ').count();
    let squashed = readings.get(Variant::Squashed).map_or(&[][..], Reading::letters);
    let kept: usize = squashed.iter().map(|letter| usize::from(letter.run)).sum();
    let has_han = squashed.iter().any(|letter| letter.marks.has(Marks::HAN));
    if kept != written || (!has_han && kept < Matcher::SQUASHED_LETTERS_MIN) {
        return false;
    }
    match variant {
        Variant::Folded | Variant::Squashed | Variant::Leet | Variant::Simplified => true,
        Variant::Skeleton => !has_han,
        // One syllable sounds like dozens of characters.
        Variant::Pinyin => {
            term.how == Match::Homophone
                && squashed.iter().filter(|letter| letter.marks.has(Marks::HAN)).count() >= 2
                && !reading.letters().is_empty()
        }
    }
}

#[derive(Default)]
struct PatternSet {
    by_text: std::collections::BTreeMap<String, u32>,
    forms: Vec<Vec<(usize, Form)>>,
}

impl PatternSet {
    fn add(&mut self, reading: &Reading, term: usize) {
        let form = Form {
            runs: reading.letters().iter().map(|letter| letter.run).collect(),
            words: words(reading.letters()),
        };
        let next = u32::try_from(self.forms.len()).unwrap_or(u32::MAX);
        let pattern = *self.by_text.entry(reading.text().to_owned()).or_insert(next);
        if pattern == next {
            self.forms.push(Vec::new());
        }
        if let Some(forms) = self.forms.get_mut(pattern as usize) {
            forms.push((term, form));
        }
    }

    fn compile(self) -> Result<Automaton, TermsError> {
        let patterns = CharwiseDoubleArrayAhoCorasickBuilder::new()
            .build_with_values(self.by_text)
            .map_err(|error| TermsError::TooBig(error.to_string()))?;
        Ok(Automaton { patterns, forms: self.forms })
    }
}

/// Letters of each word; words are parted by white space only.
fn words(letters: &[Letter]) -> Vec<usize> {
    letters.chunk_by(|_, next| !next.marks.has(Marks::AFTER_SPACE)).map(<[Letter]>::len).collect()
}

/// The letters of a term, seen in a reading; whether they are the term is still to be judged.
struct Sight<'a> {
    variant: Variant,
    readings: &'a Readings,
    reading: &'a Reading,
    letters: &'a [Letter],
}

impl Sight<'_> {
    fn judge(&self, term: usize, how: Match, form: &Form) -> Option<Hit> {
        let span = span_of(self.letters)?;
        let stands = match how {
            Match::Exact => self.letters.len() == self.reading.letters().len(),
            Match::Word => self.readings.is_word(span) && self.is_spelt_like(form),
            Match::Substring | Match::Homophone => true,
        };
        if !stands || !self.is_repeated_like(form) || !self.is_disguised_if_it_must() {
            return None;
        }
        let is_noisy = match self.variant {
            Variant::Folded | Variant::Squashed | Variant::Leet | Variant::Simplified => false,
            // A whole word of another script is more likely a word of another language.
            Variant::Skeleton => self.letters.iter().all(|l| l.marks.has(Marks::DISGUISED)),
            Variant::Pinyin => true,
        };
        Some(Hit { term, variant: self.variant, span, is_noisy })
    }

    /// Two equal letters spell another word than one (`good`); three or more are emphasis. Han
    /// characters are never doubled by spelling.
    fn is_repeated_like(&self, form: &Form) -> bool {
        self.letters.len() == form.runs.len()
            && self.letters.iter().zip(&form.runs).all(|(letter, &run)| {
                letter.run == run
                    || letter.run >= run.max(3)
                    || (letter.marks.has(Marks::HAN) && letter.run > run)
            })
    }

    /// White space inside a word is a disguise only when it parts single letters (`f u c k`);
    /// between longer pieces it parts words (`was hit`).
    fn is_spelt_like(&self, form: &Form) -> bool {
        if self.variant == Variant::Folded {
            return true;
        }
        let [first, rest @ ..] = self.letters else { return false };
        let unmarked = Letter { marks: Marks::default(), ..*first };
        let pieces = words(&[&[unmarked], rest].concat());
        pieces.len() == 1 || pieces.iter().all(|&piece| piece == 1) || pieces == form.words
    }

    fn is_disguised_if_it_must(&self) -> bool {
        match self.variant {
            Variant::Folded | Variant::Squashed | Variant::Simplified => true,
            // Without a digit, sign or foreign letter these readings only confuse i with l.
            Variant::Leet | Variant::Skeleton => {
                self.letters.iter().any(|letter| letter.marks.has(Marks::DISGUISED))
            }
            Variant::Pinyin => {
                let opens = self.letters.first().is_some_and(|l| l.marks.has(Marks::OPENS));
                opens && self.letters.last().is_some_and(|l| l.marks.has(Marks::CLOSES))
            }
        }
    }
}

#[cfg(test)]
mod tests;
