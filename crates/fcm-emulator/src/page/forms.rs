//! What the buttons do. In: forms. Out: back to the page, or the page with the refusal on top. Next: [`Control`].

use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::control::{Control, ControlError};
use crate::devices::Platform;
use crate::faults::{FaultAction, FaultSpec};
use crate::names::DeviceId;
use crate::page::board::{self, place_of};
use crate::page::routes::{Place, html_of};
use crate::projects::Projects;

/// The faults that people want at a click: the form's value and its words. `fault_of` knows what each means.
pub(crate) const FAULTS: [(&str, &str); 8] = [
    ("503", "503 UNAVAILABLE"),
    ("500", "500 INTERNAL"),
    ("429", "429 with Retry-After 30"),
    ("html", "502 as HTML"),
    ("cut_before", "cut before taking"),
    ("cut_after", "cut after taking"),
    ("hang", "hang"),
    ("goaway", "GOAWAY"),
];

#[derive(Deserialize)]
pub(crate) struct AddDevice {
    platform: Platform,
}

#[derive(Deserialize)]
pub(crate) struct AddFault {
    fault: String,
    #[serde(default)]
    times: String,
}

pub(crate) async fn add_device(
    State(projects): State<Arc<Projects>>,
    Query(place): Query<Place>,
    Form(form): Form<AddDevice>,
) -> Response {
    act(&projects, &place, |control| {
        control.add_device(form.platform);
        Ok(())
    })
}

pub(crate) async fn change_device(
    State(projects): State<Arc<Projects>>,
    Query(place): Query<Place>,
    Path((id, change)): Path<(String, String)>,
) -> Response {
    act(&projects, &place, |control| {
        let change = serde_json::from_value(Value::String(change))
            .map_err(|_| ControlError::Impossible("a device cannot do that"))?;
        control.change(&DeviceId::new(id), change).map(|_| ())
    })
}

pub(crate) async fn add_fault(
    State(projects): State<Arc<Projects>>,
    Query(place): Query<Place>,
    Form(form): Form<AddFault>,
) -> Response {
    act(&projects, &place, |control| {
        let mut spec = fault_of(&form.fault).ok_or(ControlError::Impossible("there is no such fault"))?;
        // Anything else than a number is the form's choice "until ended".
        spec.times = form.times.parse().ok();
        control.add_fault(spec).map(|_| ())
    })
}

pub(crate) async fn clear_faults(
    State(projects): State<Arc<Projects>>,
    Query(place): Query<Place>,
) -> Response {
    act(&projects, &place, |control| {
        control.clear_faults();
        Ok(())
    })
}

/// Does what a button says in the project of its page, and leads back to that.
fn act(
    projects: &Projects,
    place: &Place,
    act: impl FnOnce(&Control) -> Result<(), ControlError>,
) -> Response {
    let control = match place.control(projects) {
        Ok(control) => control,
        Err(none) => return none.into_response(),
    };
    match act(&control) {
        Ok(()) => Redirect::to(&place_of(&control, "/", None)).into_response(),
        Err(refused) => {
            let page = board::page(&control, 0, Some(&refused.to_string()));
            (StatusCode::CONFLICT, html_of(&page)).into_response()
        }
    }
}

fn fault_of(name: &str) -> Option<FaultSpec> {
    Some(match name {
        "503" => FaultSpec::status(503),
        "500" => FaultSpec::status(500),
        "429" => FaultSpec::status(429).retry_after("30"),
        "html" => FaultSpec::action(FaultAction::Html),
        "cut_before" => FaultSpec::action(FaultAction::CutBefore),
        "cut_after" => FaultSpec::action(FaultAction::CutAfter),
        "hang" => FaultSpec::action(FaultAction::Hang),
        "goaway" => FaultSpec::action(FaultAction::Goaway),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_the_form_is_one() {
        assert!(FAULTS.iter().all(|(name, _)| fault_of(name).is_some()));
        assert!(fault_of("500 ").is_none());
    }
}
