//! Sentences of the shells: Fluent, from the files that the elements read too.

use std::sync::LazyLock;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use unic_langid::LanguageIdentifier;

use super::language::Language;

macro_rules! files {
    ($folder:literal) => {
        [
            include_str!(concat!("../../../web/locales/", $folder, "/common.ftl")),
            include_str!(concat!("../../../web/locales/", $folder, "/pages.ftl")),
            include_str!(concat!("../../../web/locales/", $folder, "/watch.ftl")),
        ]
    };
}

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English, files!("en")));
static CHINESE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Chinese, files!("zh-CN")));

fn bundle(language: Language, files: [&str; 3]) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().expect("our tags are language tags");
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(false);
    for text in files {
        // A sentence that can't be read is left out and shows as its id; `npm test` finds it first.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(rest, _)| rest);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The sentence of this id in this language; the id itself when it is missing.
pub(super) fn sentence(language: Language, id: &str) -> String {
    let bundle: &Bundle = match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    };
    let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
        return id.to_owned();
    };
    bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_speaks_the_language_of_the_page() {
        assert_eq!(sentence(Language::English, "skip-picture"), "Skip to the picture");
        assert_eq!(sentence(Language::Chinese, "skip-picture"), "跳到画面");
    }

    #[test]
    fn a_missing_sentence_shows_as_its_id() {
        assert_eq!(sentence(Language::English, "no-such-sentence"), "no-such-sentence");
    }
}
