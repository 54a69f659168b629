//! Makes text from outside fit for an error: one short line, without secrets.

use crate::{Fingerprint, Target};

const MAX_CHARS: usize = 300;
/// No word of an honest message is this long; registration tokens (about 150) and access tokens are longer.
const SECRET_CHARS: usize = 64;

/// `text` in one line of at most 300 characters, with what looks like a token replaced by its fingerprint.
pub(crate) fn bounded_text(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|letter: char| letter.is_whitespace() || letter.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        push_without_secrets(&mut line, word);
        // Bytes, so that no more than needed is looked at; the cut below counts characters.
        if line.len() > MAX_CHARS * 4 {
            break;
        }
    }
    if line.chars().count() > MAX_CHARS {
        line = line.chars().take(MAX_CHARS - 1).chain(['…']).collect();
    }
    line
}

/// Like [`bounded_text`], and names `target`, should FCM have echoed it, by its fingerprint: a Firebase
/// installation ID is too short to be known by its looks.
pub(super) fn bounded_text_without(text: &str, target: &Target) -> String {
    match target.secret() {
        Some(secret) if !secret.is_empty() => {
            bounded_text(&text.replace(secret, &format!("{:?}", Fingerprint::of(secret))))
        }
        _ => bounded_text(text),
    }
}

fn push_without_secrets(line: &mut String, word: &str) {
    let of_a_token = |letter: char| letter.is_ascii_alphanumeric() || "-_:%~+=".contains(letter);
    let mut rest = word;
    while !rest.is_empty() {
        let run_bytes = rest.find(|letter| !of_a_token(letter)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(run_bytes);
        if run.len() >= SECRET_CHARS {
            line.push_str(&format!("<{:?}>", Fingerprint::of(run)));
        } else {
            line.push_str(run);
        }
        let gap_bytes = after.find(of_a_token).unwrap_or(after.len());
        let (gap, next) = after.split_at(gap_bytes);
        line.push_str(gap);
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I11: no address, secret, proof or key in an error text.
    #[test]
    fn text_from_outside_is_one_short_line_without_secrets() {
        let token = format!("dXyz_12:APA91b{}", "Q".repeat(130));
        let shown = bounded_text(&format!("bad\n token '{token}', sorry"));
        assert!(shown.starts_with("bad token '<fp:") && shown.ends_with(">', sorry"), "{shown}");

        let long = bounded_text(&"ä b ".repeat(1000));
        assert_eq!(long.chars().count(), MAX_CHARS);
        assert_eq!(bounded_text(&"é".repeat(5000)).chars().count(), MAX_CHARS);
    }

    /// I11: nor the Firebase installation ID that was sent to.
    #[test]
    fn an_echoed_target_is_replaced() {
        let target = Target::Fid("cABCDEFGHIJKLMNOPQRSTU".into());
        let shown = bounded_text_without("no 'cABCDEFGHIJKLMNOPQRSTU' here", &target);
        assert!(!shown.contains("cABC") && shown.starts_with("no 'fp:"), "{shown}");
    }
}
