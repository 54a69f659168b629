//! The server is killed again and again while it sends, and started on what the kill has left.
//!
//! In: how often, a seed. Out: what was accepted, how it ended, what was lost or stuck, and what FCM got twice beside
//! what was on the wire at the kills. The moments are random from the start of the process on, so some kills meet it
//! while it opens its store. I5 end to end, with real processes.

use std::{collections::HashMap, path::Path, time::Duration};

use serde::Serialize;
use tokio::{sync::watch, task::JoinSet};

use super::{
    faults::script_errors,
    fcm::Fcm,
    orders::{HandedIn, Whereabouts, hand_in, plan},
    programs::Program,
    server::{Api, Server, Settings, Template, WITHOUT_QUOTA, setting, settings, short_waits},
    tally::{Evidence, Tally, count, open_unchanged},
};
use crate::{BenchError, registry::moment};

/// The longest life of a server that is killed, from the start of its process.
const LONGEST_LIFE: Duration = Duration::from_millis(1_000);

/// How to torment it.
#[derive(Clone, Copy, Debug)]
pub struct KillPlan {
    /// Deliveries in all, each to a phone of its own.
    pub deliveries: u64,
    /// How often the server is killed.
    pub kills: u64,
    /// FCM's latency.
    pub latency_ms: u64,
    /// Of 100 sends, so many fail.
    pub errors_percent: u32,
    /// Over TLS.
    pub tls: bool,
    /// For the moments of kills and messages.
    pub seed: u64,
    /// What a kill leaves leased comes back after that long, in seconds; a call may take a third of it.
    pub lease_s: u64,
}

/// What was seen.
#[derive(Clone, Debug, Serialize)]
pub struct KillReport {
    /// Of the moments.
    pub seed: u64,
    /// Kills.
    pub kills: u64,
    /// Kills that met attempts on the wire.
    pub kills_with_attempts: u64,
    /// Kills before the server was ready.
    pub kills_at_start: u64,
    /// Messages that were answered 202.
    pub messages: u64,
    /// Messages that had to be handed in again because the server died over them.
    pub messages_retried: u64,
    /// Messages in the store: as many as were accepted.
    pub messages_stored: u64,
    /// Deliveries in all.
    pub deliveries: u64,
    /// Attempts on the wire at the kills, added up: as the durable leases say.
    pub in_flight_at_kills: u64,
    /// How they ended.
    #[serde(flatten)]
    pub tally: Tally,
    /// Until all had ended, in milliseconds.
    pub took_ms: u64,
    /// Whether nothing is lost, stuck or wrong, and FCM got no more twice than was on the wire at the kills.
    pub holds: bool,
}

/// What the kills met.
#[derive(Default)]
struct Met {
    at_kills: HashMap<u32, u32>,
    with_attempts: u64,
    at_start: u64,
}

/// Kills, and waits for the end of everything.
///
/// # Errors
/// Where a program is missing or does not do its part.
pub async fn measure(torment: KillPlan) -> Result<KillReport, BenchError> {
    let template = Template::fill(torment.deliveries).await?;
    let fcm = Fcm::start(torment.deliveries, torment.tls).await?;
    let dir = template.copy(&fcm).await?;
    let dead = script_errors(&fcm, torment.deliveries, torment.latency_ms, torment.errors_percent).await?;
    let reader = fcm.read_log();
    let start = moment();
    let (met, handed_in) = run(torment, dir.path(), &kill_settings(&fcm, torment)?).await?;
    let took_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let log = reader.finish().await?;
    fcm.end().await?;
    let evidence = Evidence {
        dir: dir.path(),
        phones: torment.deliveries,
        log: &log,
        dead: &dead,
        at_kills: &met.at_kills,
        cuts: torment.errors_percent > 0,
    };
    let tally = count(&evidence)?;
    let (messages, messages_stored) = (handed_in.ids.len() as u64, stored_messages(dir.path())?);
    let in_flight_at_kills = met.at_kills.values().map(|times| u64::from(*times)).sum();
    Ok(KillReport {
        seed: torment.seed,
        kills: torment.kills,
        kills_with_attempts: met.with_attempts,
        kills_at_start: met.at_start,
        messages,
        messages_retried: handed_in.retried,
        messages_stored,
        deliveries: torment.deliveries,
        in_flight_at_kills,
        holds: tally.holds() && messages == messages_stored && tally.duplicates_by_kill <= in_flight_at_kills,
        tally,
        took_ms,
    })
}

fn kill_settings(fcm: &Fcm, torment: KillPlan) -> Result<Settings, BenchError> {
    let mut settings = settings(fcm, WITHOUT_QUOTA)?;
    settings.extend(short_waits());
    settings.push(setting("DISPATCH__LEASE", &format!("PT{}S", torment.lease_s)));
    settings.push(setting("DISPATCH__REQUEST_TIMEOUT", &format!("PT{}S", torment.lease_s / 3)));
    Ok(settings)
}

/// All lives of the server: the last one ends when everything has ended.
async fn run(torment: KillPlan, dir: &Path, settings: &Settings) -> Result<(Met, HandedIn), BenchError> {
    let mut dice = fastrand::Rng::with_seed(torment.seed);
    let lengths: Vec<_> = (0..=torment.kills).map(|_| LONGEST_LIFE.mul_f64(dice.f64())).collect();
    let orders = plan(torment.deliveries, &lengths, &mut dice);
    let (whereabouts, seen) = watch::channel(Whereabouts::default());
    let mut client = JoinSet::new();
    client.spawn(hand_in(orders, seen));
    let mut met = Met::default();
    // In the last one nobody is killed.
    for (life, length) in (0..torment.kills).zip(lengths) {
        let corpse = live_and_die(dir, settings, length, |api| {
            whereabouts.send_replace(Whereabouts { life, api });
        })
        .await?;
        met.note(dir, &corpse)?;
    }
    let server = Server::start(dir, settings).await?;
    whereabouts.send_replace(Whereabouts { life: torment.kills, api: Some(server.api.clone()) });
    let handed_in = client.join_next().await.ok_or_else(|| BenchError::of("nobody handed anything in"))?;
    let handed_in = handed_in.map_err(BenchError::of)??;
    server.api.wait_until_over(&handed_in.ids).await?;
    server.kill().await?;
    Ok((met, handed_in))
}

/// What is left of a life.
struct Corpse {
    pid: u32,
    was_ready: bool,
}

/// Starts the server, says so, and kills it after `length`.
async fn live_and_die(
    dir: &Path,
    settings: &Settings,
    length: Duration,
    tell: impl Fn(Option<Api>),
) -> Result<Corpse, BenchError> {
    let end = tokio::time::sleep(length);
    tokio::pin!(end);
    tell(None);
    let mut program: Program = Server::launch(dir, settings)?;
    let was_ready = tokio::select! {
        ready = program.wait_ready() => ready.map(|()| true)?,
        () = &mut end => false,
    };
    if was_ready {
        tell(Some(Api::of(&program)?));
        end.await;
    }
    let pid = program.pid;
    program.kill().await?;
    Ok(Corpse { pid, was_ready })
}

impl Met {
    /// Whose deliveries the process had leased when it died.
    fn note(&mut self, dir: &Path, corpse: &Corpse) -> Result<(), BenchError> {
        let store = open_unchanged(dir)?;
        let sql = "SELECT CAST(substr(i.reported_user, 2) AS INTEGER)
                   FROM deliveries d JOIN installations i USING (installation)
                   WHERE d.state = 'leased' AND d.lease_owner LIKE ?1 || '-%'";
        let mut leased = store.prepare(sql).map_err(BenchError::of)?;
        let numbers = leased.query_map([corpse.pid.to_string()], |row| row.get::<_, u32>(0));
        let mut met = 0_u64;
        for number in numbers.map_err(BenchError::of)? {
            *self.at_kills.entry(number.map_err(BenchError::of)?).or_default() += 1;
            met += 1;
        }
        self.with_attempts += u64::from(met > 0);
        self.at_start += u64::from(!corpse.was_ready);
        Ok(())
    }
}

fn stored_messages(dir: &Path) -> Result<u64, BenchError> {
    let store = open_unchanged(dir)?;
    store.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).map_err(BenchError::of)
}
