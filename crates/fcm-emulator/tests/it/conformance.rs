//! docs/FCM-CONFORMANCE.md names tests, and every one of them is there, in the crate of its column.

use std::fs;
use std::path::Path;

/// All Rust sources below `folder` as one text.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(extension) if extension == "rs" => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    });
    texts.collect()
}

/// What stands in backticks and is written like the name of a test: three words or more.
fn test_names(cell: &str) -> impl Iterator<Item = &str> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.filter(|name| {
        name.matches('_').count() >= 2
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    })
}

#[test]
fn every_test_of_the_conformance_table_exists() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let client = sources(&crates.join("fcm/src"));
    let emulator = sources(&crates.join("fcm-emulator"));
    let table = fs::read_to_string(crates.parent().unwrap().join("docs/FCM-CONFORMANCE.md")).unwrap();
    let rows =
        table.lines().filter(|line| line.starts_with("| ")).filter(|line| !line.contains("| client |"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        assert_eq!(cells.len(), 3, "a rule, the client, the emulator: {row}");
        let mut named = 0;
        for (cell, sources) in [(cells[1], &client), (cells[2], &emulator)] {
            for name in test_names(cell) {
                assert!(sources.contains(&format!("fn {name}()")), "no test {name}: {row}");
                named += 1;
            }
        }
        assert!(named > 0, "a rule without a test: {row}");
        count += 1;
    }
    assert!(count > 30, "{count} rules read");
}
