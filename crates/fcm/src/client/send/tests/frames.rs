//! Against servers that speak HTTP/2 by hand, frame by frame: what a peer may do to a connection.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;

/// HTTP/2 settings that say nothing.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// A listener, and the address of an endpoint there.
async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, endpoint)
}

/// Reads `socket` up to the end of the request's body.
async fn read_request(socket: &mut TcpStream) {
    let mut received = Vec::new();
    while !received.windows(7).any(|part| part == b"APA91bE") {
        socket.read_buf(&mut received).await.expect("the request");
    }
}

/// Accepts one connection, says its settings, and reads one request.
async fn accept_request(listener: &TcpListener) -> TcpStream {
    let (mut socket, _) = listener.accept().await.expect("a connection");
    socket.write_all(&SETTINGS).await.expect("settings sent");
    read_request(&mut socket).await;
    socket
}

/// Answers one call as a complete HTTP/2 server.
async fn answer_one(socket: TcpStream) {
    let mut connection = h2::server::handshake(socket).await.expect("HTTP/2");
    while let Some(call) = connection.accept().await {
        let Ok((_, mut answer)) = call else { return };
        let mut body = answer.send_response(http::Response::new(()), false).expect("open");
        body.send_data(Bytes::from_static(br#"{"name":"projects/demo/messages/1"}"#), true).expect("open");
    }
}

/// An endpoint whose first connection goes away at the first request, saying that stream `last` was the last one
/// that it looked at; its second one answers.
async fn going_away(last: u8) -> (String, JoinSet<()>) {
    let (listener, endpoint) = listen().await;
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut socket = accept_request(&listener).await;
        let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, last, 0, 0, 0, 0];
        socket.write_all(&goaway).await.expect("GOAWAY sent");
        drop(socket);
        let (socket, _) = listener.accept().await.expect("another connection");
        answer_one(socket).await;
    });
    (endpoint, server)
}

#[tokio::test]
async fn a_stream_above_the_last_one_of_a_goaway_is_sent_again() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let (endpoint, _server) = going_away(0).await;
    let sent = send(&client_at(&endpoint, &google, &patient())).await.expect("taken");
    assert_eq!(sent.as_str(), "projects/demo/messages/1");
}

#[tokio::test]
async fn a_stream_below_the_last_one_of_a_goaway_may_have_been_taken() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let (endpoint, _server) = going_away(1).await;
    let error = send(&client_at(&endpoint, &google, &patient())).await.expect_err("cut off");
    assert_eq!((error.code(), error.is_outcome_unknown()), ("connection_lost", true));
}

/// What has begun to be answered was looked at, whatever the peer says then.
#[tokio::test]
async fn a_goaway_inside_an_answer_leaves_the_outcome_unknown() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let (listener, endpoint) = listen().await;
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut socket = accept_request(&listener).await;
        // `:status: 200` on stream 1, then: stream 0 was the last one.
        let answer = [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88];
        let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        socket.write_all(&[&answer[..], &goaway[..]].concat()).await.expect("sent");
        let (socket, _) = listener.accept().await.expect("another connection");
        answer_one(socket).await;
    });
    let error = send(&client_at(&endpoint, &google, &patient())).await.expect_err("half an answer");
    assert_eq!((error.code(), error.is_outcome_unknown()), ("connection_lost", true));
}

#[tokio::test]
async fn a_call_that_is_dropped_resets_its_stream_and_gives_its_place_back() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let (listener, endpoint) = listen().await;
    let (begun, mut begins) = tokio::sync::mpsc::channel(1);
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (socket, _) = listener.accept().await.expect("a connection");
        let mut connection = h2::server::handshake(socket).await.expect("HTTP/2");
        let (_, mut answer) = connection.accept().await.expect("a call").expect("sound");
        begun.send(()).await.expect("heard");
        let reset = std::future::poll_fn(|context| answer.poll_reset(context));
        let reset = tokio::select! {
            reset = reset => reset.expect("a reset"),
            _ = connection.accept() => panic!("a second call before the first one's reset"),
        };
        // Its next call is answered.
        let (_, mut answer) = connection.accept().await.expect("a call").expect("sound");
        let mut body = answer.send_response(http::Response::new(()), false).expect("open");
        body.send_data(Bytes::from_static(br#"{"name":"projects/demo/messages/2"}"#), true).expect("open");
        std::future::poll_fn(|context| connection.poll_closed(context)).await.expect("closed in peace");
        reset
    });
    let settings = ClientSettings { connections: 1, streams_per_connection: 1, ..patient() };
    let client = client_at(&endpoint, &google, &settings);
    let mut hanging = JoinSet::new();
    let calling = client.clone();
    hanging.spawn(async move { send(&calling).await });
    begins.recv().await.expect("begun");
    hanging.shutdown().await;
    send(&client).await.expect("the only stream is free again");
    drop(client);
    let reset = server.join_next().await.expect("a server").expect("no panic");
    assert_eq!(reset, h2::Reason::CANCEL);
}

/// The clock jumps to the ping and to the end of its time-out, once the request is known to be there, and goes by seconds
/// otherwise: the second connection answers however long the machine takes.
#[tokio::test]
async fn a_connection_that_answers_no_ping_is_left() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let (listener, endpoint) = listen().await;
    let (read, mut reads) = tokio::sync::mpsc::channel(1);
    let mut server = JoinSet::new();
    server.spawn(async move {
        let _silent = accept_request(&listener).await;
        read.send(()).await.expect("heard");
        let (other, _) = listener.accept().await.expect("another connection");
        answer_one(other).await;
    });
    let hour = Duration::from_secs(60 * 60);
    let settings = ClientSettings { keep_alive_interval: hour, keep_alive_timeout: hour, ..patient() };
    let client = client_at(&endpoint, &google, &settings);
    let mut hanging = JoinSet::new();
    let calling = client.clone();
    hanging.spawn(async move { send(&calling).await });
    reads.recv().await.expect("read");
    tokio::time::pause();
    let error = hanging.join_next().await.expect("one").expect("no panic").expect_err("nobody answers");
    tokio::time::resume();
    assert_eq!((error.code(), error.is_outcome_unknown()), ("connection_lost", true));
    send(&client).await.expect("taken over another connection");
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_dialled_once_for_all_who_wait() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let (listener, endpoint) = listen().await;
    let accepted = Arc::new(Semaphore::new(0));
    let accepting = Arc::clone(&accepted);
    let mut server = JoinSet::new();
    server.spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.expect("a connection");
            accepting.add_permits(1);
            drop(socket);
        }
    });
    let client = client_at(&endpoint, &google, &patient());
    let mut sending = JoinSet::new();
    for _ in 0..50 {
        let client = client.clone();
        sending.spawn(async move { send(&client).await });
    }
    for result in sending.join_all().await {
        let error = result.expect_err("nobody speaks HTTP/2 there");
        assert_eq!((error.code(), error.is_outcome_unknown()), ("connect_failed", false));
    }
    assert_eq!(accepted.available_permits(), 1);
}

#[tokio::test]
async fn a_connection_that_is_not_made_in_time_is_known_to_have_sent_nothing() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    // It accepts, and says nothing.
    let (_listener, endpoint) = listen().await;
    let settings = ClientSettings { connect_timeout: Duration::from_millis(50), ..patient() };
    let error = send(&client_at(&endpoint, &google, &settings)).await.expect_err("no settings came");
    assert_eq!((error.code(), error.is_outcome_unknown()), ("connect_failed", false));
}

/// A proxy that connects to `to`, whatever it is asked for, and tells what that was.
async fn proxy(to: String) -> (String, JoinSet<String>) {
    let (listener, endpoint) = listen().await;
    let mut asked = JoinSet::new();
    asked.spawn(async move {
        let (mut client, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            client.read_buf(&mut request).await.expect("a request");
        }
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("answered");
        let mut server = TcpStream::connect(to).await.expect("the way on");
        let copied = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        assert!(copied.is_ok(), "{copied:?}");
        String::from_utf8_lossy(&request).into_owned()
    });
    (endpoint, asked)
}

#[tokio::test]
async fn a_proxy_of_the_environment_carries_the_connection() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let (endpoint, mut asked) = proxy(google.url.trim_start_matches("http://").to_owned()).await;
    let proxies = Matcher::builder().all(endpoint).build();
    let project = ProjectId::try_from("demo").expect("an id");
    let tokens = google.tokens(patient_tokens());
    let settings = patient();
    let client = FcmClient::with_proxies(project, "http://fcm.test", tokens, &settings, &proxies);
    let client = client.expect("a client");
    send(&client).await.expect("taken");
    drop(client);
    let asked = asked.join_next().await.expect("it was asked").expect("no panic");
    assert!(asked.starts_with("CONNECT fcm.test:80 HTTP/1.1\r\n"), "{asked}");
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_leaves_the_outcome_unknown() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let (listener, cutting) = listen().await;
    let mut server = JoinSet::new();
    server.spawn(async move { drop(accept_request(&listener).await) });
    let error = send(&client_at(&cutting, &google, &patient())).await.expect_err("cut");
    assert!(matches!(error, SendError::ConnectionLost(_)), "{error:?}");
    assert_eq!((error.verdict(), error.is_outcome_unknown()), (Verdict::Retry { after: None }, true));
}
