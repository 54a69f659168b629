//! [`Transport`] over HTTPS.
//!
//! In: an [`ApiRequest`]. Out: status, four headers and a bounded body. Each request has a connection of its own:
//! the core asks a few times a month, and a kept connection may have died while the phone slept.

use std::{error::Error, io, time::Duration};

use reqwest::{
    Client, Method, Url,
    header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};

use super::{
    tls::{self, TlsRoots},
    transport::{ApiAnswer, ApiMethod, ApiRequest, Transport, TransportError, TransportFuture},
};

/// The protocol's answers have about 1 KiB.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// A connection that is not there by then will not be: better to fail and tell the scheduler.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);
const USER_PROOF: HeaderName = HeaderName::from_static("pushbridge-user");

/// What [`HttpTransport`] needs to know.
#[derive(Clone)]
pub struct HttpOptions {
    /// Where the server is, such as `https://push.example.com` or with a path before `/v1`.
    pub base_url: String,
    /// Roots of trust.
    pub tls: TlsRoots,
    /// An HTTP proxy; phones have no environment variables to read one from.
    pub proxy: Option<String>,
    /// Refuses `http` always. Without it, `http` is allowed to this machine itself, for tests.
    pub https_only: bool,
    /// Longest time for a whole request.
    pub request_timeout: Duration,
}

/// Why the options are not usable. Names the option, not its value: a proxy's may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HttpOptionsError(pub(crate) &'static str);

/// [`Transport`] with reqwest and rustls.
pub struct HttpTransport {
    client: Client,
    base: String,
}

impl HttpTransport {
    /// Makes the client; no network.
    ///
    /// # Errors
    /// When an option is not usable.
    pub fn new(options: &HttpOptions) -> Result<Self, HttpOptionsError> {
        let base = parse_base(options)?;
        let tls = tls::client_config(&options.tls)
            .ok_or(HttpOptionsError("tls: the pem holds no usable certificate"))?;
        let builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(base.scheme() == "https")
            .redirect(Policy::none()) // a captive portal's favourite; the protocol has none
            .pool_max_idle_per_host(0)
            .connect_timeout(options.request_timeout.min(CONNECT_TIMEOUT_MAX))
            .read_timeout(options.request_timeout)
            .timeout(options.request_timeout)
            .user_agent(concat!("pushbridge-core/", env!("CARGO_PKG_VERSION")));
        let builder = match &options.proxy {
            None => builder.no_proxy(),
            Some(proxy) => {
                let proxy = reqwest::Proxy::all(proxy.as_str())
                    .map_err(|_| HttpOptionsError("proxy: not the URL of a proxy"))?;
                builder.proxy(proxy)
            }
        };
        let client = builder.build().map_err(|_| HttpOptionsError("the HTTP client cannot be made"))?;
        Ok(Self { client, base: base.as_str().trim_end_matches('/').to_owned() })
    }

    async fn exchange(&self, request: ApiRequest) -> Result<ApiAnswer, TransportError> {
        let method = match request.method {
            ApiMethod::Put => Method::PUT,
            ApiMethod::Post => Method::POST,
        };
        let url = format!("{}{}", self.base, request.path);
        let mut builder = self
            .client
            .request(method, url)
            .bearer_auth(request.secret.expose()) // sets the header as sensitive
            .header(CONTENT_TYPE, "application/json")
            .body(request.body);
        if let Some(proof) = request.user_proof
            && let Ok(mut value) = HeaderValue::try_from(format!("Bearer {proof}"))
        {
            value.set_sensitive(true);
            builder = builder.header(USER_PROOF, value);
        }
        let mut response = builder.send().await.map_err(classify)?;
        let mut answer = read_head(response.status().as_u16(), response.headers());
        while let Some(chunk) = response.chunk().await.map_err(classify)? {
            if answer.body.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(TransportError::TooLarge);
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: ApiRequest) -> TransportFuture<'_> {
        Box::pin(self.exchange(request))
    }
}

fn read_head(status: u16, headers: &HeaderMap) -> ApiAnswer {
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).map(str::to_owned);
    ApiAnswer {
        status,
        content_type: text(CONTENT_TYPE),
        retry_after: text(RETRY_AFTER),
        date: text(DATE),
        body: Vec::new(),
    }
}

fn parse_base(options: &HttpOptions) -> Result<Url, HttpOptionsError> {
    let url = Url::parse(&options.base_url).map_err(|error| {
        HttpOptionsError(match error {
            // The tables that would turn it into ASCII are left out of phones' libraries.
            url::ParseError::IdnaError => "base_url: write a host beyond ASCII in its xn-- form",
            _ => "base_url: not a URL",
        })
    })?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_plain || url.host_str().is_none() {
        return Err(HttpOptionsError("base_url: only scheme, host, port and path"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if !options.https_only && is_loopback(&url) => Ok(url),
        "http" => Err(HttpOptionsError("base_url: http only to this machine and with https_only = false")),
        _ => Err(HttpOptionsError("base_url: https")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The error itself is dropped: even without its URL it may quote what a proxy said.
fn classify(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let kind = if error.is_timeout() {
        TransportError::Timeout
    } else if has_tls_cause(&error) {
        TransportError::Tls
    } else {
        TransportError::Offline
    };
    tracing::debug!(%kind, "no answer");
    kind
}

fn has_tls_cause(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // An I/O error does not give the error that it wraps as its source, but that one's source.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match wrapped {
        Some(inner) => has_tls_cause(inner),
        None => error.source().is_some_and(has_tls_cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(base_url: &str, https_only: bool) -> Result<(), &'static str> {
        HttpTransport::new(&HttpOptions {
            base_url: base_url.to_owned(),
            tls: TlsRoots::Bundled,
            proxy: None,
            https_only,
            request_timeout: Duration::from_secs(5),
        })
        .map(|_| ())
        .map_err(|error| error.0)
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert_eq!(open("https://push.example.com/base/", true), Ok(()));
        assert_eq!(open("http://127.0.0.1:8080", false), Ok(()));
        assert_eq!(open("http://[::1]:8080", false), Ok(()));
        assert!(open("http://127.0.0.1:8080", true).is_err());
        assert!(open("http://push.example.com", false).is_err());
        assert!(open("http://localhost.example.com", false).is_err());
        assert!(open("https://user:word@push.example.com", true).is_err());
        assert!(open("ftp://push.example.com", true).is_err());
    }

    #[test]
    fn a_host_beyond_ascii_is_refused_in_words_that_help_and_its_xn_form_is_taken() {
        for host in ["push.bücher.example", "プッシュ.example", "push.b%C3%BCcher.example"] {
            let told = open(&format!("https://{host}"), true);
            assert_eq!(told, Err("base_url: write a host beyond ASCII in its xn-- form"), "{host}");
        }
        assert_eq!(open("https://push.xn--bcher-kva.example/base/", true), Ok(()));
        assert_eq!(open("https://PUSH.example.com", true), Ok(()));
        assert_eq!(open("https://", true), Err("base_url: not a URL"));
    }
}
