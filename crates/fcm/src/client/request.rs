//! The body of `messages:send`.

use serde::Serialize;

use crate::{Message, Target, target::TargetField};

#[derive(Serialize)]
struct SendRequest<'a> {
    #[serde(skip_serializing_if = "is_false")]
    validate_only: bool,
    message: Addressed<'a>,
}

/// The target and the payload side by side, without a copy of either.
#[derive(Serialize)]
struct Addressed<'a> {
    #[serde(flatten)]
    target: TargetField<'a>,
    #[serde(flatten)]
    message: &'a Message,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// The body as bytes.
///
/// # Errors
/// Never for a message that came through [`validate`](crate::validate()).
pub(super) fn body(
    target: &Target,
    message: &Message,
    validate_only: bool,
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&SendRequest {
        validate_only,
        message: Addressed { target: target.expose_field(), message },
    })
}
