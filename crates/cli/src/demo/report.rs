//! How the story is told: for people, or one JSON object per step.

use anstyle::{AnsiColor, Style};

use crate::failure::Failure;

/// Why a step did not come out as it must.
#[derive(Debug)]
pub(super) struct Difference(pub(super) String);

impl From<Failure> for Difference {
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

/// A step of the story: which rows of the requirements it shows, and its title.
pub(super) struct Step {
    pub(super) rows: &'static [&'static str],
    pub(super) title: &'static str,
}

/// Prints steps as they end.
pub(super) struct Report {
    json: bool,
    number: usize,
}

const TITLE: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const GOOD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
const BAD: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { json, number: 0 }
    }

    /// Says what is about to happen.
    pub(super) fn open(&self, introduction: &[String]) {
        if !self.json {
            introduction.iter().for_each(|line| anstream::println!("{line}"));
        }
    }

    /// Prints a step with what was told in it.
    ///
    /// # Errors
    /// The difference, as the command's failure.
    pub(super) fn step(
        &mut self,
        step: &Step,
        told: &[String],
        result: Result<(), Difference>,
    ) -> Result<(), Failure> {
        self.number += 1;
        if self.json {
            self.print_json(step, told, &result);
        } else {
            self.print_story(step, told, &result);
        }
        result.map_err(|difference| {
            Failure::check(format!("the demo stopped at «{}»: {}", step.title, difference.0))
        })
    }

    fn print_json(&self, step: &Step, told: &[String], result: &Result<(), Difference>) {
        let mut line = serde_json::json!({
            "rows": step.rows, "step": step.title, "ok": result.is_ok(), "told": told,
        });
        if let Err(difference) = result {
            line["difference"] = difference.0.as_str().into();
        }
        anstream::println!("{line}");
    }

    fn print_story(&self, step: &Step, told: &[String], result: &Result<(), Difference>) {
        let (number, title, rows) = (self.number, step.title, step.rows.join(" "));
        anstream::println!("\n{TITLE}{number:>2}  {title}{TITLE:#}  {QUIET}{rows}{QUIET:#}");
        told.iter().for_each(|line| anstream::println!("    {line}"));
        match result {
            Ok(()) => anstream::println!("    {GOOD}as it must be{GOOD:#}"),
            Err(difference) => anstream::println!("    {BAD}difference:{BAD:#} {}", difference.0),
        }
    }

    /// Says how it ended.
    pub(super) fn close(&self) {
        if !self.json {
            let number = self.number;
            anstream::println!("\n{GOOD}All {number} steps came out as they must.{GOOD:#}");
        }
    }
}
