//! Random walks of the whole core: real store, real driver, restarts, a bad network.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use pushbridge_core::{PushCore, RegistrationKind::FcmToken, SyncOutcome, SyncTrigger};

use crate::{
    model_phone::Fate,
    model_server::Held,
    rig::{PATIENCE, Rig},
};

#[derive(Clone, Copy, Debug)]
enum Step {
    Login(u8),
    Logout,
    Rotate,
    RunReset { keeps_value: bool },
    Restart,
    PauseAndResume,
    Sync(Fate),
    DeliverLate,
    Pass { hours: u32 },
}

fn a_step() -> impl Strategy<Value = Step> {
    let fates = prop::sample::select(vec![
        Fate::Arrives,
        Fate::Arrives,
        Fate::RequestLost,
        Fate::AnswerLost,
        Fate::Twice,
        Fate::Late,
        Fate::Portal,
        Fate::Busy,
    ]);
    prop_oneof![
        2 => (0..2_u8).prop_map(Step::Login),
        1 => Just(Step::Logout),
        2 => Just(Step::Rotate),
        2 => any::<bool>().prop_map(|keeps_value| Step::RunReset { keeps_value }),
        1 => Just(Step::Restart),
        1 => Just(Step::PauseAndResume),
        4 => fates.prop_map(Step::Sync),
        1 => Just(Step::DeliverLate),
        1 => (1..800_u32).prop_map(|hours| Step::Pass { hours }),
    ]
}

/// The platform of one phone.
struct Platform {
    token: String,
    count: u32,
}

impl Platform {
    fn rotate(&mut self) -> String {
        self.count += 1;
        self.token = format!("token-{}", self.count);
        self.token.clone()
    }
    fn run_reset(&mut self, core: &PushCore, keeps_value: bool) {
        if let Some(reset) = core.snapshot().unwrap().pending_reset {
            let value = if keeps_value { self.token.clone() } else { self.rotate() };
            core.reset_done(reset, FcmToken, value).unwrap();
        }
    }
}

async fn walk(steps: Vec<Step>) {
    let rig = Rig::new();
    let mut core = rig.open();
    let mut platform = Platform { token: "token-0".to_owned(), count: 0 };
    for step in steps {
        match step {
            Step::Login(user) => drop(core.login(format!("user{user}")).unwrap()),
            Step::Logout => drop(core.logout().unwrap()),
            Step::Rotate => drop(core.on_registration(FcmToken, platform.rotate(), None).unwrap()),
            Step::RunReset { keeps_value } => platform.run_reset(&core, keeps_value),
            Step::Restart => {
                core.shutdown(PATIENCE).await;
                core = rig.open();
            }
            Step::PauseAndResume => {
                core.pause().unwrap();
                core.resume().unwrap();
            }
            Step::Sync(fate) => {
                rig.network.fates.lock().unwrap().clear();
                rig.next_fates(&[fate]);
                core.sync_now(PATIENCE, SyncTrigger::NetworkBack).await.unwrap();
            }
            Step::DeliverLate => rig.network.deliver_late(&mut rig.server.lock().unwrap()),
            Step::Pass { hours } => rig.clock.advance(Duration::from_secs(u64::from(hours) * 3600)),
        }
    }
    settle_and_check(&rig, &core, &mut platform).await;
    core.shutdown(PATIENCE).await;
}

async fn settle_and_check(rig: &Rig, core: &PushCore, platform: &mut Platform) {
    rig.network.fates.lock().unwrap().clear();
    rig.network.deliver_late(&mut rig.server.lock().unwrap());
    rig.clock.advance(Duration::from_secs(2 * 86_400)); // whatever wait there was
    platform.run_reset(core, false);
    let pull = core.begin_pull().unwrap();
    core.on_registration(FcmToken, platform.token.clone(), Some(pull)).unwrap();
    let outcome = core.sync_now(PATIENCE, SyncTrigger::Start).await.unwrap();
    assert!(matches!(outcome, SyncOutcome::Delivered { .. } | SyncOutcome::UpToDate), "{outcome:?}");
    let status = core.snapshot().unwrap();
    assert_eq!(status.revision, status.acked_revision);
    let server = rig.server.lock().unwrap();
    let truth = &server.installations[&status.installation_id];
    assert_eq!(Some(truth.revision), status.revision);
    assert_eq!(truth.held, Held::Live(platform.token.clone()));
    let is_logged_in = matches!(status.login, pushbridge_core::LoginState::LoggedIn { bound: true });
    assert_eq!(truth.bound.is_some(), is_logged_in);
    assert_eq!(server.clone_answers, 0);
    assert_eq!(server.installations.len(), 1, "no identity was thrown away");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// I9, on the real store.
    #[test]
    fn any_walk_of_the_whole_core_ends_with_server_equal_to_desired(steps in vec(a_step(), 1..25)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(walk(steps));
    }
}
