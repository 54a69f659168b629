//! `/v1/projects/{p}/registrations/{token or FID}/topicSubscriptions`: create, get, list, patch, delete. In: one
//! registration and one topic a call. Out: a `TopicSubscription` in camelCase (whether FCM writes it so is not known).

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::devices::{DeviceEntry, Subscribed};
use crate::google::GoogleError;
use crate::projects::Projects;
use crate::send::{authorize, find_registration};
use crate::topics::subscription::{parse_topic, since, subscribe, unsubscribe};
use crate::world::World;

type Answer = Result<Json<Value>, GoogleError>;
/// In order, so that of equal names the last one counts.
type Parameters = Query<Vec<(String, String)>>;

const PAGE: usize = 1_000;
const LARGEST_PAGE: usize = 2_000;

/// An authorised call for a living app instance.
struct Call {
    world: Arc<World>,
    project: String,
    registration: String,
    device: Arc<DeviceEntry>,
}

impl Call {
    fn begin(
        projects: &Projects,
        headers: &HeaderMap,
        project: String,
        registration: String,
    ) -> Result<Self, GoogleError> {
        let world = authorize(projects, headers, &project)?;
        let device = find_registration(&world, &registration)?;
        Ok(Self { world, project, registration, device })
    }

    fn shown(&self, topic: &str, since: Duration) -> Value {
        let Self { project, registration, .. } = self;
        json!({
            "name": format!("projects/{project}/registrations/{registration}/topicSubscriptions/{topic}"),
            "topicName": topic,
            "createTime": rfc3339(since),
        })
    }

    fn answer(&self, topic: &str) -> Answer {
        since(&self.device, topic).map(|since| Json(self.shown(topic, since)))
    }
}

pub(crate) async fn create_subscription(
    State(projects): State<Arc<Projects>>,
    Path((project, registration)): Path<(String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Answer {
    let call = Call::begin(&projects, &headers, project, registration)?;
    let topic = parse_topic(last(&parameters, ["topic_name", "topicName"]).unwrap_or_default())?;
    match subscribe(&call.world, &call.device, topic)? {
        Subscribed::Already => Err(GoogleError::already_exists()),
        _ => call.answer(topic),
    }
}

pub(crate) async fn get_subscription(
    State(projects): State<Arc<Projects>>,
    Path((project, registration, topic)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Answer {
    let call = Call::begin(&projects, &headers, project, registration)?;
    call.answer(parse_topic(&topic)?)
}

/// Changes nothing, since a subscription has nothing to change; with `allow_missing` it makes what is not there.
pub(crate) async fn patch_subscription(
    State(projects): State<Arc<Projects>>,
    Path((project, registration, topic)): Path<(String, String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Answer {
    let call = Call::begin(&projects, &headers, project, registration)?;
    let topic = parse_topic(&topic)?;
    if allows_missing(&parameters) {
        subscribe(&call.world, &call.device, topic)?;
    }
    call.answer(topic)
}

pub(crate) async fn delete_subscription(
    State(projects): State<Arc<Projects>>,
    Path((project, registration, topic)): Path<(String, String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Answer {
    let call = Call::begin(&projects, &headers, project, registration)?;
    let existed = unsubscribe(&call.world, &call.device, parse_topic(&topic)?);
    if existed || allows_missing(&parameters) { Ok(Json(json!({}))) } else { Err(GoogleError::not_found()) }
}

/// A page of subscriptions in the order of their names; the token of the next one is the last name of this one.
pub(crate) async fn list_subscriptions(
    State(projects): State<Arc<Projects>>,
    Path((project, registration)): Path<(String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Answer {
    let call = Call::begin(&projects, &headers, project, registration)?;
    let size = page_size(last(&parameters, ["page_size", "pageSize"]))?;
    let after = last(&parameters, ["page_token", "pageToken"]).filter(|token| !token.is_empty());
    let start: Bound<&str> = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut found: Vec<(Box<str>, Duration)> = call.device.change(|condition| {
        let topics = condition.topics.range::<str, _>((start, Bound::Unbounded));
        topics.take(size + 1).map(|(topic, since)| (topic.clone(), *since)).collect()
    });
    let more = found.len() > size;
    found.truncate(size);
    let shown: Vec<Value> = found.iter().map(|(topic, since)| call.shown(topic, *since)).collect();
    let mut page = json!({"topicSubscriptions": shown});
    if let Some((topic, _)) = found.last().filter(|_| more) {
        page["nextPageToken"] = json!(topic);
    }
    Ok(Json(page))
}

fn page_size(text: Option<&str>) -> Result<usize, GoogleError> {
    match text.map_or(Ok(0), str::parse::<i32>) {
        Ok(0) => Ok(PAGE),
        Ok(size) if size > 0 => Ok(usize::try_from(size).unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE)),
        _ => Err(GoogleError::invalid_field("page_size", "Invalid page size: must be a positive number.")),
    }
}

fn allows_missing(parameters: &Parameters) -> bool {
    last(parameters, ["allow_missing", "allowMissing"]) == Some("true")
}

/// The last value under either style of a name.
fn last<'a>(Query(parameters): &'a Parameters, names: [&str; 2]) -> Option<&'a str> {
    let found = parameters.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
    found.map(|(_, value)| value.as_str())
}

fn rfc3339(unix: Duration) -> String {
    let since_epoch = SignedDuration::try_from(unix).unwrap_or(SignedDuration::MAX);
    Timestamp::from_duration(since_epoch).unwrap_or(Timestamp::MAX).to_string()
}
