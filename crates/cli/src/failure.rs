//! How a command fails: what happened, what to do next, and the exit status.

use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

/// A command that could not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    next: Option<String>,
    status: u8,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.next {
            Some(next) => write!(f, "{}: {next}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl Failure {
    /// A wrong command line or configuration: status 2.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self { what: what.into(), next: None, status: 2 }
    }

    /// Something that was checked is not so: status 1.
    pub(crate) fn check(what: impl Into<String>) -> Self {
        Self { what: what.into(), next: None, status: 1 }
    }

    /// Says what to do next.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Prints it and gives the exit status.
    pub(crate) fn report(&self) -> ExitCode {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        anstream::eprintln!("{red}error:{red:#} {}", self.what);
        if let Some(next) = &self.next {
            anstream::eprintln!("  next: {next}");
        }
        ExitCode::from(self.status)
    }
}
