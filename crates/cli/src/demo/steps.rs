//! The story, step by step. Each step checks what it tells.

use pushbridge_core::{LoginState, SyncOutcome};
use pushbridge_fcm_emulator::{FaultSpec, FcmErrorCode, Platform};
use serde_json::{Value, json};

use super::{
    backend::Sent,
    phone::Phone,
    report::{Difference, Report, Step},
    world::{BANK, SHOP, World},
};
use crate::{failure::Failure, message::counted};

/// The people's phones, from step to step.
struct Cast {
    pixel: Phone,
    iphone: Phone,
}

/// Prints a step and ends the story at the first difference.
macro_rules! step {
    ($world:ident, $report:ident, $rows:expr, $title:expr, $play:expr) => {{
        let played = $play;
        let told = $world.take_told();
        let (result, value) = match played {
            Ok(value) => (Ok(()), Some(value)),
            Err(difference) => (Err(difference), None),
        };
        $report.step(&Step { rows: $rows, title: $title }, &told, result)?;
        value.ok_or_else(|| Failure::check("a step ended without a result"))?
    }};
}

/// Tells the whole story.
pub(super) async fn tell(world: &mut World, report: &mut Report) -> Result<(), Failure> {
    let mut pixel = step!(world, report, &["B1", "B5"], "The first token", first_token(world).await);
    step!(world, report, &["B4", "B8"], "FCM rotates the token", rotation(world, &mut pixel).await);
    let iphone = step!(
        world,
        report,
        &["B2", "B6"],
        "A second device under `multi`",
        second_device(world, &mut pixel).await
    );
    let mut cast = Cast { pixel, iphone };
    step!(
        world,
        report,
        &["B7"],
        "The same account on two phones under `single`",
        single_device(world).await
    );
    step!(
        world,
        report,
        &["B3", "A8"],
        "Logout, then another account on the same phone",
        switch_account(world, &mut cast).await
    );
    step!(world, report, &["B3"], "A logout made offline", offline_logout(world, &mut cast).await);
    let mut pixel =
        step!(world, report, &["B4"], "The app is reinstalled", reinstall(world, cast.pixel).await);
    step!(world, report, &["B4"], "A dead address is retired", dead_address(world, &mut cast.iphone).await);
    step!(world, report, &["A5"], "FCM answers 429 and 503", trouble(world, &mut pixel).await);
    step!(
        world,
        report,
        &["B9", "B11"],
        "The text changes on the server alone",
        new_text(world, &mut pixel).await
    );
    pixel.close().await;
    cast.iphone.close().await;
    Ok(())
}

fn notification(title: &str) -> Value {
    json!({"notification": {"title": title, "body": "a text of the server"}, "android": {"priority": "high"}})
}

/// Handed to the app, which is woken by it; the core drops it where it is for another login.
fn data(title: &str) -> Value {
    json!({"data": {"title": title}, "android": {"priority": "high"}})
}

fn tally(title: &str, user: &str, sent: &Sent) -> String {
    let deliveries = counted(sent.status.deliveries, "delivery", "deliveries");
    let mut line = format!("back end → {user}: «{title}»: {deliveries}, {} sent", sent.status.counts.sent);
    if !sent.reasons.is_empty() {
        line += &format!(", ended: {}", sent.reasons.join(", "));
    }
    line
}

async fn push(world: &mut World, user: &str, title: &str) -> Result<Sent, Difference> {
    let sent = world.shop.send(user, notification(title)).await?;
    world.say(tally(title, user, &sent));
    Ok(sent)
}

fn require(holds: bool, otherwise: impl Into<String>) -> Result<(), Difference> {
    if holds { Ok(()) } else { Err(Difference(otherwise.into())) }
}

async fn first_token(world: &mut World) -> Result<Phone, Difference> {
    let mut pixel = world.new_phone("Anna's Pixel", SHOP, Platform::Android).await?;
    world.say(format!("Anna installs the shop's app; FCM gives it the token {}.", pixel.fingerprint()?));
    pixel.login("anna").await?;
    world.say(
        "The app hands the token to the core and logs Anna in; the core tells the server both in one PUT.",
    );
    push(world, "anna", "Welcome").await?;
    world.expect(&mut [(&mut pixel, &["Welcome"])])?;
    Ok(pixel)
}

async fn rotation(world: &mut World, pixel: &mut Phone) -> Result<(), Difference> {
    let old = pixel.fingerprint()?;
    pixel.rotate()?;
    pixel.settle().await?;
    world.say(format!(
        "Token {old} is dead, {} takes its place. Nobody logged in again.",
        pixel.fingerprint()?
    ));
    let sent = push(world, "anna", "Your parcel left").await?;
    require(sent.attempts == 1, "one call to FCM must have been enough: the old token is not tried")?;
    world.expect(&mut [(pixel, &["Your parcel left"])])
}

async fn second_device(world: &mut World, pixel: &mut Phone) -> Result<Phone, Difference> {
    let mut iphone = world.new_phone("Anna's iPhone", SHOP, Platform::Ios).await?;
    iphone.login("anna").await?;
    world.say("Anna logs in on her iPhone too. The shop's policy is `multi`: both stay.");
    push(world, "anna", "Your parcel is near").await?;
    world.expect(&mut [(pixel, &["Your parcel is near"]), (&mut iphone, &["Your parcel is near"])])?;
    Ok(iphone)
}

async fn single_device(world: &mut World) -> Result<(), Difference> {
    let mut old = world.new_phone("old phone", BANK, Platform::Android).await?;
    old.login("carl").await?;
    let mut new = world.new_phone("new phone", BANK, Platform::Android).await?;
    new.login("carl").await?;
    world
        .say("Carl uses a bank whose policy is `single`: the login on the new phone overwrites the old one.");
    let sent = world.bank.send("carl", notification("Code 1234")).await?;
    world.say(tally("Code 1234", "carl", &sent));
    world.expect(&mut [(&mut old, &[]), (&mut new, &["Code 1234"])])?;
    old.rotate()?;
    old.settle().await?;
    let evicted = matches!(old.status()?.login, LoginState::LoggedOut { reason: Some(_) });
    world.say("The old phone's token rotates; the server tells it that its login has ended, and it takes nothing back.");
    require(evicted, "the old phone's app must have been told that Carl's login there is over")?;
    let sent = world.bank.send("carl", notification("Code 5678")).await?;
    world.say(tally("Code 5678", "carl", &sent));
    world.expect(&mut [(&mut old, &[]), (&mut new, &["Code 5678"])])?;
    old.close().await;
    new.close().await;
    Ok(())
}

async fn switch_account(world: &mut World, cast: &mut Cast) -> Result<(), Difference> {
    let Cast { pixel, iphone } = cast;
    let old = pixel.fingerprint()?;
    pixel.logout()?;
    pixel.settle().await?;
    require(pixel.logout_is_done()?, "the logout must be done, with the wall closed")?;
    world.say(format!(
        "Anna logs out of the Pixel. Token {old} is reset by hand; the server holds {}.",
        pixel.fingerprint()?
    ));
    pixel.login("boris").await?;
    world.say("Boris logs in on the same phone.");
    push(world, "anna", "Only for Anna").await?;
    world.expect(&mut [(pixel, &[]), (iphone, &["Only for Anna"])])?;
    push(world, "boris", "Only for Boris").await?;
    world.expect(&mut [(pixel, &["Only for Boris"]), (iphone, &[])])
}

async fn offline_logout(world: &mut World, cast: &mut Cast) -> Result<(), Difference> {
    let pixel = &mut cast.pixel;
    pixel.set_online(false);
    pixel.logout()?;
    let outcome = pixel.sync().await?;
    let SyncOutcome::Deferred { retry_after, .. } = outcome else {
        return Err(Difference(format!("a sync without a connection must be deferred: {outcome:?}")));
    };
    let seconds = retry_after.as_secs();
    world.say(format!(
        "Boris logs out in the underground: no connection, the core tries again in {seconds} s."
    ));
    world
        .say("The server cannot know yet, so its push still reaches the phone; the core hands it to nobody.");
    let sent = world.shop.send("boris", data("For Boris, too late")).await?;
    world.say(tally("For Boris, too late", "boris", &sent));
    world.expect(&mut [(pixel, &[])])?;
    pixel.set_online(true);
    pixel.settle().await?;
    require(pixel.logout_is_done()?, "the logout must be done, with the wall closed")?;
    world.say("Back online, the core's next sync brings the logout.");
    let sent = push(world, "boris", "For Boris, nowhere").await?;
    require(sent.status.deliveries == 0, "nobody may be reachable")?;
    world.expect(&mut [(pixel, &[])])
}

async fn reinstall(world: &mut World, pixel: Phone) -> Result<Phone, Difference> {
    pixel.login("anna").await?;
    let mut pixel = world.reinstall(pixel, SHOP).await?;
    pixel.login("anna").await?;
    world.say("Anna's Pixel loses the app and gets it again: new token, new installation, no memory of the old one.");
    let sent = push(world, "anna", "Glad you are back").await?;
    world.say("The token of before is answered UNREGISTERED and retired; the new one gets the push once.");
    require(
        sent.reasons == ["unregistered"],
        format!("one delivery must end as unregistered: {:?}", sent.reasons),
    )?;
    world.expect(&mut [(&mut pixel, &["Glad you are back"])])?;
    Ok(pixel)
}

async fn dead_address(world: &mut World, iphone: &mut Phone) -> Result<(), Difference> {
    // It got the push of the step before.
    iphone.receive()?;
    iphone.uninstall()?;
    world.say("Anna deletes the app from her iPhone; nobody tells the server.");
    let first = push(world, "anna", "One").await?;
    require(first.reasons == ["unregistered"], "the iPhone's delivery must end as unregistered")?;
    let second = push(world, "anna", "Two").await?;
    world.say("The first push finds out; the second makes no attempt there.");
    require(second.status.deliveries == 1, "only the Pixel may be left")?;
    world.expect(&mut [(iphone, &[])])
}

async fn trouble(world: &mut World, pixel: &mut Phone) -> Result<(), Difference> {
    pixel.receive()?;
    let fault = |spec| world.control().add_fault(spec).map_err(|error| Difference(error.to_string()));
    fault(FaultSpec::code(FcmErrorCode::QuotaExceeded).times(1).retry_after("1"))?;
    let throttled = push(world, "anna", "After 429").await?;
    let fault = |spec| world.control().add_fault(spec).map_err(|error| Difference(error.to_string()));
    fault(FaultSpec::code(FcmErrorCode::Unavailable).times(2))?;
    let unavailable = push(world, "anna", "After 503").await?;
    let (one, two) = (throttled.attempts, unavailable.attempts);
    world.say(format!(
        "FCM said 429 with Retry-After once and 503 twice: {one} and {two} attempts, each push arrived once."
    ));
    require((one, two) == (2, 3), "as many attempts as FCM asked for")?;
    world.expect(&mut [(pixel, &["After 429", "After 503"])])
}

async fn new_text(world: &mut World, pixel: &mut Phone) -> Result<(), Difference> {
    let revision = pixel.status()?.revision;
    push(world, "anna", "Winter sale").await?;
    push(world, "anna", "Winter sale, last day").await?;
    let sent = world.shop.send("anna", data("Refresh the catalogue")).await?;
    world.say(tally("Refresh the catalogue", "anna", &sent));
    world.say("Two notifications for the system to show, one data message for the app: no line of the phone changed.");
    world.expect(&mut [(pixel, &["Winter sale", "Winter sale, last day", "Refresh the catalogue"])])?;
    require(pixel.status()?.revision == revision, "the phone's state must not have changed")
}
