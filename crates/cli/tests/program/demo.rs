//! `pushbridge demo`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::process::run;

/// B1, B2, B3, B4, B5, B6, B7, B8, B9: the demo plays each of these rows with the real parts, and each comes out.
#[tokio::test]
async fn the_demo_plays_every_row_of_the_guide_and_each_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let demo = run(dir.path(), &["demo", "--json", "--seed", "7"]).await;
    let mut rows = BTreeSet::new();
    for line in demo.succeeded() {
        let step: Value = serde_json::from_str(line).unwrap();
        assert_eq!(step["ok"], true, "{step}");
        rows.extend(step["rows"].as_array().unwrap().iter().map(|row| row.as_str().unwrap().to_owned()));
    }
    for row in ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9"] {
        assert!(rows.contains(row), "{row} is not among {rows:?}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "it leaves nothing behind");
}

/// README's first command: a story for people, without colours where nobody sees them.
#[tokio::test]
async fn the_demo_tells_a_story() {
    let dir = tempfile::tempdir().unwrap();
    let demo = run(dir.path(), &["demo"]).await;
    assert!(demo.succeeded().last().unwrap().contains("steps came out as they must"), "{}", demo.stdout);
    assert!(!demo.stdout.contains('\u{1b}'), "colours in a pipe");
}

#[tokio::test]
async fn a_demo_that_cannot_listen_says_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let demo = run(dir.path(), &["demo", "--listen", &address]).await;
    assert!(demo.next(2).contains("--listen"), "{demo:?}");
}
