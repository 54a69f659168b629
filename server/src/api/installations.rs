//! The device protocol: PUT of the whole desired state, echo of a challenge, receipts.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use pushbridge_wire::{
    AddressState, AddressTruth, InstallationRequest, InstallationResponse, InstallationTruth, IsoDuration,
    Outcome, ProblemCode, ProofRequest, ReceiptsRequest, limits,
};

use super::{
    auth::{Secret, bearer_of, secret_invalid},
    error::ApiError,
    json::{AppPath, InstallationPath, Json, JsonBody},
};
use crate::{
    app::App,
    clock::random_bytes,
    identity::check_proof,
    registry::{Nonce, PutDecision, wait_for_wire},
    store::{AppRow, PutAnswer, PutRequest},
};

/// `PUT /v1/apps/{app}/installations/{installation}`
pub async fn put_installation(
    State(app): State<Arc<App>>,
    AppPath(app_id): AppPath,
    InstallationPath(id): InstallationPath,
    Secret(secret): Secret,
    headers: HeaderMap,
    JsonBody(request): JsonBody<InstallationRequest>,
) -> Result<Json<InstallationResponse>, ApiError> {
    check_request(&request)?;
    let row = app.store.find_app(app_id).await?.ok_or_else(ApiError::not_found)?;
    let now = app.clock.now();
    let proof = check_proof(&row.app, &app.token_key, bearer_of(&headers, "pushbridge-user"), now);
    let put = PutRequest {
        app: row.no,
        id,
        secret_hash: secret.hash(),
        request,
        proof,
        nonce: Nonce::from_random(random_bytes()?),
        challenge_life: app.config.device.challenge_life.0,
        now,
    };
    let answer = app.store.put_installation(put).await?;
    answer_put(&app, &row, answer).await
}

/// `POST /v1/apps/{app}/installations/{installation}/proof`
pub async fn prove_possession(
    State(app): State<Arc<App>>,
    AppPath(app_id): AppPath,
    InstallationPath(id): InstallationPath,
    Secret(secret): Secret,
    JsonBody(proof): JsonBody<ProofRequest>,
) -> Result<Json<InstallationResponse>, ApiError> {
    let row = app.store.find_app(app_id).await?.ok_or_else(ApiError::not_found)?;
    let nonce = Nonce::hash(&proof.nonce);
    let moved = app.store.prove_possession(row.no, id, secret.hash(), nonce, app.clock.now()).await?;
    match moved {
        Ok(Some(answer)) => answer_put(&app, &row, answer).await,
        Ok(None) => Err(ApiError::invalid_field("nonce", "no challenge with this nonce is open: PUT again")),
        Err(_) => Err(secret_invalid()),
    }
}

/// `POST /v1/apps/{app}/installations/{installation}/receipts`
pub async fn add_receipts(
    State(app): State<Arc<App>>,
    AppPath(app_id): AppPath,
    InstallationPath(id): InstallationPath,
    Secret(secret): Secret,
    JsonBody(request): JsonBody<ReceiptsRequest>,
) -> Result<StatusCode, ApiError> {
    if request.receipts.len() > limits::RECEIPTS_PER_REQUEST {
        return Err(ApiError::invalid_field("receipts", "at most 1000 receipts in one request"));
    }
    let row = app.store.find_app(app_id).await?.ok_or_else(ApiError::not_found)?;
    match app.store.add_receipts(row.no, id, secret.hash(), request.receipts).await? {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(_) => Err(secret_invalid()),
    }
}

fn check_request(request: &InstallationRequest) -> Result<(), ApiError> {
    if request.user.is_some() != request.login_id.is_some() {
        return Err(ApiError::invalid_field("login_id", "user and login_id stand together or not at all"));
    }
    let attributes = [
        ("app_version", &request.app_version),
        ("os_version", &request.os_version),
        ("locale", &request.locale),
        ("timezone", &request.timezone),
    ];
    for (field, value) in attributes {
        if value.as_ref().is_some_and(|text| text.len() > limits::ATTRIBUTE_BYTES) {
            return Err(ApiError::invalid_field(field, "at most 64 bytes"));
        }
    }
    let named = [
        ("platform", Some(request.platform.as_str())),
        ("permission", request.permission.as_ref().map(pushbridge_wire::Permission::as_str)),
        ("address.kind", request.address.as_ref().map(|address| address.kind.as_str())),
    ];
    match named.into_iter().find(|(_, value)| value.is_some_and(|text| text.len() > limits::ATTRIBUTE_BYTES))
    {
        Some((field, _)) => Err(ApiError::invalid_field(field, "at most 64 bytes")),
        None => Ok(()),
    }
}

async fn answer_put(
    app: &App,
    row: &AppRow,
    answer: PutAnswer,
) -> Result<Json<InstallationResponse>, ApiError> {
    let (installation, decision, unbound_others) = match answer {
        PutAnswer::Decided { installation, decision, unbound_others } => {
            (installation, *decision, unbound_others)
        }
        PutAnswer::SecretInvalid => return Err(secret_invalid()),
        PutAnswer::Cloned => {
            let detail =
                "this revision was reported with another address, user or login: start as a new installation";
            return Err(ApiError::new(ProblemCode::InstallationCloned, detail));
        }
    };
    if !decision.changes.is_empty() {
        // Challenges and hints may have been queued.
        app.wake.deliveries_due();
    }
    let epoch = decision.installation.binding.as_ref().map(|binding| binding.epoch);
    let wall = wait_for_wire(app, row.no, installation, epoch).await?;
    Ok(Json(InstallationResponse {
        revision: decision.installation.revision,
        outcome: decision.outcome.clone(),
        address_state: decision.address_state.clone(),
        user_state: decision.user_state.clone(),
        epoch,
        reason: decision.reason.clone(),
        unbound_others,
        wall,
        incarnation: app.incarnation.clone(),
        refresh_after: refresh_after(app, &decision),
        confirm_after: app.config.device.confirm_after,
        server_time: app.clock.now(),
        installation: truth(&decision),
    }))
}

/// A contested claim is asked about again when its challenge has ended.
fn refresh_after(app: &App, decision: &PutDecision) -> IsoDuration {
    let contested = decision.address_state == AddressState::Contested && decision.outcome != Outcome::Stale;
    if contested { app.config.device.challenge_life } else { app.config.device.refresh_after }
}

fn truth(decision: &PutDecision) -> InstallationTruth {
    let installation = &decision.installation;
    let address = installation.slot.address().map(|address| AddressTruth {
        kind: address.kind.clone(),
        fingerprint: address.fingerprint().to_string(),
        generation: installation.generation,
    });
    let binding = installation.binding.as_ref();
    InstallationTruth {
        revision: installation.revision,
        platform: installation.attributes.platform.clone(),
        address,
        user: binding.map(|binding| binding.user.clone()),
        login_id: binding.map(|binding| binding.login.clone()),
    }
}
