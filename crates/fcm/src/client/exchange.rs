//! One call on one stream: the request out, the answer in.
//!
//! In: a [`Place`], a request and its body. Out: a [`Reply`], or how it failed. Next: [`send`](super::send) reads the
//! reply, or makes the call again where FCM is known not to have looked at it. Dropped halfway, it resets its stream.

use bytes::{Bytes, BytesMut};
use h2::{Reason, RecvStream, client::ResponseFuture};
use http::{HeaderMap, Request, StatusCode};

use super::pool::Place;

/// More than FCM ever answers; what comes after it is not read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What came back.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Why nothing came back.
pub(super) enum Failure {
    /// FCM did not look at the request, by the rules of HTTP/2: it may be sent again without any harm.
    NotSeen,
    /// It may have looked at it.
    Lost(h2::Error),
}

/// Sends `request` with `body`, at once. The answer is still to be [read](finish).
///
/// Not one `async fn` with it: the request would stay in the future of each of a thousand calls, and be moved with it.
pub(super) fn begin(place: &mut Place, request: Request<()>, body: Bytes) -> Result<ResponseFuture, Failure> {
    let Ok((response, mut stream)) = place.calls.send_request(request, false) else {
        // The connection takes no more streams: closed, told to go away, or out of numbers.
        place.leave_connection();
        return Err(Failure::NotSeen);
    };
    if stream.send_data(body, true).is_err() {
        tracing::trace!("the stream ended before its body; its answer says why");
    }
    Ok(response)
}

/// Reads the answer.
pub(super) async fn finish(place: &mut Place, response: ResponseFuture) -> Result<Reply, Failure> {
    let response = response.await.map_err(|error| judge(error, place))?;
    let (parts, body) = response.into_parts();
    // An answer that has begun was looked at, whatever ends it.
    let body = read_body(body).await.map_err(Failure::Lost)?;
    Ok(Reply { status: parts.status, headers: parts.headers, body })
}

/// A GOAWAY of the peer ends only the streams above its last one, which it did not process (RFC 9113, 6.8 and 8.7).
fn judge(error: h2::Error, place: &Place) -> Failure {
    if error.is_remote() && error.is_go_away() {
        place.leave_connection();
        return Failure::NotSeen;
    }
    if error.is_remote() && error.reason() == Some(Reason::REFUSED_STREAM) {
        return Failure::NotSeen;
    }
    Failure::Lost(error)
}

async fn read_body(mut stream: RecvStream) -> Result<Bytes, h2::Error> {
    let Some(first) = stream.data().await.transpose()? else { return Ok(Bytes::new()) };
    // The usual answer is one frame; whatever it takes of the window is given back with the stream.
    if stream.is_end_stream() || first.len() >= MAX_ANSWER_BYTES {
        return Ok(first.slice(..first.len().min(MAX_ANSWER_BYTES)));
    }
    let mut body = BytesMut::from(first);
    stream.flow_control().release_capacity(body.len())?;
    while let Some(chunk) = stream.data().await.transpose()? {
        let room = MAX_ANSWER_BYTES - body.len();
        if chunk.len() >= room {
            body.extend_from_slice(&chunk[..room]);
            break;
        }
        body.extend_from_slice(&chunk);
        stream.flow_control().release_capacity(chunk.len())?;
    }
    Ok(body.freeze())
}
