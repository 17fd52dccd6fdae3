//! The list that a new installation starts with.

use super::{Match, Term};

/// One line of the built-in list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// The word list that it belongs to: `abuse` or `spam`.
    pub list: &'static str,
    /// 1 (annoying) to 5 (someone may be harmed).
    pub severity: u8,
    /// What to look for.
    pub term: Term,
}

/// The lines of the built-in list.
pub fn builtin() -> Vec<Builtin> {
    include_str!("builtin.txt").lines().filter_map(parse).collect()
}

/// `list severity match term…`; comments and blank lines are none.
fn parse(line: &'static str) -> Option<Builtin> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let mut fields = line.splitn(4, ' ');
    let list = fields.next()?;
    let severity = fields.next()?.parse().ok()?;
    let how = Match::parse(fields.next()?)?;
    let text = fields.next()?.to_owned();
    Some(Builtin { list, severity, term: Term { text, how } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moderation::{normalise::Readings, terms::Matcher};

    #[test]
    fn every_line_of_the_list_is_read() {
        let lines = include_str!("builtin.txt")
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
            .count();
        let list = builtin();
        assert_eq!(list.len(), lines);
        for line in &list {
            assert!(matches!(line.list, "abuse" | "spam") && (1..=5).contains(&line.severity));
        }
    }

    #[test]
    fn ordinary_talk_passes() {
        let terms: Vec<_> = builtin().into_iter().map(|line| line.term).collect();
        let matcher = Matcher::new(&terms).unwrap();
        for text in [
            "Scunthorpe is a nice place for a hangi",
            "I have to assess 142,460 documents by 17:30",
            "the Chinese economy grew by 695 billion yen",
            "主播今天唱得真好听，下次还来",
            "这首歌叫什么名字？",
            "老师，第3题的答案是微分方程吗",
            "这部剧是独播的",
            "我在博物馆看到的",
            "Как дела, всем привет",
            "می\u{200c}خواهم",
            "good game, well played! 666",
        ] {
            let hits = matcher.find(&Readings::of(text));
            assert!(hits.is_empty(), "{text}: {hits:?}");
        }
    }
}
