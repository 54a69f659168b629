//! SIGKILL, by a child process that is this test binary again.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use pushbridge_core::{
    CredentialReply, CredentialsProvider, Platform, PlatformEffect, PushConfig, PushCore, PushError,
    PushListener, PushStatus, RegistrationKind::FcmToken, SyncOutcome,
};

use crate::{
    read_only::{Barrier, live_through_it},
    rig::{Rig, sync},
};

const DIR: &str = "PUSHBRIDGE_TEST_CHILD_DIR";
pub(crate) const URL: &str = "PUSHBRIDGE_TEST_CHILD_URL";
const DOES: &str = "PUSHBRIDGE_TEST_CHILD_DOES";

struct Deaf;
impl PushListener for Deaf {
    fn on_effect(&self, _effect: PlatformEffect) {}
    fn on_status(&self, _status: PushStatus) {}
}
impl CredentialsProvider for Deaf {
    fn request(&self, _user_id: String, _force_refresh: bool, reply: Arc<CredentialReply>) {
        reply.none();
    }
}

#[test]
#[ignore = "the child of the tests below: does one thing, says so, and waits to be killed"]
fn child_process() {
    let (dir, does) = (std::env::var(DIR).unwrap(), std::env::var(DOES).unwrap());
    let url = std::env::var(URL);
    let mut config = PushConfig::new("https://push.test", "shop", &dir, Platform::Android);
    if let Ok(url) = &url {
        (config.base_url, config.https_only) = (url.clone(), false);
    }
    let core = PushCore::open(config, Arc::new(Deaf), Arc::new(Deaf)).unwrap();
    core.on_registration(FcmToken, "token-of-child".to_owned(), None).unwrap();
    match does.as_str() {
        "sync" => {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(sync(&core));
        }
        "report_until_refused" => println!("\nREFUSED {}", report_until_refused(&core)),
        "read_only_folder" => println!("\nLIVED {}", live_through_it(&core, &dir, Barrier::Permissions)),
        "read_only_mount" => {
            let mount = std::path::Path::new(&dir).parent().unwrap().display().to_string();
            println!("\nLIVED {}", live_through_it(&core, &mount, Barrier::Mount));
        }
        does => {
            core.login("42".to_owned()).unwrap();
            if does == "logout" {
                core.logout().unwrap();
            }
            println!("\nDURABLE {}", core.snapshot().unwrap().installation_id);
        }
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap(); // never comes
}

/// The revision that was kept, and why no more was.
fn report_until_refused(core: &PushCore) -> String {
    for n in 0..1_000 {
        let before = core.snapshot().unwrap();
        match core.on_registration(FcmToken, format!("token-{n}"), None) {
            Ok(_) => {}
            Err(PushError::Storage { detail }) => {
                assert_eq!(core.snapshot().unwrap(), before, "refused, and changed nothing");
                return format!("{} {detail}", before.revision.unwrap());
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("nothing was refused")
}

/// This test binary as the child.
pub(crate) fn child(does: &str, rig: &Rig) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "crash::child_process", "--ignored", "--nocapture"])
        .env(DIR, rig.dir.path().join("store"))
        .env(DOES, does);
    command
}

pub(crate) fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Starts the child and waits until it says that it is done; gives its installation id too.
fn start_child(does: &str, rig: &Rig) -> (Child, String) {
    let mut child = start(&mut child(does, rig));
    let id = read_line(&mut child, "DURABLE ");
    (child, id)
}

pub(crate) fn kill(mut child: Child) {
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
}

/// Starts the child, waits until it says that it is done, kills it at once, and gives its installation id.
fn kill_child_after(does: &str, rig: &Rig) -> String {
    let (child, id) = start_child(does, rig);
    kill(child);
    id
}

/// What the child says after `prefix`.
pub(crate) fn read_line(child: &mut Child, prefix: &str) -> String {
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut lines = stdout.lines().map(Result::unwrap);
    let said = lines.find_map(|line| line.strip_prefix(prefix).map(str::to_owned));
    said.expect("the child said that it is done")
}

/// B4, I9: what `on_registration` and `login` promised survives a kill right after they returned.
#[tokio::test]
async fn row01_a_kill_right_after_a_report_loses_nothing() {
    let rig = Rig::new();
    let id = kill_child_after("report", &rig);
    let core = rig.open();
    let status = core.snapshot().unwrap();
    assert_eq!((status.installation_id, status.recovered), (id, None));
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    assert_eq!(rig.network.count(), 1);
    assert_eq!(rig.bound_user(&core).as_deref(), Some("42"));
}

/// A8, B3: a logout survives a kill, and its reset is asked for by the next process.
#[tokio::test]
async fn a_kill_right_after_a_logout_still_logs_out_and_resets() {
    let rig = Rig::new();
    kill_child_after("logout", &rig);
    let core = rig.open();
    let reset_id = core.snapshot().unwrap().pending_reset.unwrap();
    assert_eq!(rig.next_effect(), PlatformEffect::ResetAddress { reset_id });
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    assert_eq!(rig.bound_user(&core), None);
    core.reset_done(reset_id, FcmToken, "fresh".to_owned()).unwrap();
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
}

#[tokio::test]
async fn row19_an_owner_in_another_process_keeps_the_store_until_it_is_killed() {
    let rig = Rig::new();
    let (child, id) = start_child("report", &rig);
    assert_eq!(rig.try_open().err(), Some(PushError::Busy));
    kill(child);
    let status = rig.open().snapshot().unwrap();
    assert_eq!((status.installation_id, status.recovered), (id, None));
}
