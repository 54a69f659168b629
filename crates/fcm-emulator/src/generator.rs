//! Repeatable randomness. In: a seed. Out: numbers and base64url text that depend only on the seed and on how many
//! were drawn before. Next: `devices::mint`, message ids, the dice of `faults`. Not for secrets: access tokens and
//! keys come from the system's random source whatever the seed.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;

/// The step of `SplitMix64`, a generator whose n-th number is a hash of seed + n: no lock is needed to share it.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The seed of one project beside the first, so that no two projects have an id or an address in common.
pub(crate) fn seed_for(seed: u64, project: &str) -> u64 {
    let hash = digest::digest(&digest::SHA256, project.as_bytes());
    let own = hash.as_ref().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    mix(seed ^ own)
}

/// Which independent sequence is drawn, so that more messages do not change the next device's ids.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Devices = 1,
    MessageIds = 2,
    FaultDice = 3,
}

/// A sequence that many threads draw from.
pub(crate) struct Generator {
    base: u64,
    drawn: AtomicU64,
}

impl Generator {
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        Self { base: mix(seed ^ mix(stream as u64)), drawn: AtomicU64::new(0) }
    }

    /// The next number.
    pub(crate) fn draw(&self) -> u64 {
        mix(self.base.wrapping_add(self.drawn.fetch_add(1, Ordering::Relaxed).wrapping_mul(STEP)))
    }

    /// A generator of its own for one thing that needs many numbers: takes one place in this sequence.
    pub(crate) fn branch(&self) -> Self {
        Self { base: self.draw(), drawn: AtomicU64::new(0) }
    }

    /// Appends `count` characters of base64url to `text`.
    pub(crate) fn push_text(&self, text: &mut String, count: usize) {
        let mut bits = 0;
        for position in 0..count {
            if position % 10 == 0 {
                bits = self.draw();
            }
            text.push(char::from(BASE64URL[(bits & 63) as usize]));
            bits >>= 6;
        }
    }

    /// How far the sequence is.
    pub(crate) fn drawn(&self) -> u64 {
        self.drawn.load(Ordering::Relaxed)
    }

    /// Goes on from where an earlier run was.
    pub(crate) fn resume(&self, drawn: u64) {
        self.drawn.store(drawn, Ordering::Relaxed);
    }

    /// Starts the sequence over.
    pub(crate) fn rewind(&self) {
        self.drawn.store(0, Ordering::Relaxed);
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_and_streams_differ() {
        let draw = |seed, stream| {
            let generator = Generator::new(seed, stream);
            [generator.draw(), generator.draw(), generator.draw()]
        };
        assert_eq!(draw(7, Stream::Devices), draw(7, Stream::Devices));
        assert_ne!(draw(7, Stream::Devices), draw(8, Stream::Devices));
        assert_ne!(draw(7, Stream::Devices), draw(7, Stream::MessageIds));
    }

    #[test]
    fn rewinding_repeats_the_sequence() {
        let generator = Generator::new(1, Stream::FaultDice);
        let first = generator.draw();
        assert_ne!(first, generator.draw());
        generator.rewind();
        assert_eq!(first, generator.draw());
    }
}
