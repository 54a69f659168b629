//! Children that end or fail in the middle of I/O: an answer that comes too late, a file system that refuses.

use std::{process::Command, time::Duration};

use pushbridge_core::{PushConfig, SyncOutcome};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

use crate::{
    crash::{child, kill, read_line, start},
    http::{applied_body, config},
    network::read_message,
    rig::{Rig, report, sync},
};

async fn answer(mut stream: TcpStream) {
    let body = applied_body();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    // Whoever asked may be dead.
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// Failure mode 2: the server has the report, the process is killed before it hears so. The next one tells the same
/// revision again, word by word, which is nothing new to the server, and that is acknowledged.
#[tokio::test]
async fn row02_a_kill_between_request_and_answer_repeats_the_same_revision() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let process = start(child("sync", &rig).env(crate::crash::URL, &base_url));
    let (mut stream, _) = listener.accept().await.unwrap();
    let (head, body) = read_message(&mut stream).await;
    kill(process);
    answer(stream).await;
    let config = PushConfig { request_timeout: Duration::from_secs(20), ..config(&rig, &base_url) };
    let config = PushConfig { app_version: None, os_version: None, locale: None, timezone: None, ..config };
    let core = pushbridge_core::PushCore::open(config, rig.app.clone(), rig.app.clone()).unwrap();
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let again = read_message(&mut stream).await;
        answer(stream).await;
        again
    };
    let (outcome, (head_again, body_again)) = tokio::join!(sync(&core), server);
    assert_eq!(outcome, SyncOutcome::Delivered { revision: 1 });
    assert_eq!((head_again, body_again), (head, body));
    assert_eq!(core.snapshot().unwrap().acked_revision, Some(1));
}

/// Failure mode 20: the file system refuses to write on (a limit of the process: SQLite sees the same I/O error as of a
/// broken disk). The report is refused, memory and file stay as they were, and once writing works so does the core.
#[cfg(unix)]
#[tokio::test]
async fn row20_an_io_error_refuses_the_report_and_keeps_the_one_before() {
    let rig = Rig::new();
    let program = child("report_until_refused", &rig);
    let mut limited = Command::new("sh");
    // Room for SQLite's index of the journal and some pages; the signal would end the process.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "sh"]);
    limited.arg(program.get_program()).args(program.get_args());
    limited.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut process = start(&mut limited);
    let said = read_line(&mut process, "REFUSED ");
    kill(process);
    let (kept, detail) = said.split_once(' ').unwrap();
    assert!(detail.contains("SystemIoFailure") || detail.contains("DiskFull"), "{detail}");
    let kept: u64 = kept.parse().unwrap();
    assert!(kept > 0, "it worked before");
    let core = rig.open();
    let status = core.snapshot().unwrap();
    assert_eq!(status.recovered, None);
    assert!(status.revision.is_some_and(|revision| revision >= kept), "{status:?}");
    report(&core, "works-again");
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
}
