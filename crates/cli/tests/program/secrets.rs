//! I11: everything that the program prints or logs, whatever it is asked to do, searched for everything secret.

use pushbridge_fcm_emulator::{Device, FaultSpec, FcmErrorCode};
use serde_json::Value;

use crate::{
    process::{Finished, Serving, run},
    shop::Shop,
};

/// Our own crates at TRACE, the others at DEBUG.
const LOG: &str = "debug,pushbridge=trace,pushbridge_server=trace,pushbridge_fcm=trace,pushbridge_wire=trace";

/// What no line may hold whatever it says: an assertion or proof, an access token, a key, the tail of a token.
const MARKS: [&str; 5] = ["eyJ", "ya29.", "PRIVATE KEY", "APA91b", "Bearer p"];

/// Asserts that `text` holds none of `secrets`, each with a name that may be printed.
fn search(secrets: &[(&str, String)], what: &str, text: &str) {
    for (name, secret) in secrets {
        assert!(secret.len() >= 8, "{name} is too short to be searched for");
        let line = text.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{name} in {what}");
    }
    for mark in MARKS {
        let line = text.lines().find(|line| line.contains(mark));
        assert_eq!(line, None, "{mark} in {what}");
    }
}

fn search_finished(secrets: &[(&str, String)], what: &str, finished: &Finished) {
    search(secrets, what, &finished.stdout);
    search(secrets, what, &finished.stderr);
}

/// What the emulator and the shop know of what is secret.
fn secrets_of(shop: &Shop, devices: &[&Device]) -> Vec<(&'static str, String)> {
    let account: Value = serde_json::from_str(shop.emulator.service_account_json()).unwrap();
    let pem = account["private_key"].as_str().unwrap();
    let mut secrets: Vec<_> = pem
        .lines()
        .filter(|line| line.len() > 40)
        .map(|line| ("a line of the private key", line.to_owned()))
        .collect();
    for device in devices {
        secrets.push(("a token", device.fcm_token.expose().to_owned()));
        secrets.push(("a FID", device.fcm_fid.expose().to_owned()));
        // What `Shop::phone` makes of it.
        let bytes = device.fcm_token.expose().as_bytes();
        let secret =
            pushbridge_wire::InstallationSecret::from_random(bytes[bytes.len() - 32..].try_into().unwrap());
        secrets.push(("an installation secret", secret.expose().to_owned()));
    }
    let key = std::fs::read_to_string(shop.key_file()).unwrap();
    secrets.push(("the operator's key", key.trim().splitn(3, '_').last().unwrap().to_owned()));
    secrets
}

#[tokio::test]
async fn no_command_and_no_log_shows_an_address_a_secret_a_proof_or_a_key() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[("RUST_LOG", LOG)]).await;
    shop.register(&server).await;
    let (anna, boris) = (shop.phone(&server, "anna").await, shop.phone(&server, "boris").await);
    let mut secrets = secrets_of(&shop, &[&anna, &boris]);
    let url = server.url.as_str();
    let made =
        run(shop.dir(), &["key", "create", "--app", "shop", "--scope", "send,read,manage", "--url", url])
            .await;
    let key = made.succeeded()[0].to_owned();
    secrets.push(("the back end's key", key.splitn(3, '_').last().unwrap().to_owned()));
    // Standard output is where it is shown, once.
    search(&secrets, "key create", &made.stderr);

    let wrong = FaultSpec::code(FcmErrorCode::SenderIdMismatch).on(&boris.id).times(1);
    shop.emulator.control().add_fault(wrong).unwrap();
    let account = shop.emulator.service_account_file().unwrap().display().to_string();
    let app = ["app", "create", "shop", "--project", "demo", "--service-account", &account];
    let send = |user| ["send", "--app", "shop", "--user", user, "--title", "T", "--body", "B", "--wait"];
    let user = |what| ["user", what, "--app", "shop", "anna"];
    let commands: [&[&str]; 9] = [
        &app,
        &["app", "list"],
        &["key", "list", "--app", "shop"],
        &send("anna"),
        &send("boris"),
        &user("explain"),
        &user("export"),
        &user("erase"),
        &["message", "msg_none", "--app", "shop"],
    ];
    for command in commands {
        let finished = run(shop.dir(), &[command, &["--url", url]].concat()).await;
        assert!(!finished.stderr.contains("Usage:"), "{command:?} was not understood: {finished:?}");
        search_finished(&secrets, &command.join(" "), &finished);
    }
    let stranger = run(shop.dir(), &["app", "list", "--url", shop.emulator.url()]).await;
    search_finished(&secrets, "a command to what is no server", &stranger);
    search_finished(&secrets, "snapshot", &run(shop.dir(), &["snapshot", "copy.db"]).await);
    let ready = server.ready.to_string();
    let log = server.end().await;
    search_finished(&secrets, "restore", &run(shop.dir(), &["restore", "copy.db"]).await);
    for heard in ["pushbridge_server::dispatcher", "h2::", "the project's set-up keeps"] {
        assert!(log.contains(heard), "{heard} was not heard, so that the search would show nothing");
    }
    search(&secrets, "the ready line", &ready);
    search(&secrets, "the log", &log);
    shop.emulator.shutdown().await;
}

/// The demo's phones, keys and proofs are known to nobody else: their marks are searched for.
#[tokio::test]
async fn the_demo_shows_no_address_no_proof_and_no_key() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [&["demo", "--json"][..], &["demo"]] {
        let demo = run(dir.path(), arguments).await;
        demo.succeeded();
        search_finished(&[], "the demo", &demo);
        assert!(!demo.stdout.contains("pbk_") && !demo.stderr.contains("pbk_"), "{demo:?}");
    }
}
