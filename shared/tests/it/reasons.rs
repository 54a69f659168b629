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

/// The codes of 0.1. Apps branch on them: a line is added here with each release, and none is ever taken away.
const OF_0_1: &[&str] = &[
    "address_contested",
    "address_none",
    "address_reset_asked",
    "clock_off",
    "logout_pending",
    "paused",
    "permission_denied",
    "permission_unknown",
    "rejected",
    "store_lost",
    "sync_never",
    "sync_pending",
    "user_cloned",
    "user_evicted",
    "user_none",
    "user_proof_invalid",
    "user_proof_needed",
    "wait_not_the_server",
    "wait_offline",
    "wait_server",
    "wait_timeout",
    "wait_tls",
    "wait_unsettled",
];

#[test]
fn a_reason_code_never_goes_away() {
    let known: Vec<_> = FindingCode::ALL.iter().map(|code| code.as_str()).collect();
    let gone: Vec<_> = OF_0_1.iter().filter(|code| !known.contains(code)).collect();
    assert!(gone.is_empty(), "{gone:?}");
}
