//! Two dialects of one address: what the operator sees of a change from tokens to FIDs.

use pushbridge_fcm_emulator::DeviceChange;
use serde_json::{Value, json};

use crate::fixture::Fixture;

async fn counted(fixture: &Fixture, app: &str) -> Value {
    let shown = fixture.http.get(&format!("/v1/admin/apps/{app}"), &fixture.operator).await.expect(200);
    shown["addresses"].clone()
}

/// One live address per installation, whichever way it changes; what is retired or withdrawn does not count.
#[tokio::test]
async fn the_operator_sees_how_many_addresses_of_each_kind_an_app_has() {
    let fixture = Fixture::start().await;
    fixture.create_app("bank", json!({"mode": "single"})).await;
    assert_eq!(counted(&fixture, "shop").await, json!({"fcm_token": 0, "fcm_fid": 0}));
    let (mut anna, mut boris) = (fixture.phone_of("anna").await, fixture.phone_of("boris").await);
    assert_eq!(counted(&fixture, "shop").await, json!({"fcm_token": 2, "fcm_fid": 0}));
    for (phone, counts) in [
        (&mut anna, json!({"fcm_token": 1, "fcm_fid": 1})),
        (&mut boris, json!({"fcm_token": 0, "fcm_fid": 2})),
    ] {
        let fid = json!({"address": {"kind": "fcm_fid", "value": phone.device.fcm_fid.expose()}});
        assert_eq!(phone.put(&fixture, &fid, None).await.expect(200)["address_state"], "live");
        assert_eq!(counted(&fixture, "shop").await, counts);
    }
    let back = json!({"address": {"kind": "fcm_token", "value": anna.device.fcm_token.expose()}});
    anna.put(&fixture, &back, None).await.expect(200);
    assert_eq!(counted(&fixture, "shop").await, json!({"fcm_token": 1, "fcm_fid": 1}));
    fixture.control().change(&anna.device.id, DeviceChange::Uninstall).unwrap();
    let message = fixture.send("anna").await;
    assert_eq!(fixture.ended(&message).await["state"], "failed");
    boris.put(&fixture, &json!({"address": null}), None).await.expect(200);
    assert_eq!(counted(&fixture, "shop").await, json!({"fcm_token": 0, "fcm_fid": 0}));
    assert_eq!(counted(&fixture, "bank").await, json!({"fcm_token": 0, "fcm_fid": 0}), "another app's own");
    fixture.end().await;
}
