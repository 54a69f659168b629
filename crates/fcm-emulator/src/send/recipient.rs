//! Who gets it. In: a target. Out: the device behind it and whether FCM would deliver there. Next: `handler`.
//!
//! A malformed token is 400, a well-formed one that nobody has is 404; a FID that nobody has is 404 whatever its form.

use std::sync::Arc;

use serde_json::Value;

use crate::devices::{DeviceEntry, Platform, Standing};
use crate::google::{FcmErrorCode, GoogleError};
use crate::send::request::Target;
use crate::world::World;

/// The living device behind `address`, a token or a FID in one text as the topic APIs take it, or the refusal.
pub(crate) fn find_registration(world: &World, address: &str) -> Result<Arc<DeviceEntry>, GoogleError> {
    let target = Target::Token(address.into());
    let Recipient { device, verdict } = find(world, &target, &Value::Null);
    verdict?;
    device.ok_or_else(|| GoogleError::of_code(FcmErrorCode::Unregistered))
}

/// The device of a target, if there is (or was) one, and the refusal, if there is one.
pub(crate) struct Recipient {
    /// None for a topic or condition, and for an address that no device of this emulator ever had.
    pub(crate) device: Option<Arc<DeviceEntry>>,
    pub(crate) verdict: Result<(), GoogleError>,
}

pub(crate) fn find(world: &World, target: &Target, message: &Value) -> Recipient {
    match target {
        Target::Topic(_) | Target::Condition(_) => Recipient { device: None, verdict: Ok(()) },
        Target::Token(text) if !is_token(text) && !is_fid(text) => {
            Recipient { device: None, verdict: Err(GoogleError::malformed_token()) }
        }
        // A token is no FID.
        Target::Fid(text) if text.contains(':') => unregistered(None),
        Target::Token(text) | Target::Fid(text) => match world.devices.by_address(text) {
            None => stranger(world, text),
            Some(device) => judge(device, text, message),
        },
    }
}

fn judge(device: Arc<DeviceEntry>, address: &str, message: &Value) -> Recipient {
    let verdict = match device.standing_of(address) {
        Standing::Live => check_package(&device, message),
        Standing::Gone => return unregistered(Some(device)),
        Standing::OtherProject => Err(GoogleError::of_code(FcmErrorCode::SenderIdMismatch)),
        Standing::ApnsDead => Err(GoogleError::apns_token_disabled()),
    };
    Recipient { device: Some(device), verdict }
}

/// An address that this project never had: another project's, or nobody's.
fn stranger(world: &World, address: &str) -> Recipient {
    if world.all().and_then(|all| all.holder_of(address)).is_none() {
        return unregistered(None);
    }
    Recipient { device: None, verdict: Err(GoogleError::of_code(FcmErrorCode::SenderIdMismatch)) }
}

fn unregistered(device: Option<Arc<DeviceEntry>>) -> Recipient {
    Recipient { device, verdict: Err(GoogleError::of_code(FcmErrorCode::Unregistered)) }
}

/// Whether the message may go to this device's app.
pub(crate) fn check_package(device: &DeviceEntry, message: &Value) -> Result<(), GoogleError> {
    if device.platform != Platform::Android {
        return Ok(());
    }
    for platform in ["android", "android_v2"] {
        let wanted = message.get(platform).and_then(|own| own.get("restricted_package_name"));
        if wanted.and_then(Value::as_str).is_some_and(|wanted| wanted != device.package) {
            return Err(GoogleError::invalid_field(
                &format!("message.{platform}.restricted_package_name"),
                "The registration token does not belong to the restricted package name.",
            ));
        }
    }
    Ok(())
}

/// `<prefix>:APA91b…`: 11 characters of prefix are seen in old tokens, 22 (a FID) in new ones.
fn is_token(text: &str) -> bool {
    let Some((prefix, tail)) = text.split_once(':') else { return false };
    let tail_length = tail.strip_prefix("APA91b").map_or(0, str::len);
    (11..=64).contains(&prefix.len())
        && (64..=4096).contains(&tail_length)
        && prefix.bytes().chain(tail.bytes()).all(is_base64url)
}

fn is_fid(text: &str) -> bool {
    text.len() == 22 && text.starts_with(['c', 'd', 'e', 'f']) && text.bytes().all(is_base64url)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_fids_are_told_apart_by_their_form() {
        let tail = "x".repeat(134);
        assert!(is_token(&format!("fGw0qy4TGgk:APA91b{tail}")), "the 11 characters of Google's sample");
        assert!(is_token(&format!("c123456789012345678901:APA91b{tail}")));
        for bad in ["", "not-a-token", ":APA91b", "fGw0qy4TGgk:APA91b", &format!("fGw0qy4TGgk:XYZ{tail}")] {
            assert!(!is_token(bad), "{bad:.30}");
        }
        assert!(!is_token(&format!("fGw0qy4TGgk:APA91b{tail}!")));
        assert!(is_fid("c123456789012345678901"));
        assert!(!is_fid("x123456789012345678901"));
        assert!(!is_fid("c12345678901234567890"));
    }
}
