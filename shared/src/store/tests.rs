//! Opening, damage, and a disk that is full or may not be written.

use std::path::Path;

use pushbridge_wire::{Platform, Receipt, ReceiptEvent, Revision, Tags, Timestamp};
use tempfile::TempDir;

use super::{receipts::RECEIPTS_KEPT, *};
use crate::{
    entropy::{SeededEntropy, draw_identity},
    machine::{Attributes, Recovery, State},
};

mod versions;

fn paths(dir: &Path) -> StorePaths {
    StorePaths { store_dir: dir.join("store"), marker_dir: dir.join("marker") }
}

fn new_state() -> State {
    let identity = draw_identity(&SeededEntropy::new(1)).unwrap();
    let attributes = Attributes {
        platform: Platform::Ios,
        permission: None,
        app_version: None,
        os_version: None,
        locale: None,
        timezone: None,
        tags: Tags::default(),
    };
    State::new(identity, attributes)
}

fn adopted(dir: &TempDir) -> (Store, State) {
    let mut opened = Store::open(&paths(dir.path())).unwrap();
    assert!(opened.state.is_none() && opened.recovered.is_none());
    let mut state = new_state();
    state.desired.revision = Some(Revision::FIRST);
    opened.store.adopt(&state, "marker-1").unwrap();
    (opened.store, state)
}

fn database(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("store/pushbridge-core.db")
}

fn reopen_recovered(dir: &TempDir) -> (Option<State>, Option<Recovery>) {
    let opened = Store::open(&paths(dir.path())).unwrap();
    (opened.state, opened.recovered)
}

#[test]
fn a_state_survives_a_close() {
    let dir = TempDir::new().unwrap();
    let (store, state) = adopted(&dir);
    store.close().unwrap();
    let (found, recovered) = reopen_recovered(&dir);
    assert!(found.unwrap().is_stored_like(&state));
    assert_eq!(recovered, None);
}

/// Failure mode 19
#[test]
fn a_second_owner_is_refused_until_the_first_is_gone() {
    let dir = TempDir::new().unwrap();
    let (store, _) = adopted(&dir);
    assert!(matches!(Store::open(&paths(dir.path())), Err(StoreError::Owned)));
    drop(store);
    assert!(Store::open(&paths(dir.path())).is_ok());
}

/// Failure mode 21
#[test]
fn garbage_a_truncated_file_and_no_file_are_made_anew() {
    for damage in [
        |path: &Path| std::fs::write(path, "garbage ".repeat(4096)).unwrap(),
        |path: &Path| std::fs::write(path, "").unwrap(),
        |path: &Path| std::fs::File::options().write(true).open(path).unwrap().set_len(5000).unwrap(),
        |path: &Path| std::fs::remove_file(path).unwrap(),
    ] {
        let dir = TempDir::new().unwrap();
        let (store, _) = adopted(&dir);
        store.close().unwrap();
        damage(&database(&dir));
        let (state, recovered) = reopen_recovered(&dir);
        assert!(state.is_none());
        assert_eq!(recovered, Some(Recovery::Damaged));
    }
}

#[test]
fn a_row_that_is_not_what_was_written_is_damage() {
    let dir = TempDir::new().unwrap();
    let (store, _) = adopted(&dir);
    store.connection.execute("UPDATE section SET body = '{' WHERE name = 'desired'", []).unwrap();
    drop(store);
    assert_eq!(reopen_recovered(&dir).1, Some(Recovery::Damaged));
}

/// Failure mode 22
#[test]
fn a_copy_without_its_marker_or_with_another_is_told_from_the_original() {
    let marker = |dir: &TempDir| dir.path().join("marker/pushbridge-core.marker");
    for change in [
        |path: &Path| std::fs::remove_file(path).unwrap(),
        |path: &Path| std::fs::write(path, "another").unwrap(),
    ] {
        let dir = TempDir::new().unwrap();
        let (store, state) = adopted(&dir);
        drop(store);
        change(&marker(&dir));
        let (found, recovered) = reopen_recovered(&dir);
        assert!(found.unwrap().is_stored_like(&state));
        assert_eq!(recovered, Some(Recovery::Restored));
    }
}

/// Failure mode 20
#[test]
fn a_full_disk_fails_the_save_and_destroys_nothing() {
    let dir = TempDir::new().unwrap();
    let (mut store, before) = adopted(&dir);
    let pages: i64 = store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.connection.pragma_update(None, "max_page_count", pages).unwrap();
    let mut next = before.clone();
    next.desired.attributes.locale = Some("x".repeat(100_000)); // more pages than there are
    assert!(matches!(store.save(&before, &next), Err(StoreError::Database(_))));
    drop(store);
    let (found, recovered) = reopen_recovered(&dir);
    assert!(found.unwrap().is_stored_like(&before));
    assert_eq!(recovered, None);
}

/// Failure mode 20: what a read-only file system answers.
#[test]
fn row20_a_store_that_may_only_be_read_refuses_the_save_and_works_later() {
    let dir = TempDir::new().unwrap();
    let (mut store, before) = adopted(&dir);
    let mut next = before.clone();
    next.desired.revision = before.desired.revision.map(Revision::next);
    store.connection.pragma_update(None, "query_only", true).unwrap();
    let Err(StoreError::Database(error)) = store.save(&before, &next) else { panic!("it was written") };
    assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ReadOnly));
    assert!(store.add_receipt(&receipt(1)).is_err());
    store.connection.pragma_update(None, "query_only", false).unwrap();
    assert!(super::state::load(&store.connection).unwrap().unwrap().is_stored_like(&before));
    store.save(&before, &next).unwrap();
    drop(store);
    assert!(reopen_recovered(&dir).0.unwrap().is_stored_like(&next));
}

fn receipt(n: u32) -> Receipt {
    Receipt {
        message_id: format!("msg_{n}").parse().unwrap(),
        event: ReceiptEvent::Received,
        at: Timestamp::from_ms(i64::from(n)),
    }
}

#[test]
fn receipts_are_kept_once_and_the_oldest_go_first() {
    let dir = TempDir::new().unwrap();
    let (mut store, _) = adopted(&dir);
    assert!(store.add_receipt(&receipt(0)).unwrap());
    assert!(!store.add_receipt(&receipt(0)).unwrap());
    for n in 1..=RECEIPTS_KEPT {
        store.add_receipt(&receipt(n)).unwrap();
    }
    assert_eq!(store.count_receipts().unwrap(), RECEIPTS_KEPT);
    let oldest = store.load_receipts(2).unwrap();
    assert_eq!(oldest[0].receipt, receipt(1));
    store.drop_receipts_up_to(oldest[1].number).unwrap();
    assert_eq!(store.load_receipts(1).unwrap()[0].receipt, receipt(3));
}

#[test]
fn receipts_of_a_former_identity_go_with_it() {
    let dir = TempDir::new().unwrap();
    let (mut store, before) = adopted(&dir);
    store.add_receipt(&receipt(1)).unwrap();
    let mut next = before.clone();
    next.identity = draw_identity(&SeededEntropy::new(2)).unwrap();
    store.save(&before, &next).unwrap();
    assert_eq!(store.count_receipts().unwrap(), 0);
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_device_may_read_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let _store = adopted(&dir);
    for entry in std::fs::read_dir(dir.path().join("store")).unwrap() {
        let path = entry.unwrap().path();
        let is_lock = path.extension().is_some_and(|extension| extension == "lock"); // holds nothing
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert!(is_lock || mode & 0o077 == 0, "{} {mode:o}", path.display());
    }
}
