//! Makes ids, tokens and FIDs. In: the seed's sequence. Out: values shaped like FCM's. Next: `registry`.

use crate::generator::{Generator, Stream};
use crate::names::{DeviceId, Fid, RegistrationToken};

/// The first four bits of a FID are 0111, so that its first character is one of these.
const FID_FIRST: &[u8; 4] = b"cdef";
const FID_LENGTH: usize = 22;
/// Makes tokens of 163 characters, as Android's are today.
const TOKEN_TAIL_LENGTH: usize = 134;

/// What an app instance is addressed by; the two change together.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub(crate) token: RegistrationToken,
    pub(crate) fid: Fid,
}

/// Mints values that no other device of this emulator has.
pub(crate) struct Mint(Generator);

impl Mint {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Generator::new(seed, Stream::Devices))
    }

    pub(crate) fn device_id(&self) -> DeviceId {
        DeviceId::new(format!("dev_{:016x}", self.0.draw()))
    }

    /// One place of the sequence per pair, so that devices minted at the same time do not mix their characters.
    pub(crate) fn addresses(&self) -> Addresses {
        let source = self.0.branch();
        let mut fid = String::with_capacity(FID_LENGTH);
        fid.push(char::from(FID_FIRST[(source.draw() & 3) as usize]));
        source.push_text(&mut fid, FID_LENGTH - 1);
        let mut token = format!("{fid}:APA91b");
        source.push_text(&mut token, TOKEN_TAIL_LENGTH);
        Addresses { token: RegistrationToken::new(token), fid: Fid::new(fid) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minted_values_are_shaped_like_fcms() {
        let mint = Mint::new(3);
        for _ in 0..100 {
            let Addresses { token, fid } = mint.addresses();
            let (prefix, tail) = token.expose().split_once(':').unwrap();
            assert_eq!(prefix, fid.expose());
            assert_eq!(fid.expose().len(), 22);
            assert!(fid.expose().starts_with(['c', 'd', 'e', 'f']));
            assert!(tail.starts_with("APA91b"));
            assert_eq!(token.expose().len(), 163);
            let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(fid.expose().chars().all(word) && tail.chars().all(word));
        }
    }

    #[test]
    fn one_seed_mints_the_same_values_again() {
        let (one, two) = (Mint::new(3), Mint::new(3));
        assert_eq!(one.device_id(), two.device_id());
        assert!(one.addresses() == two.addresses());
        assert!(one.addresses() != Mint::new(4).addresses());
    }
}
