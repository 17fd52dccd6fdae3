//! The seeds of the fuzz targets, for the unit tests of the parsers.

/// Runs a check over every seed of a target; a target without seeds is a mistake.
pub(crate) fn each(target: &str, check: impl Fn(&[u8])) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/");
    let entries = std::fs::read_dir(format!("{folder}{target}")).unwrap();
    let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!paths.is_empty(), "no seed of {target}");
    for path in paths {
        check(&std::fs::read(path).unwrap());
    }
}
