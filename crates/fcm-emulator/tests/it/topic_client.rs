//! The project's own client for topics, against the emulator.

use std::time::Duration;

use jiff::Timestamp;
use pushbridge_fcm::{
    ClientSettings, ProjectId, Registration, ServiceAccount, Subscribed, TokenSettings, TokenSource,
    TopicClient, TopicName, Verdict,
};
use pushbridge_fcm_emulator::{DeviceChange, Platform};
use serde_json::json;

use crate::support::{Bench, START};

/// The assertion is signed by the machine's clock.
async fn bench() -> Bench {
    let bench = Bench::start().await;
    bench.clock.advance(Duration::try_from(Timestamp::now().as_duration()).unwrap().saturating_sub(START));
    bench
}

fn client(bench: &Bench) -> TopicClient {
    let account = ServiceAccount::from_json(bench.emulator.service_account_json()).unwrap();
    let project = ProjectId::try_from(bench.emulator.project()).unwrap();
    let tokens = TokenSource::new(account, TokenSettings::default());
    TopicClient::new(project, bench.emulator.url(), tokens, &ClientSettings::default()).unwrap()
}

fn topic(name: &str) -> TopicName {
    TopicName::try_from(name).unwrap()
}

#[tokio::test]
async fn subscribing_and_unsubscribing_may_be_repeated() {
    let bench = bench().await;
    let client = client(&bench);
    let phone = bench.control().add_device(Platform::Android);
    // Two addresses of one instance: what is done by the one is seen by the other.
    let (token, fid) =
        (Registration::token(phone.fcm_token.expose()), Registration::fid(phone.fcm_fid.expose()));
    for name in ["news", "50%25.off~x_-", "sport"] {
        assert_eq!(client.subscribe(&token, &topic(name)).await.unwrap(), Subscribed::New);
        assert_eq!(client.subscribe(&fid, &topic(name)).await.unwrap(), Subscribed::Already);
    }
    let news = client.subscription(&fid, &topic("news")).await.unwrap().unwrap();
    let since = Duration::try_from(news.created_at.unwrap().as_duration()).unwrap();
    assert_eq!((news.topic.as_str(), since), ("news", bench.clock.unix()));
    assert!(client.subscription(&fid, &topic("weather")).await.unwrap().is_none());

    bench.send(&json!({"message": {"topic": "50%25.off~x_-", "data": {"k": "v"}}})).await;
    assert_eq!(bench.control().inbox(&phone.id, 0).unwrap().len(), 1, "the name came over unchanged");

    client.unsubscribe(&fid, &topic("50%25.off~x_-")).await.unwrap();
    client.unsubscribe(&token, &topic("50%25.off~x_-")).await.expect("what is gone may go again");
    let left = client.subscriptions(&token).await.unwrap();
    let names: Vec<_> = left.iter().map(|subscription| subscription.topic.as_str()).collect();
    assert_eq!(names, ["news", "sport"]);
}

#[tokio::test]
async fn all_of_a_devices_two_thousand_topics_are_listed() {
    let bench = bench().await;
    let client = client(&bench);
    let phone = bench.control().add_device(Platform::Web);
    let names: Vec<String> = (0..2_000).map(|number| format!("topic-{number:04}")).collect();
    for name in &names {
        bench.control().subscribe(&phone.id, name).unwrap();
    }
    let registration = Registration::token(phone.fcm_token.expose());
    let listed = client.subscriptions(&registration).await.unwrap();
    assert!(listed.iter().map(|subscription| &subscription.topic).eq(&names));
    let error = client.subscribe(&registration, &topic("one-more")).await.unwrap_err();
    assert_eq!((error.code(), error.verdict()), ("too_many_topics", None));
}

#[tokio::test]
async fn a_batch_with_mixed_outcomes_tells_each_its_own() {
    let bench = bench().await;
    let client = client(&bench);
    let phones: Vec<_> = (0..50).map(|_| bench.control().add_device(Platform::Ios)).collect();
    bench.control().change(&phones[1].id, DeviceChange::Uninstall).unwrap();
    bench.control().change(&phones[2].id, DeviceChange::OtherProject).unwrap();
    let mut registrations: Vec<_> =
        phones.iter().map(|phone| Registration::token(phone.fcm_token.expose())).collect();
    registrations.push(Registration::token("not-a-token"));
    registrations.push(registrations[0].clone());
    let results = client.subscribe_all(&registrations, &topic("news")).await.unwrap();
    let told: Vec<_> =
        results.iter().map(|result| result.as_ref().map_err(|error| error.verdict())).collect();
    assert_eq!(told[1], Err(Some(Verdict::AddressDead)));
    assert_eq!(told[2], Err(Some(Verdict::AddressWrongProject)));
    assert_eq!(told[50], Err(Some(Verdict::AddressDead)));
    assert_eq!(told.iter().filter(|told| told.is_err()).count(), 3);
    assert_eq!(
        told.iter().filter(|told| **told == Ok(&Subscribed::Already)).count(),
        1,
        "one is in there twice"
    );
    assert_eq!(bench.control().topics(&phones[3].id).unwrap(), ["news"]);

    let results = client.unsubscribe_all(&registrations, &topic("news")).await.unwrap();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 49);
    assert!(bench.control().topics(&phones[3].id).unwrap().is_empty());
}

#[tokio::test]
async fn a_token_that_expired_at_google_is_replaced_for_topics_too() {
    let bench = bench().await;
    let client = client(&bench);
    let phone = bench.control().add_device(Platform::Android);
    let registration = Registration::fid(phone.fcm_fid.expose());
    client.subscribe(&registration, &topic("a")).await.unwrap();
    bench.control().expire_access_tokens();
    client.subscribe(&registration, &topic("b")).await.unwrap();
    assert_eq!(bench.control().token_requests(), 2);
}
