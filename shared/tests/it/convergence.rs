//! Any order of everything, against the server's rules, without a clock, a disk or a socket.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use crate::{
    model_phone::{Fate, Phone},
    model_server::Server,
};

#[derive(Clone, Copy, Debug)]
enum Step {
    Login(u8),
    Logout,
    Rotate { is_heard: bool },
    Pull,
    RunReset { keeps_value: bool },
    DeliverCallback(usize),
    Crash,
    LoseStore,
    Sync(Fate),
    Send(Fate),
    DeliverAnswer,
    DeliverLate(usize),
    DeliverPushes { are_lost: bool },
    Revoke,
    NewIncarnation,
    Pass { minutes: u32 },
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Arrives),
        1 => Just(Fate::RequestLost),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::Twice),
        1 => Just(Fate::Late),
        1 => Just(Fate::Portal),
        1 => Just(Fate::Busy),
    ]
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3_u8).prop_map(Step::Login),
        2 => Just(Step::Logout),
        3 => any::<bool>().prop_map(|is_heard| Step::Rotate { is_heard }),
        1 => Just(Step::Pull),
        3 => any::<bool>().prop_map(|keeps_value| Step::RunReset { keeps_value }),
        4 => any::<usize>().prop_map(Step::DeliverCallback),
        2 => Just(Step::Crash),
        1 => Just(Step::LoseStore),
        6 => fate().prop_map(Step::Sync),
        4 => fate().prop_map(Step::Send),
        2 => Just(Step::DeliverAnswer),
        1 => any::<usize>().prop_map(Step::DeliverLate),
        2 => any::<bool>().prop_map(|are_lost| Step::DeliverPushes { are_lost }),
        1 => Just(Step::Revoke),
        1 => Just(Step::NewIncarnation),
        3 => (1..60_000_u32).prop_map(|minutes| Step::Pass { minutes }),
    ]
}

fn take(step: Step, phone: &mut Phone, server: &mut Server, lives: &mut u32) {
    match step {
        Step::Login(user) => phone.login(user),
        Step::Logout => phone.logout(),
        Step::Rotate { is_heard } => phone.rotate(is_heard),
        Step::Pull => phone.pull(),
        Step::RunReset { keeps_value } => phone.run_reset(keeps_value),
        Step::DeliverCallback(which) => phone.deliver_callback(which),
        Step::Crash => phone.restart(),
        Step::LoseStore => phone.lose_store(),
        Step::Sync(fate) => phone.sync(server, fate),
        Step::Send(fate) => phone.send(server, fate),
        Step::DeliverAnswer => phone.deliver_answer(),
        Step::DeliverLate(which) => phone.deliver_late(server, which),
        Step::DeliverPushes { are_lost } => phone.deliver_pushes(server, are_lost),
        Step::Revoke => server.revoke_all(),
        Step::NewIncarnation => {
            *lives += 1;
            server.incarnation = format!("life{lives}");
        }
        Step::Pass { minutes } => phone.pass(Duration::from_secs(u64::from(minutes) * 60)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// B3, B4, B8, I3, I9: whatever happened, once the network is back the server holds what is desired, the phone is
    /// reachable at the platform's address, and no identity was thrown away without a reason.
    #[test]
    fn any_interleaving_ends_with_server_equal_to_desired(steps in vec(a_step(), 1..60)) {
        let (mut phone, mut server, mut lives) = (Phone::new(), Server::new(), 0);
        for step in steps {
            take(step, &mut phone, &mut server, &mut lives);
        }
        phone.settle(&mut server);
        phone.pass(Duration::from_secs(29 * 86_400)); // at refresh_after the core hears what the backend ended
        phone.settle(&mut server);
        phone.assert_server_equals_desired(&server);
        prop_assert_eq!(server.clone_answers, 0, "two PUTs of one revision differed");
    }

    /// I10: with nothing changed there is no request until refresh_after, whatever came before.
    #[test]
    fn a_settled_phone_is_silent_for_four_weeks(steps in vec(a_step(), 1..40)) {
        let (mut phone, mut server, mut lives) = (Phone::new(), Server::new(), 0);
        for step in steps {
            take(step, &mut phone, &mut server, &mut lives);
        }
        phone.settle(&mut server);
        phone.pass(Duration::from_secs(29 * 86_400));
        phone.settle(&mut server);
        let before = server.puts;
        phone.pass(Duration::from_secs(86_000));
        phone.restart(); // pulls the same address, within confirm_after
        phone.deliver_callback(0);
        for _ in 0..26 {
            phone.sync(&mut server, Fate::Arrives);
            phone.pass(Duration::from_secs(86_400));
        }
        prop_assert_eq!(server.puts, before);
    }
}
