//! Tests of the readings.

use proptest::prelude::*;

use super::*;

fn read(variant: Variant, text: &str) -> String {
    Readings::of(text).get(variant).map_or_else(String::new, |reading| reading.text().to_owned())
}

#[test]
fn folding_undoes_width_case_accents_and_invisible_characters() {
    for (text, folded) in [
        ("ＦＵＣＫ", "fuck"),
        ("𝓕𝓾𝓬𝓴", "fuck"),
        ("ⓕⓤⓒⓚ", "fuck"),
        ("fück", "fuck"),
        ("f\u{336}u\u{336}c\u{336}k\u{336}", "fuck"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("a \u{3000}\n b", "a b"),
        ("\u{202e}kcuf\u{202c}", "kcuf"),
        ("か\u{3099}", "が"),
        ("ｶﾞ", "ガ"),
        ("각", "각"),
        ("\u{1100}\u{1161}\u{11a8}", "각"),
        ("हिन्दी", "हिन्दी"),
        ("赌博", "赌博"),
    ] {
        assert_eq!(read(Variant::Folded, text), folded, "{text:?}");
    }
}

#[test]
fn nothing_invisible_is_left() {
    for ignorable in [
        '\u{ad}',
        '\u{34f}',
        '\u{115f}',
        '\u{3164}',
        '\u{ffa0}',
        '\u{2061}',
        '\u{fe0f}',
        '\u{e0100}',
        '\u{e0041}',
        '\u{200b}',
        '\u{200d}',
        '\u{feff}',
    ] {
        let text = format!("fu{ignorable}ck");
        let readings = Readings::of(&text);
        assert_eq!(readings.folded().text(), "fuck", "{ignorable:?}");
        assert_eq!(readings.folded().span_of(0..4), Some(Span { start: 0, end: 5 }));
    }
}

#[test]
fn squashing_drops_separators_and_draws_repeats_together() {
    for (text, squashed) in [
        ("f.u.c.k", "fuck"),
        ("fuuuuck", "fuck"),
        ("f u c k", "fuck"),
        ("赌*博", "赌博"),
        ("微 信", "微信"),
        ("傻@#￥%逼", "傻逼"),
        ("傻1逼", "傻逼"),
        ("有1000个", "有1000个"),
        ("75皮卡丘", "75皮卡丘"),
        ("142,460", "142460"),
    ] {
        assert_eq!(read(Variant::Squashed, text), squashed, "{text}");
    }
}

#[test]
fn leet_is_read_only_beside_letters() {
    for (text, leet) in [
        ("sh1t", "shit"),
        ("$h!t", "shit"),
        ("@ss", "as"),
        ("shit!", "shit"),
        ("142,460 x", "142460x"),
        ("695 billion", "695bion"),
    ] {
        assert_eq!(read(Variant::Leet, text), leet, "{text}");
    }
    assert_eq!(read(Variant::Leet, "142,460"), "");
}

#[test]
fn look_alikes_of_other_scripts_have_one_skeleton() {
    let plain = read(Variant::Skeleton, "fuck");
    for text in ["fuсk", "f.u.с.k", "fսck"] {
        assert_eq!(read(Variant::Skeleton, text), plain, "{text}");
    }
    assert_eq!(read(Variant::Skeleton, "赌博 fuck"), format!("赌博{plain}"));
}

#[test]
fn han_characters_are_read_as_simplified_and_as_pinyin() {
    assert_eq!(read(Variant::Simplified, "賭博"), "赌博");
    assert_eq!(read(Variant::Pinyin, "賭博"), "dubo");
    assert_eq!(read(Variant::Pinyin, "加weixin"), "jiaweixin");
    assert_eq!(read(Variant::Pinyin, "绿"), "lv");
    assert_eq!(read(Variant::Pinyin, "no Han here"), "");
}

#[test]
fn equal_words_have_one_fingerprint() {
    let spam = fingerprint("加微信123");
    for text in ["加 微 信 123", "加微信１２３", "加-微-信-123！！"] {
        assert_eq!(fingerprint(text), spam, "{text}");
    }
    assert_ne!(fingerprint("加微信124"), spam);
    assert_ne!(fingerprint("👍"), fingerprint("👎"));
}

proptest! {
    #[test]
    fn spans_lie_inside_the_text_and_in_order(text in "\\PC{0,40}") {
        let chars = u32::try_from(text.chars().count()).unwrap();
        for (_, reading) in Readings::of(&text).all() {
            let mut last = 0;
            for letter in reading.letters() {
                prop_assert!(letter.span.start < letter.span.end && letter.span.end <= chars);
                prop_assert!(letter.span.start >= last);
                last = letter.span.start;
            }
            let joined: String = reading.letters().iter().map(|l| l.character).collect();
            prop_assert_eq!(joined, reading.text());
        }
    }

    #[test]
    fn a_folded_text_folds_to_itself(text in "[a-zA-Zà-ÿА-я一-龥ぁ-んァ-ヶ가-힣０-９ﬁ①½ .!]{0,30}") {
        let folded = read(Variant::Folded, &text);
        prop_assert_eq!(read(Variant::Folded, &folded), folded);
    }

    #[test]
    fn what_no_letter_is_never_changes_the_squashed_text(
        text in "[a-z]{1,12}",
        separator in "[-_.*~ \u{200b}\u{ad}]",
    ) {
        let spaced: String = text.chars().flat_map(|c| [c.to_string(), separator.clone()]).collect();
        // White space keeps equal letters apart, because it parts words.
        if separator != " " {
            prop_assert_eq!(read(Variant::Squashed, &spaced), read(Variant::Squashed, &text));
        }
    }
}
