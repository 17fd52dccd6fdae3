//! The rules: ids, levels, sentences, fixes.

/// How binding a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Players may fail.
    Must,
    /// Players get by.
    Should,
}

/// One row of the contract.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What it asks.
    pub sentence: &'static str,
    /// What to change when it is broken.
    pub fix: &'static str,
}

const fn must(id: &'static str, sentence: &'static str, fix: &'static str) -> Rule {
    Rule { id, level: Level::Must, sentence, fix }
}

const fn should(id: &'static str, sentence: &'static str, fix: &'static str) -> Rule {
    Rule { id, level: Level::Should, sentence, fix }
}

/// Every rule that the checker knows.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    should("T6", "playlists are compressed for those who accept gzip, and say `Vary`", "add `Vary: Accept-Encoding` wherever gzip may be served"),
    must("T8", "a playlist has the content type of a playlist", "serve playlists as application/vnd.apple.mpegurl"),
    must("T9", "media requests are not redirected", "answer at the address that was asked"),
    should("T12", "other origins may read answers and the headers players need", "add Access-Control-Allow-Origin and expose Age, Date and Content-Encoding"),
    should("T16", "the origin itself sends no Age", "let only shared caches add Age"),
    should("C1", "an answer to a blocking request may be cached", "send a positive max-age on blocked playlists"),
    should("C3", "a plain live playlist is cached for a target duration at most", "send max-age of half the target duration"),
    must("P1", "a playlist is clean text that begins with #EXTM3U", "remove byte order marks, control characters and duplicated attributes"),
    must("P2", "EXT-X-VERSION stands once and covers the tags in use", "raise EXT-X-VERSION"),
    should("P3", "EXT-X-VERSION is not higher than needed", "lower EXT-X-VERSION: 6 for fMP4, 9 for delta updates"),
    must("P4", "tags of the playlist stand once", "remove the duplicate"),
    must("P5", "EXT-X-TARGETDURATION covers every segment", "cut segments at the target duration, or promise a longer one from the start"),
    must("P6", "promised lengths never change", "freeze target durations and hold-backs for the life of the playlist"),
    must("P7", "EXT-X-SERVER-CONTROL is the same on all playlists", "use one set of values for all renditions"),
    must("P8", "sequence tags come before the first segment", "move EXT-X-MEDIA-SEQUENCE and EXT-X-DISCONTINUITY-SEQUENCE to the header"),
    should("P9", "EXT-X-DISCONTINUITY-SEQUENCE is always there", "print it even while it is 0"),
    must("P10", "a rendition report has a relative URI", "make report URIs relative to the playlist"),
    must("P11", "a segment keeps its URI", "never give a listed segment another URI"),
    must("P13", "what is listed does not change", "only append segments and remove the oldest"),
    must("L1", "media sequence numbers never go back", "keep the numbers over encoder and server restarts"),
    must("L2", "a new segment comes within 1.5 target durations", "list gaps when media is late"),
    must("L3", "a new part comes within one part target", "publish each part as soon as it is complete"),
    must("L4", "a live playlist keeps three target durations, and six segments", "keep more segments"),
    must("L8", "a sliding playlist has no EXT-X-PLAYLIST-TYPE", "leave EXT-X-PLAYLIST-TYPE out while live"),
    must("LL1", "EXT-X-PART-INF stands exactly where parts are", "print PART-TARGET"),
    must("LL2", "no part is longer than PART-TARGET as printed", "cut parts before they cross the target, and round PART-TARGET up"),
    must("LL3", "parts have at least 85 % of PART-TARGET", "make parts a whole number of frames, and PART-TARGET that long"),
    must("LL6", "tags of a segment come before its first part", "print discontinuity, map, key and date before EXT-X-PART"),
    must("LL8", "no part has length zero", "leave empty parts out, or list them as gaps with their time"),
    must("LL11", "PART-HOLD-BACK is at least three part targets", "raise PART-HOLD-BACK"),
    must("LL12", "HOLD-BACK is at least three target durations", "raise HOLD-BACK"),
    must("LL16", "a low-latency playlist can block", "answer _HLS_msn and _HLS_part, and say CAN-BLOCK-RELOAD=YES"),
    must("SK1", "CAN-SKIP-UNTIL is at least six target durations", "raise CAN-SKIP-UNTIL"),
    must("SK2", "a delta update skips what lies beyond the boundary and keeps the rest", "skip only segments further than CAN-SKIP-UNTIL from the end"),
    must("SK7", "a delta update skips something", "answer with the whole playlist instead"),
    must("PH1", "a low-latency playlist hints the next part", "print one EXT-X-PRELOAD-HINT at the end"),
    must("PH3", "the hinted part is the one that comes", "predict where the segment closes before hinting"),
    must("PH7", "an ended playlist hints nothing", "leave hints out after EXT-X-ENDLIST"),
    should("PH8", "there is one hint of each type", "hint only the next part"),
    must("RR1", "there is a report for every other playlist", "print EXT-X-RENDITION-REPORT for each sibling"),
    must("RR2", "a report says the newest part", "print LAST-MSN and LAST-PART always"),
    must("DC1", "every live playlist has dates, and they never change", "print EXT-X-PROGRAM-DATE-TIME from one clock reading per discontinuity"),
    must("MF3", "fMP4 segments have an EXT-X-MAP", "print EXT-X-MAP before the first segment"),
    must("MV1", "a variant says bandwidth, codecs, size and frame rate", "add the missing attributes to EXT-X-STREAM-INF"),
    must("MV4", "an audio rendition says group, name, language and channels", "add the missing attributes to EXT-X-MEDIA"),
    should("MV5", "segments are declared independent", "print EXT-X-INDEPENDENT-SEGMENTS"),
    must("MV9", "all playlists have the same target duration", "cut all renditions on one grid"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_stands_once_and_reads_as_a_sentence() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(RULES.iter().skip(at + 1).all(|other| other.id != rule.id), "{}", rule.id);
            for text in [rule.sentence, rule.fix] {
                assert!(!text.ends_with('.') && text.len() > 10, "{}", rule.id);
            }
        }
    }
}
