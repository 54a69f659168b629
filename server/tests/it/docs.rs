//! The pages that say which test holds what: every test that they name exists.

use std::path::{Path, PathBuf};

/// Relative to the project's root.
const PAGES: [&str; 4] =
    ["docs/INVARIANTS.md", "docs/CONFLICTS.md", "docs/COMPATIBILITY.md", "server/tests/sabotage.md"];
const SOURCES: [&str; 4] = ["shared", "server", "crates", "bindings"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust, Kotlin, Swift and Python file below `dir`, as one text.
fn read_sources(dir: &Path, into: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            let made = ["target", ".build", "build", "node_modules"];
            if !made.iter().any(|made| name == *made) {
                read_sources(&path, into);
            }
        } else if path
            .extension()
            .is_some_and(|ext| ["rs", "kt", "swift", "py"].iter().any(|one| ext == *one))
        {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// How a page's word in backticks stands in the sources, if it is the name of a test: `file: name`, `module::name`,
/// a beginning that ends in `*`, a sentence of Kotlin, or a name of Swift.
fn as_declared(word: &str) -> Option<String> {
    let name = word.rsplit(": ").next()?.rsplit("::").next()?;
    let is_lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.matches('_').count() >= 3 && name.trim_end_matches('*').chars().all(is_lower) {
        let end = if name.ends_with('*') { "" } else { "(" };
        let python = name.starts_with("test_");
        let keyword = if python { "def" } else { "fn" };
        return Some(format!("{keyword} {}{end}", name.trim_end_matches('*')));
    }
    let is_swift = name.chars().all(|c| c.is_ascii_alphanumeric())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.matches(|c: char| c.is_ascii_uppercase()).count() >= 3;
    if is_swift {
        return Some(format!("func {name}("));
    }
    let is_kotlin =
        word.starts_with("row ") && word.contains(" - ") || word.starts_with('B') && word.contains(" a ");
    (is_kotlin && !word.contains('…')).then(|| format!("`{word}`"))
}

#[test]
fn every_test_that_a_page_names_exists() {
    let mut sources = String::new();
    for folder in SOURCES {
        read_sources(&root().join(folder), &mut sources);
    }
    let (mut named, mut missing) = (0, Vec::new());
    for page in PAGES {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let Some(declared) = as_declared(word) else { continue };
            named += 1;
            if !sources.contains(&declared) {
                missing.push(format!("{page}: {word}"));
            }
        }
    }
    assert!(named > 300, "only {named} names were found, so that the search would show little");
    assert!(missing.is_empty(), "{missing:#?}");
}
