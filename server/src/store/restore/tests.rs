//! A store that forgot, and what it may not do before its phones have spoken.

use pushbridge_wire::{
    Address, AddressKind, IdentityMode, InstallationId, InstallationRequest, PolicyConfig, PolicyMode, Tags,
};

use super::*;
use crate::{
    registry::{Installation, Nonce, UserProof},
    store::{AppNo, NewApp, PutAnswer, PutRequest, Store, StoreOptions},
};

const NOW_MS: i64 = 1_800_000_000_000;

fn now() -> Timestamp {
    Timestamp::from_ms(NOW_MS)
}

fn open(dir: &Path) -> Store {
    Store::open(&StoreOptions { dir: dir.to_owned(), readers: 1 }).unwrap()
}

async fn register(store: &Store) -> AppNo {
    let app = NewApp {
        id: "shop".parse().unwrap(),
        firebase_project: "p".to_owned(),
        service_account: "{}".to_owned(),
        service_account_email: "a@b".to_owned(),
        fcm_endpoint: None,
        policy: PolicyConfig { mode: PolicyMode::Multi, max_devices: None },
        identity_mode: IdentityMode::Trusted,
        identity_keys: Vec::new(),
    };
    store.create_app(app, now()).await.unwrap();
    store.find_app("shop".parse().unwrap()).await.unwrap().unwrap().no
}

async fn put(store: &Store, app: AppNo, revision: u64, login: Option<&str>) -> Installation {
    let token = "t1".to_owned().try_into().unwrap();
    let request = InstallationRequest {
        revision: revision.try_into().unwrap(),
        platform: pushbridge_wire::Platform::Android,
        address: Some(Address { kind: AddressKind::FcmToken, value: token }),
        user: login.map(|_| "anna".parse().unwrap()),
        login_id: login.map(|login| login.parse().unwrap()),
        permission: None,
        app_version: None,
        os_version: None,
        locale: None,
        timezone: None,
        tags: Tags::default(),
    };
    let put = PutRequest {
        app,
        id: InstallationId::from_random([1; 16]),
        secret_hash: [1; 32],
        request,
        proof: UserProof::Trusted,
        nonce: Nonce::from_random([0; 24]),
        challenge_life: std::time::Duration::from_secs(600),
        now: now(),
    };
    match store.put_installation(put).await.unwrap() {
        PutAnswer::Decided { decision, .. } => decision.installation,
        other => panic!("{other:?}"),
    }
}

async fn bound(store: &Store, app: AppNo) -> Vec<Installation> {
    let found = store.user_installations(app, "anna".parse().unwrap()).await.unwrap();
    found.into_iter().map(|found| found.state).collect()
}

fn second_life() -> Incarnation {
    "second".parse().unwrap()
}

/// The phone logged out after the snapshot: the restored store believes that it did not, and must not send to it.
#[tokio::test]
async fn a_restored_binding_is_unconfirmed_until_its_phone_puts() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy.db"));
    let store = open(&data);
    let app = register(&store).await;
    let before = put(&store, app, 1, Some("l1")).await.binding.unwrap().epoch;
    snapshot(&data, &copy).unwrap();
    put(&store, app, 2, None).await;
    store.close();

    let restored = restore(&data, &copy, &second_life(), now()).unwrap();
    assert_eq!(restored, Restored { unconfirmed: 1, told: 1 });
    let store = open(&data);
    assert!(bound(&store, app).await[0].unconfirmed);
    let again = put(&store, app, 3, Some("l3")).await;
    assert!(!again.unconfirmed);
    assert!(again.binding.unwrap().epoch > before + 1_000_000, "no epoch of the lost time is used again");
    let meta = crate::store::Meta { incarnation: "fresh".parse().unwrap(), token_key: [0; 32] };
    assert_eq!(store.load_meta(meta).await.unwrap().incarnation, second_life());
}

#[tokio::test]
async fn a_running_server_is_not_restored_over_but_may_be_copied() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy.db"));
    let store = open(&data);
    register(&store).await;
    snapshot(&data, &copy).unwrap();
    assert!(matches!(restore(&data, &copy, &second_life(), now()), Err(StoreError::InUse(_))));
    assert!(
        matches!(snapshot(&data, &copy), Err(StoreError::File { .. })),
        "an old snapshot is not overwritten"
    );
}

#[tokio::test]
async fn what_is_no_snapshot_leaves_the_store_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy.db"));
    let store = open(&data);
    let app = register(&store).await;
    put(&store, app, 1, Some("l1")).await;
    store.close();
    std::fs::write(&copy, "no database at all, only some text that is long enough to be one".repeat(100))
        .unwrap();
    let empty = dir.path().join("empty.db");
    Connection::open(&empty).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    for wrong in [copy, empty, dir.path().join("missing.db")] {
        let refused = restore(&data, &wrong, &second_life(), now()).unwrap_err().to_string();
        assert!(refused.starts_with(&wrong.display().to_string()), "the file is named: {refused}");
        assert!(!data.join("pushbridge.db.restoring").exists(), "nothing is left behind");
    }
    assert!(!bound(&open(&data), app).await[0].unconfirmed);
}

#[tokio::test]
async fn the_store_of_before_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy.db"));
    let store = open(&data);
    let app = register(&store).await;
    snapshot(&data, &copy).unwrap();
    put(&store, app, 1, Some("l1")).await;
    store.close();
    restore(&data, &copy, &second_life(), now()).unwrap();
    let kept = Connection::open(data.join("pushbridge.db.before-restore")).unwrap();
    let installations: i64 =
        kept.query_row("SELECT count(*) FROM installations", [], |row| row.get(0)).unwrap();
    assert_eq!(installations, 1);
}
