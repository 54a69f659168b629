//! The older topic API, `iid.googleapis.com`, which SDKs keep as their legacy calls. In: up to 1,000 tokens and a topic.
//! Out: a result per token in the same order. A refusal of the whole call has a text as its `error`, not an object.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::devices::{DeviceEntry, Platform};
use crate::google::GoogleError;
use crate::projects::Projects;
use crate::send::{authorize_bearer, find_registration};
use crate::topics::subscription::{parse_topic, subscribe, unsubscribe};
use crate::world::World;

const TOKENS_PER_CALL: usize = 1_000;

#[derive(Deserialize)]
struct BatchRequest {
    to: String,
    registration_tokens: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Details {
    #[serde(default)]
    details: bool,
}

/// A refusal of the whole call.
pub(crate) struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

impl From<GoogleError> for Refused {
    fn from(error: GoogleError) -> Self {
        Self(error.http, error.sentence().into())
    }
}

pub(crate) async fn batch_add(
    State(projects): State<Arc<Projects>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refused> {
    batch(&projects, &headers, &body, |world, device, topic| subscribe(world, device, topic).map(|_| ()))
}

pub(crate) async fn batch_remove(
    State(projects): State<Arc<Projects>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refused> {
    batch(&projects, &headers, &body, |world, device, topic| {
        unsubscribe(world, device, topic);
        Ok(())
    })
}

/// What is known of a token; with `?details=true` its topics too.
pub(crate) async fn show_info(
    State(projects): State<Arc<Projects>>,
    Path(token): Path<String>,
    Query(Details { details }): Query<Details>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refused> {
    let world = admit(&projects, &headers)?.of(&token);
    let device = find_registration(&world, &token)?;
    let mut info = json!({
        "application": device.package,
        "authorizedEntity": world.project.as_str(),
        "applicationVersion": "1",
        "platform": match device.platform {
            Platform::Android => "ANDROID",
            Platform::Ios => "IOS",
            Platform::Web => "CHROME",
        },
    });
    if details {
        info["rel"] = json!({"topics": topics_of(&device)});
    }
    Ok(Json(info))
}

fn topics_of(device: &DeviceEntry) -> Value {
    let day = |since: std::time::Duration| {
        let since = jiff::Timestamp::from_second(i64::try_from(since.as_secs()).unwrap_or(0));
        since.unwrap_or(jiff::Timestamp::UNIX_EPOCH).strftime("%Y-%m-%d").to_string()
    };
    device.change(|condition| {
        condition
            .topics
            .iter()
            .map(|(topic, since)| (topic.to_string(), json!({"addDate": day(*since)})))
            .collect()
    })
}

fn batch(
    projects: &Arc<Projects>,
    headers: &HeaderMap,
    body: &Bytes,
    act: impl Fn(&World, &Arc<DeviceEntry>, &str) -> Result<(), GoogleError>,
) -> Result<Json<Value>, Refused> {
    let caller = admit(projects, headers)?;
    let invalid = |text: &str| Refused(StatusCode::BAD_REQUEST, text.into());
    let request: BatchRequest = serde_json::from_slice(body).map_err(|_| invalid("InvalidParameters"))?;
    let topic = parse_topic(&request.to).map_err(|_| invalid("InvalidTopicName"))?;
    if !(1..=TOKENS_PER_CALL).contains(&request.registration_tokens.len()) {
        return Err(invalid("InvalidNumberOfTokens"));
    }
    let one = |token: &String| {
        let world = caller.of(token);
        match find_registration(&world, token).and_then(|device| act(&world, &device, topic)) {
            Ok(()) => json!({}),
            Err(refused) => json!({"error": refused.legacy_code()}),
        }
    };
    Ok(Json(json!({"results": request.registration_tokens.iter().map(one).collect::<Vec<_>>()})))
}

/// Who calls: the account of one project, or the owner of all.
struct Caller {
    projects: Arc<Projects>,
    own: Option<Arc<World>>,
}

impl Caller {
    /// The project in which `token` is looked for. These calls name none, so that for the owner the token decides.
    fn of(&self, token: &str) -> Arc<World> {
        let found = self.own.clone().or_else(|| self.projects.holder_of(token));
        found.unwrap_or_else(|| Arc::clone(self.projects.first()))
    }
}

/// An OAuth bearer counts only beside its flag: without it the call is taken for one with a server key.
fn admit(projects: &Arc<Projects>, headers: &HeaderMap) -> Result<Caller, Refused> {
    if headers.get("access_token_auth").is_none_or(|flag| flag != "true") {
        return Err(Refused(StatusCode::UNAUTHORIZED, "Unauthorized".into()));
    }
    let own = authorize_bearer(projects, headers)?;
    Ok(Caller { projects: Arc::clone(projects), own })
}
