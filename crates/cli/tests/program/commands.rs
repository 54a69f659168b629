//! A7: the way of somebody who sets Pushbridge up and sends a first push, command by command.

use std::time::Duration;

use pushbridge_fcm_emulator::DeviceChange;

use crate::{
    process::{PATIENCE, Serving, run, run_with},
    shop::Shop,
};

/// A5, A7: app create, key create, send --wait, message, user explain.
#[tokio::test]
async fn from_the_registration_of_an_app_to_a_push_and_its_story() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[]).await;
    let said = shop.register(&server).await;
    assert!(said.contains("next: pushbridge key create --app shop"), "{said}");
    assert!(said.contains("For development only"), "{said}");

    let made =
        run(shop.dir(), &["key", "create", "--app", "shop", "--scope", "send,read", "--url", &server.url])
            .await;
    let [key] = made.succeeded()[..] else { panic!("the key alone: {made:?}") };
    assert!(key.starts_with("pbk_") && !made.stderr.contains(key), "{made:?}");
    std::fs::write(shop.dir().join("shop.key"), key).unwrap();
    let device = shop.phone(&server, "anna").await;

    // The back end's own key from here on, as settings.
    let settings = [("PUSHBRIDGE_URL", server.url.as_str()), ("PUSHBRIDGE_KEY_FILE", "shop.key")];
    let send = [
        "send", "--app", "shop", "--user", "anna", "--title", "Hello", "--body", "World", "--data", "k=a=b",
        "--wait",
    ];
    let sent = run_with(shop.dir(), &send, &settings).await;
    let lines = sent.succeeded();
    let message = lines[0].split_whitespace().next().unwrap().to_owned();
    assert!(lines.last().unwrap().contains("done  1 delivery: 1 sent"), "{sent:?}");
    let inbox = shop.emulator.control().wait_for_inbox(&device.id, 1, PATIENCE).await.unwrap();
    assert_eq!(inbox[0].message["notification"]["title"], "Hello");
    assert_eq!(inbox[0].message["data"]["k"], "a=b");

    let shown = run_with(shop.dir(), &["message", &message, "--app", "shop"], &settings).await;
    assert_eq!(shown.succeeded(), [lines.last().copied().unwrap()]);
    let followed = run_with(shop.dir(), &["message", &message, "--app", "shop", "--follow"], &settings).await;
    assert_eq!(followed.succeeded(), shown.succeeded());
    let explained = run_with(shop.dir(), &["user", "explain", "--app", "shop", "anna"], &settings).await;
    let lines = explained.succeeded();
    assert!(
        lines[0].contains("1 of 1 installations would be sent to") && lines[1].contains("yes"),
        "{explained:?}"
    );
    assert!(!explained.stdout.contains(device.fcm_token.expose()), "I11");
    // Export and erase need more than this key may do.
    let refused = run_with(shop.dir(), &["user", "erase", "--app", "shop", "anna"], &settings).await;
    assert_eq!(refused.status, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("scope_missing"), "{refused:?}");
    let at = ["--app", "shop", "anna", "--url", server.url.as_str()];
    let exported = run(shop.dir(), &[&["user", "export"][..], &at].concat()).await;
    let record: serde_json::Value = serde_json::from_str(&exported.stdout).unwrap();
    assert_eq!(record["deliveries"][0]["message"]["data"]["k"], "a=b", "{exported:?}");
    let erased = run(shop.dir(), &[&["user", "erase"][..], &at].concat()).await;
    let line = "user anna: 1 installation unbound, 1 delivery and the text of 1 message erased";
    assert_eq!(erased.succeeded(), [line]);
    let exported = run(shop.dir(), &[&["user", "export"][..], &at].concat()).await;
    assert!(!exported.stdout.contains("a=b") && exported.stdout.contains("\"installations\": []"));
    server.end().await;
    shop.emulator.shutdown().await;
}

/// What did not arrive is not passed over: exit status 1, and why.
#[tokio::test]
async fn a_push_that_is_not_sent_fails_the_command_and_says_why() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[]).await;
    shop.register(&server).await;
    let device = shop.phone(&server, "anna").await;
    shop.emulator.control().change(&device.id, DeviceChange::Uninstall).unwrap();
    let at = ["--url", server.url.as_str()];
    let send = ["send", "--app", "shop", "--user", "anna", "--title", "T", "--body", "B", "--wait"];
    let failed = run(shop.dir(), &[&send[..], &at].concat()).await;
    assert_eq!(failed.status, Some(1), "{failed:?}");
    assert!(failed.stderr.contains("0 of 1 delivery were sent"), "{failed:?}");
    let message = failed.stdout.split_whitespace().next().unwrap();
    // The only app need not be named.
    let shown = run(shop.dir(), &[&["message", message][..], &at].concat()).await;
    assert!(shown.succeeded()[1].contains("unregistered"), "{shown:?}");
    let explained = run(shop.dir(), &[&["user", "explain", "--app", "shop", "anna"][..], &at].concat()).await;
    assert!(explained.stdout.contains("0 of 1") && explained.stdout.contains("dead"), "{explained:?}");
    // Nobody there: accepted all the same, and said so.
    let nobody = run(
        shop.dir(),
        &[&["send", "--app", "shop", "--user", "boris", "--title", "T", "--body", "B"][..], &at].concat(),
    )
    .await;
    assert!(nobody.succeeded()[1].contains("pushbridge user explain --app shop boris"), "{nobody:?}");
    server.end().await;
    shop.emulator.shutdown().await;
}

/// I6 for people: a command that is repeated with the same key sends once.
#[tokio::test]
async fn a_repeated_command_with_an_idempotency_key_sends_once() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[]).await;
    shop.register(&server).await;
    let device = shop.phone(&server, "anna").await;
    let send = |title| {
        let (url, dir) = (server.url.clone(), shop.dir().to_owned());
        async move {
            let arguments =
                ["send", "--app", "shop", "--user", "anna", "--title", title, "--body", "B", "--wait"];
            let key = ["--idempotency-key", "order-1", "--url", url.as_str()];
            run(&dir, &[&arguments[..], &key].concat()).await
        }
    };
    let first = send("T").await;
    assert_eq!(first.succeeded()[0], send("T").await.succeeded()[0]);
    let other = send("Another").await;
    assert!(other.next(1).contains("take a new key"), "{other:?}");
    let received =
        shop.emulator.control().wait_for_inbox(&device.id, 1, Duration::from_secs(10)).await.unwrap();
    assert_eq!(received.len(), 1);
    server.end().await;
    shop.emulator.shutdown().await;
}

/// B9: a template is saved, tried, sent and deleted without a line of HTTP.
#[tokio::test]
async fn a_template_is_saved_tried_sent_and_deleted() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[]).await;
    shop.register(&server).await;
    let device = shop.phone(&server, "anna").await;
    let template = |title: &str| {
        let text = format!(r#"{{"default": {{"notification": {{"title": "{title}"}}}}}}"#);
        std::fs::write(shop.dir().join("hello.json"), text).unwrap();
    };
    let run = async |arguments: &[&str]| {
        run(shop.dir(), &[arguments, &["--app", "shop", "--url", server.url.as_str()]].concat()).await
    };
    template("Hello, {{ name }}");
    assert_eq!(run(&["template", "put", "hello", "hello.json"]).await.succeeded(), ["hello  version 1"]);
    let tried =
        run(&["template", "preview", "hello", "--locale", "ru", "--params", r#"{"name": "A"}"#]).await;
    assert!(tried.stdout.contains("Hello, A") && tried.stderr.contains("variant default"), "{tried:?}");
    let missing = run(&["template", "preview", "hello"]).await;
    assert!(missing.next(1).contains("variant default"), "{missing:?}");
    assert!(missing.stderr.contains("(params.name) [invalid_field]"), "{missing:?}");
    let send = ["send", "--user", "anna", "--template", "hello", "--wait", "--params"];
    let sent = run(&[&send[..], &[r#"{"name": "Anna"}"#]].concat()).await;
    assert!(sent.succeeded().last().unwrap().contains("1 sent"), "{sent:?}");
    let inbox = shop.emulator.control().wait_for_inbox(&device.id, 1, PATIENCE).await.unwrap();
    assert_eq!(inbox[0].message["notification"]["title"], "Hello, Anna");

    template("Bye, {{ name }}");
    run(&["template", "put", "hello", "hello.json"]).await.succeeded();
    let shown = run(&["template", "show", "hello", "--version", "1"]).await;
    assert!(shown.stdout.contains("Hello, {{ name }}") && shown.stderr.contains("version 1"), "{shown:?}");
    let listed = run(&["template", "list"]).await;
    assert!(listed.succeeded()[0].starts_with("hello  version 2"), "{listed:?}");
    template("Bye, {{ name");
    let refused = run(&["template", "put", "hello", "hello.json"]).await;
    assert!(refused.next(1).contains("{{ name }}"), "{refused:?}");
    assert!(refused.stderr.contains("default.notification.title"), "{refused:?}");
    assert_eq!(run(&["template", "delete", "hello"]).await.succeeded(), ["hello  deleted"]);
    for (arguments, status) in [
        (&["template", "delete", "hello"][..], 1),
        (&["template", "put", "hello", "missing.json"], 2),
        (&["send", "--user", "anna", "--template", "hello", "--params", "name=A"], 2),
        (&["send", "--user", "anna", "--template", "hello", "--title", "T"], 2),
        (&["send", "--user", "anna", "--title", "T"], 2),
        (&["send", "--user", "anna", "--title", "T", "--body", "B", "--params", "{}"], 2),
    ] {
        assert_eq!(run(arguments).await.status, Some(status), "{arguments:?}");
    }
    server.end().await;
    shop.emulator.shutdown().await;
}
