//! Attribute lists: `NAME=value,NAME="quoted, value"`.

/// The attributes of a tag, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes(pub Vec<(String, String)>);

impl Attributes {
    /// Reads a list; what has no `=` is skipped. Quotes are taken off.
    pub fn read(text: &str) -> Self {
        let mut list = Vec::new();
        let mut rest = text;
        while let Some((name, after)) = rest.split_once('=') {
            let (value, after) = value(after);
            list.push((name.trim().to_owned(), value.to_owned()));
            rest = after;
        }
        Self(list)
    }

    /// The value of the first attribute of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether the attribute says `YES`.
    pub fn is_yes(&self, name: &str) -> bool {
        self.get(name) == Some("YES")
    }

    /// A name that stands twice, if one does.
    pub fn duplicate(&self) -> Option<&str> {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        })
    }
}

/// The value at the start of `text`, and what follows its comma.
fn value(text: &str) -> (&str, &str) {
    let quoted = text.strip_prefix('"').and_then(|inner| inner.split_once('"'));
    match quoted {
        Some((value, after)) => (value, after.split_once(',').map_or("", |(_, rest)| rest)),
        None => text.split_once(',').unwrap_or((text, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_protect_commas_and_equal_signs() {
        let list = Attributes::read("BANDWIDTH=1,CODECS=\"avc1.64001f,mp4a.40.2\",URI=\"a=b\"");
        assert_eq!(list.get("BANDWIDTH"), Some("1"));
        assert_eq!(list.get("CODECS"), Some("avc1.64001f,mp4a.40.2"));
        assert_eq!(list.get("URI"), Some("a=b"));
        assert_eq!(list.duplicate(), None);
        assert_eq!(Attributes::read("A=1,A=2").duplicate(), Some("A"));
        assert_eq!(Attributes::read("A=\"open"), Attributes(vec![("A".into(), "\"open".into())]));
    }
}
