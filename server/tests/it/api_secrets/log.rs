//! The log of the whole process, and what must not stand in it.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tracing_subscriber::{EnvFilter, fmt::format::FmtSpan, util::SubscriberInitExt};

use crate::fixture::Phone;

/// Every crate of ours that may run in this process; the others at DEBUG.
const FILTER: &str = "debug,pushbridge_server=trace,pushbridge_fcm=trace,pushbridge_wire=trace,pushbridge_core=trace,pushbridge_fcm_emulator=trace";

/// Where the log goes.
#[derive(Clone, Default)]
pub(super) struct Capture(Arc<Mutex<Vec<u8>>>);

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Capture {
    /// Hears every thread of the process from now on.
    pub(super) fn install() -> Self {
        let capture = Self::default();
        let writer = capture.clone();
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(FILTER))
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish()
            .try_init()
            .expect("nobody else of this process listens");
        capture
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// What must not be found, each with a name that may be printed.
#[derive(Default)]
pub(super) struct Secrets(Vec<(String, String)>);

impl Secrets {
    pub(super) fn add(&mut self, name: impl Into<String>, value: &str) {
        assert!(value.len() >= 8, "too short to be searched for");
        self.0.push((name.into(), value.to_owned()));
    }

    pub(super) fn add_phone(&mut self, name: &str, phone: &Phone) {
        self.add(format!("secret of {name}"), &phone.secret);
        self.add(format!("token of {name}"), phone.device.fcm_token.expose());
        self.add(format!("FID of {name}"), phone.device.fcm_fid.expose());
    }

    /// The lines of the private key: a part of it is too much already.
    pub(super) fn add_private_key(&mut self, account: &str) {
        let account: Value = serde_json::from_str(account).unwrap();
        let pem = account["private_key"].as_str().unwrap();
        for (index, line) in pem.lines().filter(|line| line.len() > 40).enumerate() {
            self.add(format!("private key, line {index}"), line);
        }
    }

    pub(super) fn found_in<'s>(&'s self, text: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(|(_, value)| text.contains(value)).map(|(name, _)| name.as_str())
    }

    /// The first line of `log` with one of these, for the one who mends it.
    pub(super) fn line_in<'l>(&self, log: &'l str) -> &'l str {
        log.lines().find(|line| self.found_in(line).next().is_some()).unwrap_or_default()
    }
}
