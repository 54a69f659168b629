//! Mistakes at the command line: exit status 2 (or 1 where the server said no) and what to do next.

use crate::{
    process::{Serving, run},
    shop::Shop,
};

#[tokio::test]
async fn a_wrong_command_line_is_refused_with_where_help_is() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [&[&str]; 8] = [
        &[],
        &["sevre"],
        &["serve", "--lissten", "127.0.0.1:0"],
        &["serve", "--listen", "everywhere"],
        &["demo", "--seed", "seven"],
        &["app", "create", "shop"],
        &["key", "create", "--app", "shop", "--scope", "everything"],
        &["send", "--app", "shop"],
    ];
    for arguments in cases {
        let refused = run(dir.path(), arguments).await;
        assert_eq!(refused.status, Some(2), "{arguments:?} {refused:?}");
        assert!(
            refused.stderr.contains("--help") || refused.stderr.contains("Usage"),
            "{arguments:?} {refused:?}"
        );
        assert_eq!(refused.stdout, "", "{arguments:?}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn help_and_version_are_no_mistakes() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [&["--help"][..], &["--version"], &["serve", "--help"], &["app", "create", "--help"]] {
        assert!(!run(dir.path(), arguments).await.succeeded().is_empty());
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    std::fs::write(dir.path().join("some.key"), "pbk_some_key").unwrap();
    let refused = run(dir.path(), &["app", "list", "--url", &url, "--key-file", "some.key"]).await;
    assert!(refused.next(2).contains("pushbridge serve"), "{refused:?}");
    assert!(refused.stderr.contains(&url), "{refused:?}");
    assert!(!refused.stderr.contains("pbk_some_key"), "{refused:?}");
}

#[tokio::test]
async fn a_missing_file_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let refused = run(dir.path(), &["app", "list"]).await;
    assert!(refused.next(2).contains("--key-file"), "{refused:?}");
    assert!(refused.stderr.contains("bootstrap.key"), "{refused:?}");
    std::fs::write(dir.path().join("some.key"), "pbk_some_key").unwrap();
    let create = ["app", "create", "shop", "--project", "p", "--key-file", "some.key", "--service-account"];
    for (file, content) in [("missing.json", None), ("text.json", Some("not JSON"))] {
        if let Some(content) = content {
            std::fs::write(dir.path().join(file), content).unwrap();
        }
        let refused = run(dir.path(), &[&create[..], &[file]].concat()).await;
        assert!(refused.next(2).contains("Firebase console"), "{refused:?}");
        assert!(refused.stderr.contains(file), "{refused:?}");
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_said_with_its_code_and_what_to_do() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[]).await;
    shop.register(&server).await;
    let at = ["--url", server.url.as_str()];
    let secret = "z".repeat(43);
    std::fs::write(shop.dir().join("wrong.key"), format!("pbk_0123456789ab_{secret}")).unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["app", "list", "--key-file", "wrong.key"], "api_key_invalid"),
        (&["key", "create", "--app", "nowhere", "--scope", "send"], "not_found"),
        (&["message", "msg_1", "--app", "shop"], "not_found"),
        (&["message", "1", "--app", "shop"], "invalid_field"),
        (
            &["send", "--app", "shop", "--user", "anna", "--title", "T", "--body", "B", "--data", "from=me"],
            "payload_rejected",
        ),
    ];
    for (arguments, code) in cases {
        let refused = run(shop.dir(), &[arguments, &at].concat()).await;
        refused.next(1);
        assert!(refused.stderr.contains(&format!("[{code}]")), "{refused:?}");
        assert!(!refused.stderr.contains(&secret), "{refused:?}");
    }
    let wrong = run(
        shop.dir(),
        &[
            &[
                "send",
                "--app",
                "shop",
                "--user",
                "a",
                "--title",
                "T",
                "--body",
                "B",
                "--data",
                "no-equals-sign",
            ][..],
            &at,
        ]
        .concat(),
    )
    .await;
    assert!(wrong.next(2).contains("key=value"), "{wrong:?}");
    server.end().await;
    shop.emulator.shutdown().await;
}

/// Something that is no Pushbridge: the emulator, say.
#[tokio::test]
async fn another_kind_of_server_is_told_apart() {
    let shop = Shop::open().await;
    std::fs::write(shop.dir().join("some.key"), "pbk_some_key").unwrap();
    let refused =
        run(shop.dir(), &["app", "list", "--key-file", "some.key", "--url", shop.emulator.url()]).await;
    assert!(refused.next(2).contains("--url"), "{refused:?}");
    shop.emulator.shutdown().await;
}
