//! The whole product in one process, with every boundary in the test's hand.
//!
//! In: what a test does to phones, people, network, FCM and server. Out: the real server on a real socket, real cores
//! on real files, and what can be seen of them. Next: [`traces`](crate::traces) replays what the protocol's model found;
//! [`model`](crate::model) plays at random.
//!
//! Nothing here sleeps. Three clocks stand until they are moved: the server's, each phone's, and FCM's, which moves
//! only to let go of attempts that are held on the wire.

mod app;
mod attacker;
mod files;
mod net;
mod phone;
mod session;
mod town;
mod truth;
mod wire;
mod world;

pub(crate) use app::Shop;
pub(crate) use attacker::Attacker;
pub(crate) use net::{Net, Parcel};
pub(crate) use phone::{Phone, Pull};
pub(crate) use session::Login;
pub(crate) use town::Town;
pub(crate) use truth::{Row, Truth};
pub(crate) use world::World;

use std::time::Duration;

/// Longer than anything here takes on a busy machine; reached only by a defect.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// 2026-11-24T08:00:00Z.
pub(crate) const START_MS: i64 = 1_795_507_200_000;
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
