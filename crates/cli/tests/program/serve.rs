//! `pushbridge serve`: what it prints, what it writes, whom it lets in.

use std::os::unix::fs::PermissionsExt;

use crate::{
    process::{Serving, run, run_with},
    shop::Shop,
};

/// The first start needs nothing and prints one line of JSON.
#[tokio::test]
async fn serve_with_no_configuration_says_where_it_is_and_where_its_key_is() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[]).await;
    assert_eq!(server.ready["ready"], "pushbridge");
    assert!(server.ready["pid"].as_u64().is_some_and(|pid| pid > 1));
    let key_file = shop.dir().join(server.ready["bootstrap_key_file"].as_str().unwrap());
    assert_eq!(key_file.canonicalize().unwrap(), shop.key_file().canonicalize().unwrap());
    let ready = reqwest::get(format!("{}/readyz", server.url)).await.unwrap();
    assert_eq!(ready.status(), 200);
    server.end().await;
    shop.emulator.shutdown().await;
}

/// I11: the key is in its file and nowhere else, and the files are their owner's only.
#[tokio::test]
async fn the_bootstrap_key_is_its_owners_only_and_is_never_printed() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[("RUST_LOG", "debug,pushbridge_server=trace")]).await;
    let ready = server.ready.to_string();
    shop.register(&server).await;
    let log = server.end().await;
    let key = std::fs::read_to_string(shop.key_file()).unwrap();
    let secret = key.trim().splitn(3, '_').last().unwrap();
    assert_eq!(secret.len(), 43);
    assert!(log.contains("DEBUG"), "something was logged: {log}");
    assert!(!log.contains('\u{1b}'), "colours in a pipe: {log}");
    assert!(!log.contains(secret) && !ready.contains(secret));
    for file in ["bootstrap.key", "pushbridge.db"] {
        let mode =
            std::fs::metadata(shop.dir().join("pushbridge-data").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    shop.emulator.shutdown().await;
}

/// The same key after a restart: whoever has it keeps it.
#[tokio::test]
async fn the_bootstrap_key_stays_the_same() {
    let shop = Shop::open().await;
    Serving::start(shop.dir(), &[]).await.end().await;
    let first = std::fs::read_to_string(shop.key_file()).unwrap();
    let server = Serving::start(shop.dir(), &[]).await;
    assert_eq!(std::fs::read_to_string(shop.key_file()).unwrap(), first);
    shop.register(&server).await;
    server.end().await;
    shop.emulator.shutdown().await;
}

#[tokio::test]
async fn a_second_server_in_the_same_folder_is_refused_and_harms_nothing() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[]).await;
    shop.register(&server).await;
    let second = run(shop.dir(), &["serve", "--listen", "127.0.0.1:0"]).await;
    assert!(second.next(2).contains("--data"), "{second:?}");
    assert_eq!(second.stdout, "", "it was never ready");
    assert_eq!(run(shop.dir(), &["app", "list", "--url", &server.url]).await.succeeded().len(), 1);
    server.end().await;
    shop.emulator.shutdown().await;
}

#[tokio::test]
async fn a_taken_address_is_refused_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let refused = run(dir.path(), &["serve", "--listen", &address]).await;
    assert!(refused.next(2).contains("--listen"), "{refused:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "not a folder").unwrap();
    let refused = run(dir.path(), &["serve", "--listen", "127.0.0.1:0", "--data", "file/data"]).await;
    assert!(refused.next(2).contains("--data"), "{refused:?}");
}

/// An app in the configuration file is there at the start; trust in phones is warned of.
#[tokio::test]
async fn an_app_of_the_file_is_served_and_trust_is_warned_of() {
    let shop = Shop::open().await;
    let account = shop.emulator.service_account_file().unwrap().display();
    let config = format!(
        "[[app]]\nid = \"shop\"\nfirebase_project = \"demo\"\nservice_account_file = \"{account}\"\n\
         policy = \"single\"\nidentity = {{ mode = \"trusted\" }}\nfcm_endpoint = \"{}\"\n",
        shop.emulator.url()
    );
    let file = shop.dir().join("pushbridge.toml");
    std::fs::write(&file, config).unwrap();
    let checked = run(shop.dir(), &["check", "--config", "pushbridge.toml"]).await;
    checked.succeeded();
    let server = Serving::start_with_config(shop.dir(), "pushbridge.toml").await;
    let listed = run(shop.dir(), &["app", "list", "--url", &server.url]).await;
    assert_eq!(listed.succeeded(), ["shop  project demo  policy single"]);
    let log = server.end().await;
    assert!(log.contains("trusted") && log.contains("development only"), "{log}");
    shop.emulator.shutdown().await;
}

/// The environment reaches the server: a lease that contradicts the time-out is refused before anything is made.
#[tokio::test]
async fn a_contradiction_in_the_environment_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = run_with(dir.path(), &["serve"], &[("PUSHBRIDGE__DISPATCH__LEASE", "PT5S")]).await;
    refused.next(2);
    assert!(refused.stderr.contains("dispatch.lease"), "{refused:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
