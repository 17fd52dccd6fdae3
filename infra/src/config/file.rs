//! A TOML file as texts by dotted key, each with its place.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value of the file and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The value's text; the items of a list joined by commas.
    pub(super) text: String,
    /// Line and column of the key, from one.
    pub(super) place: (usize, usize),
}

/// What is wrong with the file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Line and column, from one.
    pub(super) place: (usize, usize),
    /// The sentence.
    pub(super) message: String,
}

/// Reads the file's text.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, Entry>, Fault> {
    let table = DeTable::parse(text).map_err(|error| Fault {
        place: place(text, error.span().map_or(0, |span| span.start)),
        message: error.message().to_owned(),
    })?;
    let mut entries = BTreeMap::new();
    flatten(text, "", table.get_ref(), &mut entries)?;
    Ok(entries)
}

fn flatten(
    text: &str,
    prefix: &str,
    table: &DeTable<'_>,
    entries: &mut BTreeMap<String, Entry>,
) -> Result<(), Fault> {
    for (name, value) in table {
        let name_text = name.get_ref();
        let key =
            if prefix.is_empty() { name_text.to_string() } else { format!("{prefix}.{name_text}") };
        let place = place(text, name.span().start);
        if let DeValue::Table(inner) = value.get_ref() {
            flatten(text, &key, inner, entries)?;
            continue;
        }
        let text = scalar(value).ok_or_else(|| Fault {
            place,
            message: format!("`{key}` must be a text, a number, true or false, or a list of texts"),
        })?;
        entries.insert(key, Entry { text, place });
    }
    Ok(())
}

fn scalar(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
            Some(texts?.join(","))
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn keys_are_dotted_and_know_their_place() {
        let entries = read("log = \"info\"\n[http]\n  listen = \"a\"\n").expect("good TOML");
        let listen = entries.get("http.listen").expect("the key");
        assert_eq!((listen.text.as_str(), listen.place), ("a", (3, 3)));
        let dotted = read("store.url = \"s3://b\"\nrtmp.publishers_max = 7\n").expect("good TOML");
        assert_eq!(dotted.get("rtmp.publishers_max").map(|entry| entry.text.as_str()), Some("7"));
    }

    #[test]
    fn a_fault_names_its_line() {
        assert_eq!(read("a = 1\nb = \n").expect_err("bad TOML").place.0, 2);
        assert_eq!(read("a = 1\nb = 1.5\n").expect_err("no float").place, (2, 1));
    }
}
