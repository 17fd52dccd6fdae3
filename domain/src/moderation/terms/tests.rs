//! Tests of word lists: what is hit, where, and what is not.

use proptest::prelude::*;

use super::*;

/// The parts of the text that are hit, with the variant.
fn hits(terms: &[Term], text: &str) -> Vec<(String, &'static str)> {
    let matcher = Matcher::new(terms).unwrap();
    let chars: Vec<char> = text.chars().collect();
    matcher
        .find(&Readings::of(text))
        .into_iter()
        .map(|hit| {
            let part = &chars[hit.span.start as usize..hit.span.end as usize];
            (part.iter().collect(), hit.variant.as_str())
        })
        .collect()
}

fn natural(terms: &[&str]) -> Vec<Term> {
    terms.iter().map(|text| Term::natural(text)).collect()
}

fn homophones(terms: &[&str]) -> Vec<Term> {
    terms.iter().map(|&text| Term { text: text.to_owned(), how: Match::Homophone }).collect()
}

fn check(terms: &[Term], text: &str, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(part, variant)| ((*part).to_owned(), *variant)).collect();
    let found = hits(terms, text);
    let found: Vec<_> = found.iter().map(|(part, variant)| (part.clone(), *variant)).collect();
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn a_disguised_english_word_is_seen() {
    let terms = natural(&["fuck", "shit", "ass", "kill yourself"]);
    for (text, part, variant) in [
        ("oh FUCK!", "FUCK", "folded"),
        ("f.u.c.k you", "f.u.c.k", "squashed"),
        ("f u c k", "f u c k", "squashed"),
        ("fuuuuck", "fuuuuck", "squashed"),
        ("ｆｕｃｋ", "ｆｕｃｋ", "folded"),
        ("fu\u{200b}ck", "fu\u{200b}ck", "folded"),
        ("f\u{336}u\u{336}ck\u{336} it", "f\u{336}u\u{336}ck\u{336}", "folded"),
        ("fuсk", "fuсk", "skeleton"),
        ("𝓯𝓾𝓬𝓴", "𝓯𝓾𝓬𝓴", "folded"),
        ("sh1t", "sh1t", "leet"),
        ("$h!t", "$h!t", "leet"),
        ("a$$", "a$$", "leet"),
        ("KILL   yourself", "KILL   yourself", "folded"),
        ("k.i.l.l yourself", "k.i.l.l yourself", "squashed"),
        ("加fuck你", "fuck", "folded"),
    ] {
        check(&terms, text, &[(part, variant)]);
    }
}

#[test]
fn an_innocent_word_is_not_hit_for_what_stands_in_it() {
    let terms = natural(&["cunt", "ass", "shit", "god", "heil", "hang", "69", "anal"]);
    for text in [
        "Scunthorpe",
        "hangi",
        "class",
        "as soon as",
        "was hit",
        "push it",
        "good",
        "hell",
        "142,460",
        "695 billion yen",
        "1221211212",
        "an al dente",
        "6 9 12 15",
    ] {
        check(&terms, text, &[]);
    }
}

#[test]
fn a_disguised_chinese_word_is_seen() {
    let terms = homophones(&["赌博", "微信"]);
    for (text, part, variant) in [
        ("来赌博吧", "赌博", "folded"),
        ("赌*博", "赌*博", "squashed"),
        ("微 信", "微 信", "squashed"),
        ("賭博", "賭博", "simplified"),
        ("賭☆博", "賭☆博", "simplified"),
        ("薇信", "薇信", "pinyin"),
        ("加weixin", "weixin", "pinyin"),
        ("加 wei xin", "wei xin", "pinyin"),
    ] {
        check(&terms, text, &[(part, variant)]);
    }
    // Latin letters alone, or a part of a syllable or of a Latin word, are no homophone.
    for text in ["weixin", "dubois 来了", "读者"] {
        check(&terms, text, &[]);
    }
}

#[test]
fn numerals_and_digits_are_read_alike_on_both_sides() {
    let terms = natural(&["下三滥", "75皮卡丘", "傻逼", "下3滥"]);
    check(&terms, "用下三滥招式", &[("下三滥", "folded")]);
    check(&terms, "20009076743", &[]);
    check(&terms, "75", &[]);
    check(&terms, "傻@#￥%逼", &[("傻@#￥%逼", "squashed")]);
    check(&terms, "傻1逼", &[("傻1逼", "squashed")]);
    check(&terms, "下3滥", &[("下3滥", "folded")]);
    check(&terms, "下滥", &[]);
    check(&natural(&["賭博"]), "赌博", &[("赌博", "simplified")]);
}

#[test]
fn no_invisible_character_hides_a_word() {
    let terms = natural(&["fuck", "赌博"]);
    for hidden in [
        '\u{ad}',
        '\u{34f}',
        '\u{115f}',
        '\u{3164}',
        '\u{ffa0}',
        '\u{2061}',
        '\u{fe0f}',
        '\u{e0100}',
        '\u{e0041}',
    ] {
        let (word, han) = (format!("fu{hidden}ck"), format!("赌{hidden}博"));
        check(&terms, &word, &[(&word, "folded")]);
        check(&terms, &han, &[(&han, "folded")]);
    }
    check(&terms, "👨\u{200d}👩\u{200d}👧", &[]);
    check(&terms, "می\u{200c}خواهم", &[]);
}

#[test]
fn a_whole_word_of_another_script_is_only_suspected() {
    let terms = natural(&["cop"]);
    let matcher = Matcher::new(&terms).unwrap();
    let noisy = |text: &str| -> Vec<bool> {
        matcher.find(&Readings::of(text)).iter().map(|hit| hit.is_noisy).collect()
    };
    assert_eq!(noisy("сор"), [true]);
    assert_eq!(noisy("cоp"), [false]);
    assert_eq!(noisy("привет cop"), [false]);
}

#[test]
fn a_term_with_signs_is_only_found_as_written() {
    let terms = natural(&["t.me", "c++"]);
    check(&terms, "see T.ME now", &[("T.ME", "folded")]);
    check(&terms, "tme", &[]);
    check(&terms, "c", &[]);
}

#[test]
fn an_exact_term_is_the_whole_text() {
    let terms = [Term { text: "gg".to_owned(), how: Match::Exact }];
    check(&terms, "GG", &[("GG", "folded")]);
    check(&terms, "gg wp", &[]);
}

#[test]
fn a_list_has_bounds() {
    assert!(Matcher::new(&[]).unwrap().find(&Readings::of("anything")).is_empty());
    let blank = Matcher::new(&natural(&[" \u{200b}"]));
    assert!(matches!(blank, Err(TermsError::Length(_))));
    let long = Matcher::new(&natural(&["x".repeat(101).as_str()]));
    assert!(matches!(long, Err(TermsError::Length(_))));
}

proptest! {
    #[test]
    fn every_term_is_found_in_itself(text in "[a-zA-Zа-яÀ-ÿ一-龥0-9.!$@ -]{1,12}") {
        let term = Term { text: text.clone(), how: Match::Substring };
        if let Ok(matcher) = Matcher::new(&[term]) {
            prop_assert!(!matcher.find(&Readings::of(text.trim())).is_empty());
        }
    }

    #[test]
    fn separators_hide_no_word(separators in proptest::collection::vec("[-_.*~+]{0,3}", 4)) {
        let letters = "fuck".chars().map(String::from);
        let text: String = letters.zip(separators).flat_map(<[String; 2]>::from).collect();
        prop_assert_eq!(hits(&natural(&["fuck"]), &text).len(), 1);
    }

    #[test]
    fn no_text_makes_the_matcher_panic(text in "\\PC{0,60}") {
        let matcher = Matcher::new(&homophones(&["微信", "fuck", "赌博"])).unwrap();
        let chars = u32::try_from(text.chars().count()).unwrap();
        for hit in matcher.find(&Readings::of(&text)) {
            prop_assert!(hit.span.start < hit.span.end && hit.span.end <= chars);
        }
    }
}
