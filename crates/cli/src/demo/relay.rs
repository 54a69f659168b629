//! A phone's network: a TCP relay to the server that can be switched off.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// Forwards connections while it is online. Ends when dropped.
pub(super) struct Relay {
    address: SocketAddr,
    online: watch::Sender<bool>,
    _task: JoinSet<()>,
}

impl Relay {
    /// Starts one in front of `server`.
    pub(super) async fn start(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let online = watch::Sender::new(true);
        let mut task = JoinSet::new();
        task.spawn(accept(listener, server, Arc::new(online.subscribe())));
        Ok(Self { address, online, _task: task })
    }

    /// Where the phone finds its server.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Switches the network; off cuts what is open.
    pub(super) fn set_online(&self, online: bool) {
        self.online.send_replace(online);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, online: Arc<watch::Receiver<bool>>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((phone, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        if *online.borrow() {
            connections.spawn(forward(phone, server, online.as_ref().clone()));
        }
    }
}

async fn forward(mut phone: TcpStream, server: SocketAddr, mut online: watch::Receiver<bool>) {
    let Ok(mut upstream) = TcpStream::connect(server).await else { return };
    tokio::select! {
        // How a forwarded connection ends is its two ends' affair.
        _ = tokio::io::copy_bidirectional(&mut phone, &mut upstream) => {}
        _ = online.wait_for(|online| !online) => {}
    }
}
