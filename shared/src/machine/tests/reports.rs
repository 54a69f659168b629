//! What the platform reports.

use super::*;

/// B4: the first address and every later one are told to the server.
#[test]
fn the_first_address_and_a_rotated_one_are_changes() {
    let mut core = Core::new();
    assert_eq!(core.plan(), Plan::Done);
    core.report("T1");
    assert_eq!((core.revision(), core.plan()), (1, Plan::Put(AskProof::No)));
    core.answer(&json!({}));
    assert_eq!(core.plan(), Plan::Done);
    core.report("T2");
    assert_eq!((core.revision(), core.value(), core.plan()), (2, Some("T2"), Plan::Put(AskProof::No)));
}

/// I10
#[test]
fn row08_the_same_address_is_a_change_only_when_the_acknowledgement_is_old() {
    let mut core = Core::settled();
    let revision = core.revision();
    for _ in 0..100 {
        core.report("T1");
    }
    assert_eq!((core.revision(), core.plan()), (revision, Plan::Done));
    core.pass(DAY + Duration::from_secs(1)).report("T1").report("T1");
    assert_eq!(core.revision(), revision + 1, "one confirmation, however often it is reported meanwhile");
}

/// F14
#[test]
fn an_older_pull_never_replaces_a_newer_report() {
    let mut core = Core::new();
    let older = core.begin_pull();
    core.report("T2").report_pulled("T1", older);
    assert_eq!(core.value(), Some("T2"));
    let newer = core.begin_pull();
    core.report_pulled("T3", newer);
    assert_eq!(core.value(), Some("T3"));
}

#[test]
fn a_pull_of_another_core_object_does_not_silence_later_reports() {
    let mut core = Core::new();
    core.report_pulled("T1", ReportNumber::Pull(1_000)).report("T2");
    assert_eq!(core.value(), Some("T2"));
    core.report_pulled("T1", ReportNumber::Pull(1_000));
    assert_eq!(core.value(), Some("T2"));
}

#[test]
fn row30_a_lost_address_is_withdrawn_only_if_it_is_of_the_kind_in_use() {
    let mut core = Core::settled();
    core.apply(Event::AddressLost { kind: AddressKind::FcmFid });
    assert_eq!(core.value(), Some("T1"));
    core.apply(Event::AddressLost { kind: AddressKind::FcmToken });
    assert_eq!((core.value(), core.user()), (None, Some("A")));
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
}

/// B4: an app that switches from tokens to Firebase Installation IDs stays one installation.
#[test]
fn row10_another_kind_with_the_same_text_is_another_address() {
    let mut core = Core::settled();
    let fid = Address { kind: AddressKind::FcmFid, ..address("T1") };
    core.apply(Event::Reported { address: fid.clone(), number: ReportNumber::Now });
    assert_eq!(core.state.desired.address, Some(fid));
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
}
