//! Shows a message on its way: a bar on a terminal, a line for each change elsewhere.
//!
//! In: one status after the other. Out: a bar on stderr that is gone in the end, or lines on stdout for a script to read.

use std::{fmt::Write, io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use pushbridge_wire::{MessageState, MessageStatus};

use crate::message::show;

/// Redraws a second. Ours: smooth enough for a person, and little work for a slow terminal.
const REDRAWS: u8 = 8;

/// What is shown while a message is followed.
pub(crate) enum Progress {
    /// For a person.
    Bar(ProgressBar),
    /// For a script: every change, or nothing before the end.
    Lines {
        /// Whether changes are shown.
        every_change: bool,
        /// What was shown last.
        last: Option<Box<MessageStatus>>,
    },
}

impl Progress {
    pub(crate) fn new(every_change: bool) -> Self {
        let terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        if terminal { Self::Bar(bar()) } else { Self::Lines { every_change, last: None } }
    }

    /// Shows where the message stands now.
    pub(crate) fn update(&mut self, status: &MessageStatus) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(status.deliveries);
                bar.set_position(ended(status));
                bar.set_message(remark(status));
            }
            Self::Lines { every_change, last } => {
                if *every_change && last.as_deref() != Some(status) {
                    show(status);
                }
                *last = Some(Box::new(status.clone()));
            }
        }
    }

    /// Shows how it ended.
    pub(crate) fn finish(self, status: &MessageStatus) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Lines { every_change: true, last } if last.as_deref() == Some(status) => return,
            Self::Lines { .. } => {}
        }
        show(status);
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(REDRAWS));
    let template = "{spinner} [{bar:30}] {human_pos}/{human_len}  {rate}  {eta} left  {msg}";
    // A template that cannot be read is a defect; the plain bar does as well.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let rate = |state: &ProgressState, text: &mut dyn Write| {
        // A bar that cannot write shows no rate.
        let _ = write!(text, "{:.0}/s", state.per_sec());
    };
    bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

fn ended(status: &MessageStatus) -> u64 {
    let counts = &status.counts;
    counts.sent + counts.failed + counts.expired + counts.cancelled
}

/// What the bar itself does not say.
fn remark(status: &MessageStatus) -> String {
    let counts = &status.counts;
    let mut parts = match (&status.state, status.send_at) {
        (MessageState::Scheduled, Some(at)) => vec![format!("scheduled for {at}")],
        (MessageState::Sending, _) => Vec::new(),
        (state, _) => vec![state.to_string()],
    };
    for (name, count) in
        [("failed", counts.failed), ("expired", counts.expired), ("cancelled", counts.cancelled)]
    {
        if count > 0 {
            parts.push(format!("{count} {name}"));
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: &str) -> MessageStatus {
        serde_json::from_value(serde_json::json!({
            "message_id": "msg_1", "state": state, "deliveries": 10,
            "counts": {"pending": 3, "leased": 1, "sent": 4, "failed": 2, "expired": 0, "cancelled": 0},
            "created_at": "2026-11-24T09:30:00Z", "expires_at": "2026-12-22T09:30:00Z", "lane": "normal",
            "send_at": "2026-11-25T09:30:00Z"
        }))
        .unwrap()
    }

    #[test]
    fn the_bar_says_what_has_ended_and_what_went_wrong() {
        assert_eq!(ended(&status("sending")), 6);
        assert_eq!(remark(&status("sending")), "2 failed");
        assert_eq!(remark(&status("expanding")), "expanding, 2 failed");
        assert_eq!(remark(&status("scheduled")), "scheduled for 2026-11-25T09:30:00.000Z, 2 failed");
    }
}
