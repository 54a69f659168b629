//! Failure mode 20 on a file system that is really read-only: a mount of the child's own, which nobody else sees.

use std::process::Command;

use pushbridge_core::{PushCore, PushError, PushStatus, RegistrationKind::FcmToken};

use crate::{
    crash::{child, kill, read_line, start},
    rig::Rig,
};

/// Said where the system gives a process no mounts of its own, as many containers do.
const NO_MOUNTS: &str = "row 20 is not tested on a real mount here: unshare -rm is refused";

/// What the child does on its mount, `folder`: the platform reports while nothing can be written, and again later.
pub(crate) fn live_through_it(core: &PushCore, folder: &str) -> String {
    let remount = |how: &str| {
        let options = format!("remount,{how}");
        assert!(Command::new("mount").args(["-o", &options, folder]).status().unwrap().success());
    };
    let report = |value: &str| core.on_registration(FcmToken, value.to_owned(), None);
    core.login("42".to_owned()).unwrap();
    // A mount with a file open for writing stays writable: paused, the core has none.
    core.pause().unwrap();
    let before = core.snapshot().unwrap();
    remount("ro");
    let refused = report("token-of-a-bad-day").unwrap_err();
    assert!(matches!(refused, PushError::Storage { .. }), "{refused:?}");
    assert!(matches!(core.logout(), Err(PushError::Storage { .. })));
    assert!(matches!(core.resume(), Err(PushError::Storage { .. })));
    assert_eq!(core.snapshot().unwrap(), before, "refused, and changed nothing");
    remount("rw");
    core.resume().unwrap();
    assert_eq!(core.snapshot().unwrap(), PushStatus { paused: false, ..before.clone() });
    assert!(report("token-of-a-good-day").unwrap().changed);
    let after = core.snapshot().unwrap();
    assert_eq!(
        (after.installation_id, after.recovered, after.login),
        (before.installation_id, None, before.login)
    );
    format!("{refused}")
}

#[test]
fn row20_a_mount_that_may_only_be_read_refuses_and_destroys_nothing() {
    let unshare = || {
        let mut command = Command::new("unshare");
        command.arg("-rm");
        command
    };
    if !unshare().arg("true").output().is_ok_and(|tried| tried.status.success()) {
        println!("{NO_MOUNTS}");
        return;
    }
    let rig = Rig::new();
    let program = child("read_only_mount", &rig);
    let mut mounted = unshare();
    mounted.args(["sh", "-c", "mount -t tmpfs none \"$0\" && exec \"$@\""]).arg(rig.dir.path());
    mounted.arg(program.get_program()).args(program.get_args());
    mounted.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut process = start(&mut mounted);
    let said = read_line(&mut process, "LIVED ");
    kill(process);
    assert!(said.contains("read-only"), "{said}");
}
