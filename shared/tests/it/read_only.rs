//! Failure mode 20 where nothing may be written. In a folder whose permissions forbid it, which needs no privilege and is
//! tested everywhere; and on a file system that is really read-only, where the system gives a process mounts of its own.

use std::process::Command;

use pushbridge_core::{PushCore, PushError, PushStatus, RegistrationKind::FcmToken};

use crate::{
    crash::{child, kill, read_line, start},
    rig::Rig,
};

/// Said where the system gives a process no mounts of its own, as many containers do.
const NO_MOUNTS: &str = "row 20 is not tested on a real mount here: unshare -rm is refused";

/// A shell's test for whether a folder without write permission stops us.
const OBEYS: &str = "d=$(mktemp -d) && chmod a-w \"$d\" && if touch \"$d/f\" 2>/dev/null; then r=1; else r=0; fi; \
                     chmod u+w \"$d\"; rm -rf \"$d\"; exit $r";

/// How writing is forbidden and allowed again.
#[derive(Clone, Copy)]
pub(crate) enum Barrier {
    /// By the permissions of a folder and of all that is in it.
    Permissions,
    /// By remounting the file system.
    Mount,
}

impl Barrier {
    fn set(self, folder: &str, writable: bool) {
        let mut command = match (self, writable) {
            (Self::Permissions, false) => args("chmod", &["-R", "a-w", folder]),
            (Self::Permissions, true) => args("chmod", &["-R", "u+w", folder]),
            (Self::Mount, false) => args("mount", &["-o", "remount,ro", folder]),
            (Self::Mount, true) => args("mount", &["-o", "remount,rw", folder]),
        };
        assert!(command.status().unwrap().success());
    }
}

fn args(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    command
}

fn works(mut command: Command) -> bool {
    command.output().is_ok_and(|tried| tried.status.success())
}

/// What the child does, with its store in `folder`: the platform reports while nothing can be written, and again later.
pub(crate) fn live_through_it(core: &PushCore, folder: &str, barrier: Barrier) -> String {
    let report = |value: &str| core.on_registration(FcmToken, value.to_owned(), None);
    core.login("42".to_owned()).unwrap();
    // A file that is open for writing stays writable: paused, the core has none.
    core.pause().unwrap();
    let before = core.snapshot().unwrap();
    barrier.set(folder, false);
    let refused = report("token-of-a-bad-day").unwrap_err();
    assert!(matches!(refused, PushError::Storage { .. }), "{refused:?}");
    assert!(matches!(core.logout(), Err(PushError::Storage { .. })));
    assert!(matches!(core.resume(), Err(PushError::Storage { .. })));
    assert_eq!(core.snapshot().unwrap(), before, "refused, and changed nothing");
    barrier.set(folder, true);
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

/// Runs the child by `wrapper`, and sees that it came to its end, refused in between in words that name the `cause`.
fn live(does: &str, rig: &Rig, mut wrapper: Command, cause: &str) {
    let program = child(does, rig);
    wrapper.arg(program.get_program()).args(program.get_args());
    wrapper.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut process = start(&mut wrapper);
    let said = read_line(&mut process, "LIVED ");
    kill(process);
    assert!(said.contains(cause), "{said}");
}

/// A wrapper under which permissions hold: as it is for everybody but root, who gives up his right to pass them by.
fn obedient() -> Command {
    let root =
        || args("setpriv", &["--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search", "--"]);
    let mut tried = root();
    tried.args(["sh", "-c", OBEYS]);
    if works(args("sh", &["-c", OBEYS])) {
        return Command::new("env");
    }
    assert!(
        works(tried),
        "permissions do not stop this user, and setpriv (of util-linux) cannot make them: run this as another user"
    );
    root()
}

#[test]
fn row20_a_folder_that_may_only_be_read_refuses_and_destroys_nothing() {
    live("read_only_folder", &Rig::new(), obedient(), "permission denied");
}

#[test]
fn row20_a_mount_that_may_only_be_read_refuses_and_destroys_nothing() {
    let unshare = |command: &[&str]| {
        let mut unshare = args("unshare", &["-rm"]);
        unshare.args(command);
        unshare
    };
    if !works(unshare(&["true"])) {
        // Not without a test: the one above is the same but for the cause.
        println!("{NO_MOUNTS}");
        return;
    }
    let rig = Rig::new();
    let mut mounted = unshare(&["sh", "-c", "mount -t tmpfs none \"$0\" && exec \"$@\""]);
    mounted.arg(rig.dir.path());
    live("read_only_mount", &rig, mounted, "read-only");
}
