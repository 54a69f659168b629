//! The FCM client alone: as many calls at once as the bare loop makes, no store, no dispatcher.
//!
//! It runs as a process of its own, in turn with the bare loop, each against an emulator of its own.

use std::{path::Path, sync::Arc};

use pushbridge_fcm::{
    ClientSettings, FcmClient, PreparedRequest, ProjectId, SentId, ServiceAccount, Target, TokenSettings,
    TokenSource,
};
use serde::Serialize;
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    BareRound, SendPlan,
    bare::{CONNECTIONS, STREAMS, read_tokens},
    programs::{Program, usage_of},
    report::{bare_round, median, start_fcm},
};
use crate::{BenchError, registry::moment};

/// What was seen: medians of the rounds.
#[derive(Clone, Debug, Serialize)]
pub struct ClientReport {
    deliveries: u64,
    latency_ms: u64,
    threads: usize,
    rounds: usize,
    /// Sends a second.
    rate: f64,
    /// The same of the bare loop.
    bare_rate: f64,
    /// CPU of the client's process for 1,000 sends, in milliseconds.
    cpu_ms_per_1000: f64,
    /// The same of the bare loop.
    bare_cpu_ms_per_1000: f64,
    /// The one over the other.
    cpu_ratio: f64,
}

/// Measures, with the callers on `threads` threads.
///
/// # Errors
/// Where a program is missing or does not do its part.
pub async fn measure_client(plan: SendPlan, threads: usize) -> Result<ClientReport, BenchError> {
    let (mut client, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds.max(1) {
        client.push(client_round(plan, threads).await?);
        bare.push(bare_round(plan).await?);
    }
    let rate_of = |rounds: &[BareRound]| median(rounds.iter().map(|round| round.rate));
    let cpu_of = |rounds: &[BareRound]| median(rounds.iter().map(|round| round.cpu_ms_per_1000));
    Ok(ClientReport {
        deliveries: plan.deliveries,
        latency_ms: plan.latency_ms,
        threads,
        rounds: client.len(),
        rate: rate_of(&client),
        bare_rate: rate_of(&bare),
        cpu_ms_per_1000: cpu_of(&client),
        bare_cpu_ms_per_1000: cpu_of(&bare),
        cpu_ratio: cpu_of(&client) / cpu_of(&bare),
    })
}

async fn client_round(plan: SendPlan, threads: usize) -> Result<BareRound, BenchError> {
    let (fcm, tokens) = start_fcm(plan).await?;
    let (deliveries, threads) = (plan.deliveries.to_string(), threads.to_string());
    let account = fcm.service_account_file()?;
    let mut arguments = vec!["send-client", fcm.url()?, account, &tokens, &deliveries, &threads];
    if let Some(ca) = fcm.ca()? {
        arguments.extend(["--ca", ca]);
    }
    let program = Program::start("pushbridge-bench", &arguments, &[]).await?;
    let round = serde_json::from_value(program.ready.clone()).map_err(BenchError::of)?;
    fcm.end().await?;
    Ok(round)
}

/// Sends `deliveries` messages to the tokens of a file, one a line, in turn. `ca` is the file of the authority to trust.
///
/// # Errors
/// Where the emulator does not take each of them.
pub async fn send_file(
    url: &str,
    account: &Path,
    tokens: &Path,
    deliveries: u64,
    ca: Option<&Path>,
) -> Result<BareRound, BenchError> {
    let targets: Vec<Target> = read_tokens(tokens)?.into_iter().map(Target::Token).collect();
    let client = client(url, account, ca)?;
    let payload = json!({"notification": {"title": "Hello", "body": "World of pushes"},
        "data": {"order": "42", "pb_app": "bench", "pb_msg": "msg_0123456789abcdef"}});
    let message = serde_json::from_value(payload).map_err(BenchError::of)?;
    let prepared = PreparedRequest::new(&message, false, None).map_err(BenchError::of)?;
    let before = usage_of("self")?.cpu_us;
    let start = moment();
    let sent = send_all(&client, &prepared, &targets, deliveries).await?;
    let seconds = start.elapsed().as_secs_f64();
    let cpu_us = usage_of("self")?.cpu_us - before;
    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    let (count, cpu_us) = (deliveries as f64, cpu_us as f64);
    Ok(BareRound { sent, rate: count / seconds, cpu_ms_per_1000: cpu_us / count })
}

fn client(url: &str, account: &Path, ca: Option<&Path>) -> Result<FcmClient, BenchError> {
    let account = std::fs::read_to_string(account).map_err(BenchError::of)?;
    let account = ServiceAccount::from_json(&account).map_err(BenchError::of)?;
    let tokens = TokenSource::new(account, TokenSettings::default());
    let settings = ClientSettings {
        connections: CONNECTIONS,
        streams_per_connection: STREAMS,
        ca_pem: ca.map(std::fs::read).transpose().map_err(BenchError::of)?,
        ..ClientSettings::default()
    };
    let project = ProjectId::try_from("demo").map_err(BenchError::of)?;
    FcmClient::new(project, url, tokens, &settings).map_err(BenchError::of)
}

/// A task for each call.
async fn send_all(
    client: &FcmClient,
    prepared: &PreparedRequest,
    targets: &[Target],
    deliveries: u64,
) -> Result<u64, BenchError> {
    let places = Arc::new(Semaphore::new(client.capacity()));
    let mut calls: JoinSet<Result<SentId, BenchError>> = JoinSet::new();
    let mut sent = 0;
    for target in targets.iter().cycle().take(usize::try_from(deliveries).unwrap_or_default()) {
        let place = places.clone().acquire_owned().await.map_err(BenchError::of)?;
        let (client, target, body) = (client.clone(), target.clone(), prepared.body_for(target, ""));
        calls.spawn(async move {
            let _place = place;
            client.send_body(&target, body).await.map_err(BenchError::of)
        });
        while let Some(done) = calls.try_join_next() {
            done.map_err(BenchError::of)??;
            sent += 1;
        }
    }
    while let Some(done) = calls.join_next().await {
        done.map_err(BenchError::of)??;
        sent += 1;
    }
    Ok(sent)
}
