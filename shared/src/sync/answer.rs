//! From what came back to what it means.
//!
//! In: an [`ApiAnswer`] or none. Out: an [`Answer`]. A refusal counts only with the server's own problem body: a
//! captive portal answers 401 and 403 too, and must not cost an installation its identity.

use pushbridge_wire::{InstallationResponse, Outcome, Problem, ProblemCode, Revision};

use super::{
    retry_after::parse_retry_after,
    transport::{ApiAnswer, TransportError},
};
use crate::machine::{Answer, DeferCause};

/// Reads the answer to a PUT or a proof of `sent` revision.
pub(crate) fn read_installation(answer: Result<ApiAnswer, TransportError>, sent: Revision) -> Answer {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Answer::Unusable(error.into()),
    };
    if answer.status != 200 {
        return read_refusal(&answer);
    }
    match parse::<InstallationResponse>(&answer, "application/json") {
        // `stale` carries the server's revision where ours would stand.
        Some(body) if body.revision == sent || body.outcome == Outcome::Stale => {
            Answer::Installation(Box::new(body))
        }
        _ => Answer::Unusable(DeferCause::NotTheServer),
    }
}

/// Reads the answer to a batch of receipts.
pub(crate) fn read_receipts(answer: Result<ApiAnswer, TransportError>) -> Answer {
    match answer {
        Ok(answer) if answer.status == 204 => Answer::ReceiptsTaken,
        Ok(answer) if answer.status < 300 => Answer::Unusable(DeferCause::NotTheServer),
        Ok(answer) => read_refusal(&answer),
        Err(error) => Answer::Unusable(error.into()),
    }
}

fn read_refusal(answer: &ApiAnswer) -> Answer {
    if answer.status == 429 || answer.status >= 500 {
        return Answer::Busy { retry_after: wait_asked_for(answer) };
    }
    let Some(problem) = parse::<Problem>(answer, "application/problem+json") else {
        return Answer::Unusable(DeferCause::NotTheServer);
    };
    match (answer.status, problem.code) {
        (401, ProblemCode::SecretInvalid) => Answer::SecretInvalid,
        (409, ProblemCode::InstallationCloned) => Answer::Cloned,
        (400..=499, code) => Answer::Rejected { code: code.as_str().to_owned() },
        _ => Answer::Unusable(DeferCause::NotTheServer),
    }
}

fn wait_asked_for(answer: &ApiAnswer) -> Option<std::time::Duration> {
    parse_retry_after(answer.retry_after.as_deref()?, answer.date.as_deref())
}

fn parse<T: serde::de::DeserializeOwned>(answer: &ApiAnswer, media_type: &str) -> Option<T> {
    let essence = answer.content_type.as_deref()?.split(';').next()?.trim();
    // The parser's error may quote the body, which names the user: dropped.
    essence.eq_ignore_ascii_case(media_type).then(|| serde_json::from_slice(&answer.body).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Result<ApiAnswer, TransportError> {
        let content_type = Some(content_type.to_owned());
        Ok(ApiAnswer { status, content_type, body: body.as_bytes().to_vec(), ..ApiAnswer::default() })
    }

    fn problem(status: u16, code: &str) -> Result<ApiAnswer, TransportError> {
        let body = format!(r#"{{"code":"{code}","status":{status},"title":"t","detail":"d"}}"#);
        answer(status, "application/problem+json", &body)
    }

    fn read(answer: Result<ApiAnswer, TransportError>) -> String {
        format!("{:?}", read_installation(answer, Revision::FIRST))
    }

    const TRUTH: &str = r#"{"revision":1,"outcome":"applied","address_state":"none","user_state":"none",
        "wall":"closed","incarnation":"i","refresh_after":"P28D","confirm_after":"P1D",
        "server_time":"2026-11-24T00:00:00Z","installation":{"revision":1,"platform":"ios"}}"#;

    #[test]
    fn only_the_servers_own_answer_acknowledges() {
        assert_eq!(read(answer(200, "application/json", TRUTH)), "Installation(Applied)");
        assert_eq!(read(answer(200, "application/json; charset=utf-8", TRUTH)), "Installation(Applied)");
        let portal = "Unusable(NotTheServer)";
        assert_eq!(read(answer(200, "text/html", TRUTH)), portal);
        assert_eq!(read(answer(200, "application/json", "{}")), portal);
        assert_eq!(read(answer(201, "application/json", TRUTH)), portal);
        assert_eq!(read(answer(302, "text/html", "")), portal);
        assert_eq!(read(answer(200, "application/json", &TRUTH.replacen("1", "2", 1))), portal);
    }

    #[test]
    fn a_portals_401_costs_no_identity() {
        assert_eq!(read(answer(401, "text/html", "log in")), "Unusable(NotTheServer)");
        assert_eq!(read(problem(401, "secret_invalid")), "SecretInvalid");
        assert_eq!(read(problem(401, "api_key_invalid")), "Rejected(api_key_invalid)");
        assert_eq!(read(problem(409, "installation_cloned")), "Cloned");
        assert_eq!(read(problem(400, "invalid_field")), "Rejected(invalid_field)");
        assert_eq!(read(problem(404, "not_found")), "Rejected(not_found)");
    }

    /// A newer server may have codes that this core has never heard of: the status says what to do.
    #[test]
    fn a_problem_of_an_unknown_code_is_judged_by_its_status_and_keeps_its_code() {
        assert_eq!(read(problem(422, "of_tomorrow")), "Rejected(of_tomorrow)");
        assert_eq!(read(problem(401, "of_tomorrow")), "Rejected(of_tomorrow)");
        assert_eq!(read(problem(409, "of_tomorrow")), "Rejected(of_tomorrow)");
        assert_eq!(read(problem(429, "of_tomorrow")), "Busy(None)");
        assert_eq!(read(problem(503, "of_tomorrow")), "Busy(None)");
        let grown = r#"{"code":"of_tomorrow","status":400,"title":"t","detail":"d","a_new_field":[1]}"#;
        assert_eq!(read(answer(400, "application/problem+json", grown)), "Rejected(of_tomorrow)");
    }

    #[test]
    fn a_busy_server_is_waited_for_whatever_its_body() {
        let mut html = answer(502, "text/html", "<html>").unwrap();
        html.retry_after = Some("7".to_owned());
        assert_eq!(read(Ok(html)), "Busy(Some(7s))");
        assert_eq!(read(problem(429, "rate_limited")), "Busy(None)");
    }
}
