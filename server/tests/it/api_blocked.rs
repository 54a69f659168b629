//! A project that cannot send at all: its deliveries wait, one at a time finds out whether it is mended, and then all go.

use std::time::Duration;

use pushbridge_fcm_emulator::{FaultSpec, FcmEmulator, Options};
use pushbridge_wire::Timestamp;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, Phone};

const USERS: [&str; 5] = ["anna", "boris", "clara", "dmitri", "elena"];

struct Scene {
    fixture: Fixture,
    phones: Vec<Phone>,
    messages: Vec<String>,
}

impl Scene {
    /// A logged-in phone for each user.
    async fn start() -> Self {
        let fixture = Fixture::start().await;
        let mut phones = Vec::new();
        for user in USERS {
            phones.push(fixture.phone_of(user).await);
        }
        Self { fixture, phones, messages: Vec::new() }
    }

    async fn send_to_all(&mut self) {
        for user in USERS {
            self.messages.push(self.fixture.send(user).await);
        }
    }

    async fn shown(&self) -> Value {
        self.fixture.http.get("/v1/admin/apps/shop", &self.fixture.operator).await.expect(200)
    }

    /// What the operator sees, once the next try lies ahead.
    async fn blocked(&self) -> Value {
        let poll = async {
            loop {
                let blocked = self.shown().await["sending_blocked"].clone();
                let next = serde_json::from_value::<Timestamp>(blocked["next_try_at"].clone());
                if next.is_ok_and(|next| next > self.fixture.clock.now()) {
                    return blocked;
                }
            }
        };
        tokio::time::timeout(PATIENCE, poll).await.expect("it is blocked")
    }

    async fn deliveries(&self) -> Vec<Value> {
        let mut deliveries = Vec::new();
        for message in &self.messages {
            deliveries.push(self.fixture.delivery_when(message, |one| one["state"] != "leased").await);
        }
        deliveries
    }

    async fn attempts(&self) -> u64 {
        self.deliveries().await.iter().filter_map(|one| one["attempts"].as_u64()).sum()
    }

    async fn patch_account(&self, emulator: &FcmEmulator) {
        self.patch_account_json(emulator.service_account_json()).await;
    }

    async fn patch_account_json(&self, account: &str) {
        let account: Value = serde_json::from_str(account).unwrap();
        let (path, body) = ("/v1/admin/apps/shop", json!({"service_account": account}));
        self.fixture.http.call("PATCH", path, &self.fixture.operator, &body).await.expect(200);
    }

    async fn assert_all_wait(&self) {
        for delivery in self.deliveries().await {
            assert_eq!(delivery["state"], "pending", "{delivery}");
        }
    }

    async fn assert_all_arrive(self) {
        for (message, phone) in self.messages.iter().zip(&self.phones) {
            assert_eq!(self.fixture.ended(message).await["state"], "sent");
            assert_eq!(self.fixture.control().inbox(&phone.device.id, 0).unwrap().len(), 1);
        }
        assert_eq!(self.shown().await["sending_blocked"], Value::Null);
        self.fixture.end().await;
    }
}

/// I5, I8: a wrong key burns no backlog, not after days either; and a mended one needs no restart.
#[tokio::test]
async fn a_refused_key_keeps_everything_waiting_until_it_is_mended() {
    let mut scene = Scene::start().await;
    let other = FcmEmulator::start(Options::default()).await.unwrap();
    scene.patch_account(&other).await;
    scene.send_to_all().await;
    assert_eq!(scene.blocked().await["reason"], "unauthenticated");
    scene.assert_all_wait().await;

    let before = scene.attempts().await;
    scene.fixture.clock.advance(Duration::from_secs(2 * 86_400));
    let probed = scene.fixture.clock.now();
    assert!(serde_json::from_value::<Timestamp>(scene.blocked().await["since"].clone()).unwrap() < probed);
    assert_eq!(scene.attempts().await, before + 1, "one delivery at a time finds out");
    scene.assert_all_wait().await;

    scene.patch_account(&scene.fixture.emulator).await;
    scene.fixture.clock.advance(Duration::from_secs(30));
    scene.assert_all_arrive().await;
    other.shutdown().await;
}

/// Other credentials count for the next message, though the access token of the old ones would live for an hour.
#[tokio::test]
async fn patched_credentials_are_used_at_once() {
    let mut scene = Scene::start().await;
    let [first, second, third] = ["anna", "boris", "clara"];
    scene.messages.push(scene.fixture.send(first).await);
    assert_eq!(scene.fixture.ended(&scene.messages[0]).await["state"], "sent");
    let own = scene.fixture.control();
    assert_eq!(own.token_requests(), 1);

    // A sound account, but of a project in which it has nothing to say.
    let blog = scene.fixture.emulator.add_project("blog").await.unwrap();
    scene.patch_account_json(blog.service_account_json()).await;
    scene.messages.push(scene.fixture.send(second).await);
    assert_eq!(scene.blocked().await["reason"], "permission_denied");
    assert_eq!((own.token_requests(), blog.token_requests()), (1, 1));

    scene.patch_account(&scene.fixture.emulator).await;
    let message = scene.fixture.send(third).await;
    assert_eq!(scene.fixture.ended(&message).await["state"], "sent", "and no clock was moved");
    assert_eq!((scene.fixture.control().token_requests(), blog.token_requests()), (2, 1));
    scene.fixture.clock.advance(Duration::from_secs(30));
    assert_eq!(scene.fixture.ended(&scene.messages[1]).await["state"], "sent");
    scene.fixture.end().await;
}

/// I5: a permission that comes back, or an API that is switched on, is found without anybody's help.
#[tokio::test]
async fn a_project_that_may_send_again_does_so_by_itself() {
    for status in [403, 404] {
        let mut scene = Scene::start().await;
        let refuse: FaultSpec = serde_json::from_value(json!({"status": status})).unwrap();
        scene.fixture.control().add_fault(refuse).unwrap();
        scene.send_to_all().await;
        let reason = if status == 403 { "permission_denied" } else { "not_found" };
        assert_eq!(scene.blocked().await["reason"], reason);
        scene.assert_all_wait().await;
        scene.fixture.control().clear_faults();
        scene.fixture.clock.advance(Duration::from_secs(15));
        scene.assert_all_arrive().await;
    }
}
