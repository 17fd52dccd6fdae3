//! The shape of the repository, held by a machine: who may use whom, sizes, banned words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines that a source file may have.
const FILE_LINES_MAX: usize = 600;

/// Which crates of ours a crate may name.
const MAY_USE: &[(&str, &[&str])] = &[
    ("media", &[]),
    ("domain", &[]),
    ("infra", &["domain"]),
    ("origin", &["domain", "infra", "media"]),
    ("api", &["domain", "infra"]),
    ("workers", &["domain", "infra", "media"]),
];

/// Third-party crates that only these crates of ours may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sea-orm", &["infra"]),
    ("sea-orm-migration", &["infra"]),
    ("sqlx", &["infra"]),
    ("aws-sdk-s3", &["infra"]),
    ("moka", &["origin"]),
    ("axum", &["api"]),
    ("tokio", &["infra", "origin", "api", "workers"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files that git tracks or would track, with these endings.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root())
        .output()
        .expect("git runs");
    let listed = String::from_utf8(output.stdout).expect("UTF-8 names");
    let wanted = |name: &&str| endings.iter().any(|ending| name.ends_with(ending));
    let paths = listed.split('\0').filter(|name| !name.is_empty()).filter(wanted);
    paths.map(|name| root().join(name)).filter(|path| path.exists()).collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The names below `[dependencies]` of a crate.
fn dependencies(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
    let section = text.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split([' ', '.', '=']).next());
    names.filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
}

#[test]
fn crates_use_each_other_in_one_direction_only() {
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    for (name, may_use) in MAY_USE {
        for dependency in dependencies(name) {
            let ours = allowed.contains_key(dependency.as_str());
            let fine = !ours || may_use.contains(&dependency.as_str());
            assert!(fine, "{name} must not use {dependency}");
        }
    }
}

#[test]
fn each_driver_is_named_by_its_own_crate_alone() {
    for (name, _) in MAY_USE {
        for dependency in dependencies(name) {
            let rule = ONLY_IN.iter().find(|(driver, _)| *driver == dependency);
            let fine = rule.is_none_or(|(_, crates)| crates.contains(name));
            assert!(fine, "{name} must not name {dependency}");
        }
    }
}

#[test]
fn a_source_file_holds_one_idea() {
    for path in files(&[".rs", ".ts", ".mjs", ".css"]) {
        let lines = std::fs::read_to_string(&path).expect("a source file").lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", shown(&path));
    }
}

#[test]
fn nothing_unfinished_or_switched_off_is_committed() {
    // Joined here, so that this file does not find itself.
    let banned = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["#[", "ignore"].concat(),
        ["#[", "should_panic"].concat(),
        ["#[", "allow("].concat(),
        ["#![", "allow("].concat(),
        ["unbounded", "_channel("].concat(),
        ["thread::", "sleep("].concat(),
    ];
    for path in files(&[".rs", ".ts", ".mjs", ".sh"]) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        for word in &banned {
            assert!(!text.contains(word.as_str()), "{} has {word}", shown(&path));
        }
    }
}

#[test]
fn tests_wait_for_what_the_system_says_and_never_for_a_time() {
    let banned = ["time::", "sleep("].concat();
    for path in files(&[".rs"]) {
        let test = shown(&path).starts_with("tests/");
        let text = std::fs::read_to_string(&path).expect("a source file");
        let tests = if test { Some(text.as_str()) } else { text.split("#[cfg(test)]").nth(1) };
        let sleeps = tests.is_some_and(|tests| tests.contains(banned.as_str()));
        assert!(!sleeps, "{} sleeps in a test", shown(&path));
    }
}

#[test]
fn modules_are_named_for_what_they_hold() {
    let vague = ["utils", "util", "common", "helpers", "helper", "types", "manager", "misc"];
    let crates: Vec<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    for path in files(&[".rs"]) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        assert!(stem != "mod", "{}: a module's file stands beside its folder", shown(&path));
        assert!(!vague.contains(&stem), "{} says nothing", shown(&path));
        assert!(!crates.contains(&stem), "{} hides a crate", shown(&path));
    }
}

#[test]
fn no_lock_file_names_a_registry_host() {
    for path in files(&["package-lock.json"]) {
        let text = std::fs::read_to_string(&path).expect("a lock file");
        assert!(!text.contains("\"resolved\": \"http"), "{}", shown(&path));
    }
}
