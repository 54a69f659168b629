//! The HTML. In: what the control sees. Out: a page, or its board alone for the script. Next: the browser.
//! `maud` escapes every value; nothing here says otherwise.

use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use crate::control::Control;
use crate::devices::{Device, DeviceState, InboxMessage, Platform};
use crate::page::shown::Shown;

/// Devices on one page.
pub(crate) const DEVICES: usize = 60;
/// Newest messages shown per device.
const MESSAGES: u64 = 4;

/// The whole page, with a refusal on top if the last button met one.
pub(crate) fn page(control: &Control, from: usize, problem: Option<&str>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "FCM emulator" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/page/page.css";
                script src="/page/page.js" defer {}
            }
            body data-events=(events_of(control)) {
                header {
                    h1 { "FCM emulator" }
                    (projects(control))
                    p id="live" { "reload to see what is new" }
                }
                p id="problem" role="alert" { (problem.unwrap_or_default()) }
                main id="board" { (board(control, from)) }
            }
        }
    }
}

/// Names the project that the page shows, and leads to the others.
fn projects(control: &Control) -> Markup {
    let others = control.world.all().map(|all| all.all()).unwrap_or_default();
    html! {
        p id="projects" {
            "project " b { (control.project()) }
            @for other in others.into_iter().filter(|other| other.project != control.world.project) {
                @let other = Control { world: other };
                " " a href=(place_of(&other, "/", None)) { (other.project()) }
            }
        }
    }
}

/// Where the page's script listens.
fn events_of(control: &Control) -> String {
    format!("/emulator/v1/projects/{}/events", control.project())
}

/// `path` of the project that `control` is of, and of its devices from place `from` on. The first project needs no name.
pub(crate) fn place_of(control: &Control, path: &str, from: Option<usize>) -> String {
    let first = control.world.all().is_none_or(|all| all.first().project == control.world.project);
    let project = (!first).then(|| format!("project={}", control.project()));
    let from = from.map(|from| format!("from={from}"));
    let query: Vec<String> = project.into_iter().chain(from).collect();
    if query.is_empty() { path.into() } else { format!("{path}?{}", query.join("&")) }
}

/// What changes: figures, faults, devices.
pub(crate) fn board(control: &Control, from: usize) -> Markup {
    let stats = control.stats();
    let devices = control.devices_from(from, DEVICES);
    html! {
        @if let Some((file, failure)) = control.state().and_then(|state| Some((state.file, state.failure?))) {
            p.broken role="alert" {
                "The state cannot be written: " (failure) ". What changes is not in " code { (file.display()) }
                ", and is lost if the emulator ends before it can be."
            }
        }
        section.tools {
            p { b { (stats.requests) } " sends, " b { (control.in_flight()) } " in flight" }
            form method="post" action=(place_of(control, "/page/devices", None)) {
                select name="platform" aria-label="platform" {
                    option value="android" { "Android" }
                    option value="ios" { "iOS" }
                    option value="web" { "Web" }
                }
                button id="add-device" { "Add a device" }
            }
            (faults(control))
        }
        @if devices.is_empty() { p.empty { "No devices. Add one above, or POST /emulator/v1/devices." } }
        section.devices { @for device in &devices { (card(control, device)) } }
        nav {
            @if from > 0 { a href=(place_of(control, "/", Some(from.saturating_sub(DEVICES)))) { "earlier devices" } }
            @if devices.len() == DEVICES { a href=(place_of(control, "/", Some(from + DEVICES))) { "later devices" } }
        }
    }
}

fn faults(control: &Control) -> Markup {
    let rules = control.faults();
    html! {
        form method="post" action=(place_of(control, "/page/faults", None)) {
            select name="fault" aria-label="fault" {
                @for (value, words) in super::forms::FAULTS { option value=(value) { (words) } }
            }
            select name="times" aria-label="how often" {
                option value="1" { "once" }
                option value="10" { "10 times" }
                option value="" { "until ended" }
            }
            button id="add-fault" { "Add a fault" }
        }
        @if !rules.is_empty() {
            ul.faults { @for rule in &rules {
                @let spec = serde_json::to_string(&rule.spec).unwrap_or_default();
                li { code { (spec) } " struck " (rule.struck) }
            } }
            form method="post" action=(place_of(control, "/page/faults/clear", None)) { button id="clear-faults" { "End all faults" } }
        }
    }
}

fn card(control: &Control, device: &Device) -> Markup {
    let topics = control.topics(&device.id).unwrap_or_default();
    let entry = control.entry(&device.id).ok();
    let last = entry.as_ref().map_or(0, |entry| entry.last_seq());
    let mut messages =
        entry.map(|entry| entry.inbox_after(last.saturating_sub(MESSAGES))).unwrap_or_default();
    messages.reverse();
    html! {
        article.device id={ "d-" (device.id) } data-state=(words(device.state)) {
            h2 { (platform(device.platform)) " " small { (device.id) } }
            p.state {
                span.(tone(device)) { (words(device.state)) }
                @if !device.online { span.off { "offline" } }
                @if device.dozing { span.off { "dozing" } }
                @for topic in &topics { span.topic { (topic) } }
            }
            div.screen {
                @if messages.is_empty() { p.empty { "nothing yet" } }
                @for message in &messages { (notification(message, device.platform)) }
                @if last > MESSAGES { p.empty { (last - MESSAGES) " before" } }
            }
            div.buttons { @for (change, word) in changes(device) {
                form method="post" action=(place_of(control, &format!("/page/devices/{}/{change}", device.id), None)) {
                    button id={ (change) "-" (device.id) } { (word) }
                }
            } }
            details id={ "a-" (device.id) } {
                summary { "address" }
                p { "token " code { (device.fcm_token.expose()) } }
                p { "FID " code { (device.fcm_fid.expose()) } }
                p { "package " code { (device.package) } }
            }
        }
    }
}

fn notification(message: &InboxMessage, platform: Platform) -> Markup {
    let shown = Shown::of(&message.message, platform);
    let data = message.message.get("data").and_then(Value::as_object);
    html! {
        div.notification.silent[shown.is_silent()] data-seq=(message.seq) {
            @if shown.is_silent() { p.kind { "data message" } }
            @if let Some(title) = &shown.title { strong { (title) } }
            @if let Some(body) = &shown.body { p { (body) } }
            @if let Some(image) = &shown.image {
                img src=(image) alt="image of the message" loading="lazy" referrerpolicy="no-referrer";
            }
            @if let Some(data) = data {
                dl { @for (key, value) in data { dt { (key) } dd { (value.as_str().unwrap_or_default()) } } }
            }
        }
    }
}

/// The buttons that make sense now.
fn changes(device: &Device) -> Vec<(&'static str, &'static str)> {
    let network = if device.online { ("offline", "Offline") } else { ("online", "Online") };
    let mut changes = if device.state == DeviceState::Active {
        vec![("rotate", "Rotate"), ("uninstall", "Uninstall"), network]
    } else {
        vec![("reinstall", "Reinstall"), network]
    };
    if device.platform == Platform::Android {
        changes.push(if device.dozing { ("wake", "Wake") } else { ("doze", "Doze") });
    }
    changes
}

fn platform(platform: Platform) -> &'static str {
    match platform {
        Platform::Android => "Android",
        Platform::Ios => "iOS",
        Platform::Web => "Web",
    }
}

fn words(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Active => "active",
        DeviceState::Unregistered => "uninstalled",
        DeviceState::Expired => "expired",
        DeviceState::ApnsDead => "dead at APNs",
        DeviceState::OtherProject => "another project's",
    }
}

fn tone(device: &Device) -> &'static str {
    if device.state == DeviceState::Active { "good" } else { "bad" }
}
