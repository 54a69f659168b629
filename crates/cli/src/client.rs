//! The server's API, as the commands use it.

use pushbridge_wire::Problem;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{args::Connection, failure::Failure};

/// A server and the key to use there.
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Client {
    /// Reads the key of `connection`; makes no request.
    pub(crate) fn new(connection: &Connection) -> Result<Self, Failure> {
        let path = connection.key_file.display();
        let key = std::fs::read_to_string(&connection.key_file).map_err(|error| {
            Failure::usage(format!("cannot read the API key in {path}: {error}")).next(
                "start `pushbridge serve` in this folder (it writes pushbridge-data/bootstrap.key), or name the file with --key-file",
            )
        })?;
        Self::with_key(&connection.url, key.trim())
    }

    /// For a key that is at hand.
    pub(crate) fn with_key(url: &str, key: &str) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(30))
            .build()
            .map_err(|error| Failure::usage(format!("the HTTP client cannot start: {error}")))?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), key: key.to_owned() })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.answer(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.answer(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.answer(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn post_once<T: DeserializeOwned>(
        &self,
        path: &str,
        idempotency_key: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let request = self.request(Method::POST, path).header("idempotency-key", idempotency_key);
        self.answer(request.json(body)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key)
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| self.unreachable(error))?;
        if status.is_success() {
            // 204 says nothing, which is the JSON of `()`.
            let body = if body.is_empty() { &b"null"[..] } else { &body };
            return serde_json::from_slice(body).map_err(|_| self.stranger(status));
        }
        let problem = serde_json::from_slice::<Problem>(&body).map_err(|_| self.stranger(status))?;
        Err(refused(problem))
    }

    fn stranger(&self, status: StatusCode) -> Failure {
        Failure::usage(format!("{} answered {status}, but not as Pushbridge does", self.url))
            .next("name the Pushbridge server with --url")
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        let cause = error.without_url();
        Failure::usage(format!("no answer from {}: {cause}", self.url))
            .next("start the server with `pushbridge serve`, or name it with --url")
    }
}

fn refused(problem: Problem) -> Failure {
    let place = problem.field.map(|field| format!(" ({field})")).unwrap_or_default();
    Failure::check(format!("{}{place} [{}]", problem.title, problem.code)).next(problem.detail)
}

/// One part of a path, percent-encoded: a user id may hold anything.
pub(crate) fn segment(text: &str) -> String {
    const KEEP: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(text, KEEP).to_string()
}
