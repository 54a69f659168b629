//! Accepts one message.

use pushbridge_wire::{Lane, MessageAccepted, MessageId, MessageRequest, Timestamp, limits};

use super::{
    Audience, IntakeError,
    canonical::content_hash,
    filling::without_params,
    payload::checked_content,
    times::{SendTime, Times},
};
use crate::{
    app::App,
    clock::random_bytes,
    outbox::LaneNo,
    store::{Acceptance, AppRow, IdempotencyKey, KEY_LIFE, NewMessage},
};

/// Accepts a message for everybody in its audience who can be reached now; for a segment or everyone, when its time
/// comes. When this returns `Ok`, the message is on disk with the first of its deliveries, most often all.
///
/// # Errors
/// [`IntakeError`], and nothing was kept.
pub async fn accept_message(
    app: &App,
    row: &AppRow,
    idempotency_key: Option<String>,
    request: MessageRequest,
) -> Result<MessageAccepted, IntakeError> {
    let now = app.clock.now();
    let key = idempotency_key.map(|key| read_key(key, &request, now)).transpose()?;
    let message = match new_message(app, row, key.clone(), &request, now).await {
        Ok(message) => message,
        // A repetition is answered as the first time, even if its times have passed since.
        Err(refusal) => return replay(app, row, key, refusal).await,
    };
    let accepted = answer(app.store.save_message(message).await?)?;
    app.wake.deliveries_due();
    app.wake.work_waits();
    Ok(accepted)
}

async fn replay(
    app: &App,
    row: &AppRow,
    key: Option<IdempotencyKey>,
    refusal: IntakeError,
) -> Result<MessageAccepted, IntakeError> {
    let Some(key) = key else { return Err(refusal) };
    match app.store.find_accepted(row.no, key).await? {
        Some(known) => answer(known),
        None => Err(refusal),
    }
}

fn answer(acceptance: Acceptance) -> Result<MessageAccepted, IntakeError> {
    match acceptance {
        Acceptance::Accepted(accepted) | Acceptance::Known(accepted) => Ok(accepted),
        Acceptance::KeyReused => Err(IntakeError::KeyReused),
    }
}

fn read_key(key: String, request: &MessageRequest, now: Timestamp) -> Result<IdempotencyKey, IntakeError> {
    if key.is_empty() || key.len() > limits::IDEMPOTENCY_KEY_BYTES {
        let detail = format!("has 1 to {} bytes", limits::IDEMPOTENCY_KEY_BYTES);
        return Err(IntakeError::field("Idempotency-Key", detail));
    }
    Ok(IdempotencyKey { key, content: content_hash(request), since: now.minus(KEY_LIFE) })
}

async fn new_message(
    app: &App,
    row: &AppRow,
    idempotency: Option<IdempotencyKey>,
    request: &MessageRequest,
    now: Timestamp,
) -> Result<NewMessage, IntakeError> {
    let audience = Audience::read(&request.to)?;
    let id = new_id()?;
    let lane = LaneNo::of(request.lane.as_ref().unwrap_or(&Lane::Normal))
        .ok_or_else(|| IntakeError::field("lane", "expected urgent, normal or bulk"))?;
    let times = Times::read(request, now)?;
    if request.send_at_local.is_some() && !audience.has_zones() {
        let detail = "an address, a topic or a condition has no time zone: use send_at";
        return Err(IntakeError::field("send_at_local", detail));
    }
    let expand_at = times.send_at.filter(|_| audience.is_open()).map(SendTime::earliest);
    let content = checked_content(app, row, request, (&id, &audience)).await?;
    let audience_text = serde_json::to_string(&without_params(&request.to))
        .map_err(|_| IntakeError::field("to", "cannot be kept"))?;
    Ok(NewMessage {
        app: row.no,
        id,
        audience,
        audience_text,
        content,
        lane,
        validate_only: request.validate_only,
        created: now,
        send_at: times.send_at,
        expand_at,
        expires: times.expires,
        idempotency,
    })
}

fn new_id() -> Result<MessageId, IntakeError> {
    let hex: String = random_bytes::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("msg_{hex}").parse().map_err(|_| IntakeError::field("message_id", "cannot be made"))
}
