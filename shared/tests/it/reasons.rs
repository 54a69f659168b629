//! docs/REASONS.md is what an app's developer reads when the doctor found something.

use pushbridge_core::FindingCode;

/// The first two cells of each row of the table.
fn rows(page: &str) -> Vec<(String, bool)> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|row| {
            let mut cells = row.split('|').map(str::trim);
            let code = cells.next().unwrap().trim_end_matches('`');
            (code.to_owned(), cells.next().unwrap() == "yes")
        })
        .collect()
}

#[test]
fn the_page_of_reasons_has_a_row_for_each_finding_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/REASONS.md");
    let page = std::fs::read_to_string(path).unwrap();
    let findings: Vec<_> =
        FindingCode::ALL.iter().map(|code| (code.as_str().to_owned(), code.blocks_push())).collect();
    assert_eq!(rows(&page), findings, "docs/REASONS.md: code, whether it blocks; gravest first");
}
