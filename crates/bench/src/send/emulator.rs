//! The emulator under the bare loop: whether it answers what one core can send, so that it bounds no figure of a sender.

use serde::Serialize;

use super::{
    SendPlan,
    report::{median, rush, start_fcm},
};
use crate::BenchError;

/// What was seen: medians of the rounds.
#[derive(Clone, Debug, Serialize)]
pub struct EmulatorReport {
    sends: u64,
    latency_ms: u64,
    tls: bool,
    rounds: usize,
    /// Sends a second, both programs on the cores of this machine.
    rate: f64,
    /// CPU of the bare loop for 1,000 sends, in milliseconds.
    bare_cpu_ms_per_1000: f64,
    /// The same of the emulator.
    emulator_cpu_ms_per_1000: f64,
    /// What a core of the bare loop can send in a second, by its CPU.
    sends_of_a_core: f64,
    /// What a core of the emulator can answer in a second, by its CPU.
    answers_of_a_core: f64,
    /// The one over the other: above 1, a core of the emulator answers what a core can send.
    ratio: f64,
}

/// Measures.
///
/// # Errors
/// Where a program is missing or does not do its part.
pub async fn measure_emulator(plan: SendPlan) -> Result<EmulatorReport, BenchError> {
    let (mut bare, mut emulator) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds.max(1) {
        let (fcm, tokens) = start_fcm(plan).await?;
        let before = fcm.usage()?.cpu_us;
        bare.push(rush(&fcm, &tokens, plan.deliveries).await?);
        #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
        emulator.push((fcm.usage()?.cpu_us - before) as f64 / plan.deliveries as f64);
        fcm.end().await?;
    }
    let rounds = bare.len();
    let bare_cpu = median(bare.iter().map(|round| round.cpu_ms_per_1000));
    let emulator_cpu = median(emulator.into_iter());
    Ok(EmulatorReport {
        sends: plan.deliveries,
        latency_ms: plan.latency_ms,
        tls: plan.tls,
        rounds,
        rate: median(bare.iter().map(|round| round.rate)),
        bare_cpu_ms_per_1000: bare_cpu,
        emulator_cpu_ms_per_1000: emulator_cpu,
        sends_of_a_core: 1e6 / bare_cpu,
        answers_of_a_core: 1e6 / emulator_cpu,
        ratio: bare_cpu / emulator_cpu,
    })
}
