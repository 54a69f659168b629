//! What the buttons do. In: forms. Out: back to the page, or the page with the refusal on top. Next: [`Control`].

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::control::{Control, ControlError};
use crate::devices::Platform;
use crate::faults::{FaultAction, FaultSpec};
use crate::names::DeviceId;
use crate::page::routes::html_of;
use crate::world::World;

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

pub(crate) async fn add_device(State(world): State<Arc<World>>, Form(form): Form<AddDevice>) -> Response {
    Control { world }.add_device(form.platform);
    back()
}

pub(crate) async fn change_device(
    State(world): State<Arc<World>>,
    Path((id, change)): Path<(String, String)>,
) -> Response {
    let control = Control { world };
    let Ok(change) = serde_json::from_value(Value::String(change)) else {
        return refuse(&control, "a device cannot do that");
    };
    let done = control.change(&DeviceId::new(id), change);
    done.map_or_else(|refused| refuse(&control, &refused.to_string()), |_| back())
}

pub(crate) async fn add_fault(State(world): State<Arc<World>>, Form(form): Form<AddFault>) -> Response {
    let control = Control { world };
    let Some(mut spec) = fault_of(&form.fault) else { return refuse(&control, "there is no such fault") };
    // Anything else than a number is the form's choice "until ended".
    spec.times = form.times.parse().ok();
    let done: Result<_, ControlError> = control.add_fault(spec);
    done.map_or_else(|refused| refuse(&control, &refused.to_string()), |_| back())
}

pub(crate) async fn clear_faults(State(world): State<Arc<World>>) -> Response {
    Control { world }.clear_faults();
    back()
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

fn back() -> Response {
    Redirect::to("/").into_response()
}

fn refuse(control: &Control, problem: &str) -> Response {
    (StatusCode::CONFLICT, html_of(&super::board::page(control, 0, Some(problem)))).into_response()
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
