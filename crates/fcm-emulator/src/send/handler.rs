//! Leads one request through the stages. In: the HTTP request. Out: an answer, or none when a fault says so.
//! Next: the socket (`serve`), and the log (`traffic`, `journal`).

use std::sync::Arc;

use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use serde::Serialize;

use crate::faults::Trouble;
use crate::google::{GoogleError, html_page};
use crate::projects::Projects;
use crate::quota::Exhausted;
use crate::send::authorize::authorize;
use crate::send::deliver::deliver;
use crate::send::message_id::MessageIds;
use crate::send::recipient::{self, Recipient};
use crate::send::request::SendRequest;
use crate::send::rules;
use crate::serve::{Connection, refused_stream};
use crate::traffic::Attempt;
use crate::world::World;

/// Far above every valid message, so that one too large still gets FCM's own error.
const BODY_BYTES: usize = 1024 * 1024;

/// How a request ends.
enum Outcome {
    Answer(Response),
    Cut,
    Hang,
    RefuseStream,
}

/// Answers one `POST /v1/projects/{project}/messages:send`.
pub(crate) async fn send_message(
    projects: &Projects,
    connection: &Connection,
    project: &str,
    request: Request<Incoming>,
) -> Response {
    // A project that is not served has no log of its own.
    let world = projects.find(project).unwrap_or_else(|| Arc::clone(projects.first()));
    let mut attempt = Attempt::begin(Arc::clone(&world), connection.traffic());
    let outcome = match authorize(projects, request.headers(), project) {
        Ok(world) => process(&world, connection, &mut attempt, request.into_body()).await,
        Err(refused) => Err(refused),
    };
    match outcome.unwrap_or_else(|refused| Outcome::Answer(refused.into_response())) {
        Outcome::Answer(response) => {
            attempt.answered(response.status());
            return response;
        }
        Outcome::Cut => {}
        Outcome::RefuseStream => {
            attempt.cut();
            return refused_stream();
        }
        // Until the emulator stops, or this future is dropped because the client has gone.
        Outcome::Hang => world.stop.cancelled().await,
    }
    attempt.cut();
    connection.cut_now().await
}

async fn process(
    world: &World,
    connection: &Connection,
    attempt: &mut Attempt,
    body: Incoming,
) -> Result<Outcome, GoogleError> {
    world
        .quotas
        .take_for_project(world.now())
        .map_err(|full| over_quota(GoogleError::project_quota(&world.project), full))?;
    let body = read(body).await?;
    let request = SendRequest::parse(&body)?;
    rules::check(&request.message, &request.target)?;
    let recipient = recipient::find(world, &request.target, &request.message);
    if let Some(device) = &recipient.device {
        attempt.is_for(device.id.clone());
    }
    recipient.verdict.clone()?;
    if let Some(device) = recipient.device.as_ref().filter(|_| !request.validate_only) {
        world
            .quotas
            .take_for_device(device, world.now())
            .map_err(|full| over_quota(GoogleError::device_quota(), full))?;
    }
    let device_id = recipient.device.as_ref().map(|device| &device.id);
    let Some(plan) = world.faults.strike(device_id) else {
        return Ok(take(world, attempt, &request, &recipient));
    };
    if !plan.latency.is_zero() {
        world.clock.sleep(plan.latency).await;
    }
    match &plan.trouble {
        Trouble::None => Ok(take(world, attempt, &request, &recipient)),
        Trouble::Refuse(error) => Err(error.as_ref().clone()),
        Trouble::Html { status, retry_after } => Ok(Outcome::Answer(html_page(*status, retry_after.clone()))),
        Trouble::Hang => Ok(Outcome::Hang),
        Trouble::CutBefore => Ok(Outcome::Cut),
        Trouble::CutAfter => {
            take(world, attempt, &request, &recipient);
            Ok(Outcome::Cut)
        }
        Trouble::RefusedStream => Ok(Outcome::RefuseStream),
        Trouble::Goaway => {
            connection.leave();
            Ok(take(world, attempt, &request, &recipient))
        }
    }
}

/// What FCM answers, and nothing else.
#[derive(Serialize)]
struct SendResponse<'a> {
    name: &'a str,
}

/// FCM takes the message; with `validate_only` it only would have.
fn take(world: &World, attempt: &mut Attempt, request: &SendRequest, recipient: &Recipient) -> Outcome {
    let name = if request.validate_only {
        MessageIds::fake_name(&world.project)
    } else {
        attempt.accepted();
        deliver(world, &request.target, recipient.device.as_deref(), &request.message)
    };
    Outcome::Answer(axum::Json(SendResponse { name: &name }).into_response())
}

async fn read(body: Incoming) -> Result<Bytes, GoogleError> {
    let read = Limited::new(body, BODY_BYTES).collect().await;
    Ok(read.map_err(|_| body_too_large())?.to_bytes())
}

fn body_too_large() -> GoogleError {
    let message = format!("Request payload size exceeds the limit: {BODY_BYTES} bytes.");
    GoogleError::new(StatusCode::BAD_REQUEST, message, Vec::new())
}

/// When there is room again, in whole seconds: earlier would be refused again.
fn over_quota(error: GoogleError, Exhausted(wait): Exhausted) -> GoogleError {
    let seconds = wait.as_millis().div_ceil(1_000);
    let retry_after = HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX));
    error.with_retry_after(Some(retry_after))
}
