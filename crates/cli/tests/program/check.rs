//! `pushbridge check`: 0 when all is well, 1 when an app cannot be used, 2 when the file cannot.

use pushbridge_fcm_emulator::TokenEndpoint;

use crate::{process::run, shop::Shop};

fn app(account: &str, endpoint: &str) -> String {
    format!(
        "[[app]]\nid = \"shop\"\nfirebase_project = \"demo\"\nservice_account_file = \"{account}\"\npolicy = \"multi\"\n\
         fcm_endpoint = \"{endpoint}\"\n"
    )
}

async fn check(shop: &Shop, config: &str, arguments: &[&str]) -> crate::process::Finished {
    std::fs::write(shop.dir().join("pushbridge.toml"), config).unwrap();
    run(shop.dir(), &[&["check", "--config", "pushbridge.toml"], arguments].concat()).await
}

#[tokio::test]
async fn the_defaults_are_sound() {
    let dir = tempfile::tempdir().unwrap();
    let checked = run(dir.path(), &["check"]).await;
    assert!(checked.succeeded()[0].starts_with("ok"), "{checked:?}");
}

/// C10 does not stand here; D3: one command says whether what was set up works.
#[tokio::test]
async fn an_online_check_goes_all_the_way_to_fcm_and_delivers_nothing() {
    let shop = Shop::open().await;
    let account = shop.emulator.service_account_file().unwrap().display().to_string();
    let config = app(&account, shop.emulator.url());
    let checked = check(&shop, &config, &["--online"]).await;
    assert!(
        checked.succeeded().iter().any(|line| line.starts_with("ok") && line.contains("demo")),
        "{checked:?}"
    );
    assert_eq!(shop.emulator.control().requests(0).len(), 1);

    let refusing = TokenEndpoint::Refusing { status: 400, error: "invalid_grant".to_owned() };
    shop.emulator.control().set_token_endpoint(refusing);
    let checked = check(&shop, &config, &["--online"]).await;
    assert_eq!(checked.status, Some(1), "{checked:?}");
    assert!(checked.stdout.contains("FAIL  app shop"), "{checked:?}");

    let elsewhere = config.replace("demo", "elsewhere");
    shop.emulator.control().set_token_endpoint(TokenEndpoint::Working);
    let checked = check(&shop, &elsewhere, &["--online"]).await;
    assert_eq!(checked.status, Some(1), "{checked:?}");
    shop.emulator.shutdown().await;
}

#[tokio::test]
async fn an_app_whose_service_account_cannot_be_used_fails_the_check() {
    let shop = Shop::open().await;
    std::fs::write(shop.dir().join("broken.json"), "{\"private_key\": \"0123456789-secret\"}").unwrap();
    for account in ["missing.json", "broken.json"] {
        let checked = check(&shop, &app(account, shop.emulator.url()), &[]).await;
        assert_eq!(checked.status, Some(1), "{checked:?}");
        assert!(checked.stdout.contains("FAIL  app shop") && checked.stdout.contains(account), "{checked:?}");
        assert!(!checked.stdout.contains("0123456789-secret"), "{checked:?}");
    }
    shop.emulator.shutdown().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_refused_with_the_place() {
    let shop = Shop::open().await;
    for (config, named) in [
        ("[server]\nlissten = \"127.0.0.1:1\"\n", "lissten"),
        ("[server]\nlisten = \"everywhere\"\n", "listen"),
        ("[dispatch]\nlease = \"PT5S\"\n", "dispatch.lease"),
        ("[server\n", "pushbridge.toml"),
    ] {
        let checked = check(&shop, config, &[]).await;
        assert!(checked.next(2).contains("check"), "{checked:?}");
        assert!(checked.stderr.contains(named), "{checked:?}");
    }
    let missing = run(shop.dir(), &["check", "--config", "missing.toml"]).await;
    missing.next(2);
    assert!(missing.stderr.contains("missing.toml"), "{missing:?}");
    shop.emulator.shutdown().await;
}
