//! A few HTTP/2 connections, filled one after the other.
//!
//! One reqwest client that speaks HTTP/2 only is one connection, and FCM allows 100 calls on each. So there are
//! several, each with a number of places; a call has a place before its time-out starts.

use std::time::Duration;

use reqwest::{Client, redirect};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{ClientSettings, SetupError, settings::Endpoint, tls::client_config};

/// How often an idle connection is tested, so that a dead one is not found by a message.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) struct Connections {
    /// All places together; first come, first served.
    places: Semaphore,
    capacity: usize,
    lanes: Vec<Lane>,
}

struct Lane {
    client: Client,
    places: Semaphore,
}

/// A place on a connection, given back when dropped.
pub(super) struct Place<'a> {
    pub(super) client: &'a Client,
    // Fields are dropped in this order: whoever gets the place among all finds one on a connection.
    _lane: SemaphorePermit<'a>,
    _all: SemaphorePermit<'a>,
}

impl Connections {
    pub(super) fn new(endpoint: &Endpoint, settings: &ClientSettings) -> Result<Self, SetupError> {
        let (lanes, streams) = (settings.connections, settings.streams_per_connection);
        let total = lanes.checked_mul(streams).filter(|total| (1..=Semaphore::MAX_PERMITS).contains(total));
        let total = total.ok_or(SetupError::NoConnections)?;
        let tls = client_config(settings.ca_pem.as_deref(), endpoint.is_https())?;
        let lanes = (0..lanes).map(|_| {
            let client = new_client(endpoint, settings, tls.clone())?;
            Ok(Lane { client, places: Semaphore::new(streams) })
        });
        let lanes = lanes.collect::<Result<_, SetupError>>()?;
        Ok(Self { places: Semaphore::new(total), capacity: total, lanes })
    }

    /// Waits for a place. The first connection with room is taken, so that a further one is opened only on demand.
    pub(super) async fn place(&self) -> Place<'_> {
        loop {
            // The semaphore is never closed, so this is never the error; asking again would be right if it were.
            let Ok(all) = self.places.acquire().await else { continue };
            for lane in &self.lanes {
                if let Ok(permit) = lane.places.try_acquire() {
                    return Place { client: &lane.client, _lane: permit, _all: all };
                }
            }
            // Places moved while we looked; somewhere there is one for whoever holds one of all.
            drop(all);
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }
}

fn new_client(
    endpoint: &Endpoint,
    settings: &ClientSettings,
    tls: rustls::ClientConfig,
) -> Result<Client, SetupError> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .http2_prior_knowledge()
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .http2_keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .http2_keep_alive_while_idle(true)
        .pool_idle_timeout(None)
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.request_timeout)
        .user_agent(concat!("pushbridge/", env!("CARGO_PKG_VERSION")));
    let builder = if endpoint.is_loopback() { builder.no_proxy() } else { builder };
    builder.build().map_err(SetupError::Http)
}
