//! I11: whatever is logged, at any level, holds no address, secret, proof or user.

use std::{
    io,
    sync::{Arc, Mutex},
};

use pushbridge_core::{RegistrationKind::FcmToken, SyncOutcome};
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    model_phone::Fate,
    rig::{PATIENCE, Provider, Rig, sync},
};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// I11. The subscriber is the process's, since the core works on threads of its own.
#[tokio::test]
async fn row32_no_secret_is_logged_or_shown_at_any_level() {
    let sink = Sink::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(sink.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let rig = Rig::new();
    rig.require_proof("SECRET-right-proof");
    rig.set_provider(Provider::Refreshes("SECRET-wrong-proof".to_owned(), "SECRET-right-proof".to_owned()));
    let core = rig.open();
    core.on_registration(FcmToken, "SECRET-token".to_owned(), None).unwrap();
    core.login("SECRET-user".to_owned()).unwrap();
    rig.next_fates(&[Fate::Portal]);
    sync(&core).await;
    core.on_registration(FcmToken, "SECRET-token-2".to_owned(), None).unwrap();
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    let secret = rig.network.requests.lock().unwrap()[0].secret.expose().to_owned();
    let refused = core.on_registration(FcmToken, "SECRET with a space".to_owned(), None).unwrap_err();
    let requests = format!("{:?}", rig.network.requests.lock().unwrap());
    let shown = format!("{:?} {refused} {refused:?} {requests}", core.snapshot().unwrap());
    core.shutdown(PATIENCE).await;
    let logged = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("asking the server"), "the log was caught: {logged}");
    for text in [&logged, &shown] {
        assert!(!text.contains("SECRET"), "{text}");
        assert!(!text.contains(&secret), "{text}");
    }
}
