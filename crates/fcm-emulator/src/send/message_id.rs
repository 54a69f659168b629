//! Message names. In: what kind of target. Out: `projects/{project}/messages/{id}`, the id shaped as FCM's are, `%`
//! included. Next: the answer and the inbox. Unique within the emulator.

use std::sync::Arc;
use std::time::Duration;

use crate::devices::Platform;
use crate::generator::{Generator, Stream};
use crate::names::ProjectId;

pub(crate) struct MessageIds(Generator);

impl MessageIds {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Generator::new(seed, Stream::MessageIds))
    }

    /// Names one accepted message; `platform` is none for a topic or condition.
    pub(crate) fn name(&self, project: &ProjectId, platform: Option<Platform>, unix: Duration) -> Arc<str> {
        let random = self.0.draw();
        match platform {
            Some(Platform::Android | Platform::Ios) => {
                format!("projects/{project}/messages/0:{:016}%{random:016x}", unix.as_micros()).into()
            }
            Some(Platform::Web) => {
                let more = self.0.draw();
                let (a, b, c) = (random >> 32, (random >> 16) & 0xffff, random & 0xffff);
                let (d, e) = (more >> 48, more & 0xffff_ffff_ffff);
                format!("projects/{project}/messages/{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}").into()
            }
            None => format!("projects/{project}/messages/{random:020}").into(),
        }
    }

    /// What a request with `validate_only` is answered.
    pub(crate) fn fake_name(project: &ProjectId) -> Arc<str> {
        format!("projects/{project}/messages/fake_message_id").into()
    }

    pub(crate) fn drawn(&self) -> u64 {
        self.0.drawn()
    }

    pub(crate) fn resume(&self, drawn: u64) {
        self.0.resume(drawn);
    }

    pub(crate) fn rewind(&self) {
        self.0.rewind();
    }
}
