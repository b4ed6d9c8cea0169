//! Serves an axum app as long as the test runs.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use axum::Router;

/// Serves an app on a free loopback port, on a thread of its own.
pub(crate) fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
    let address = listener.local_addr().expect("it is bound");
    listener.set_nonblocking(true).expect("a socket can");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            axum::serve(listener, app).await
        })
    });
    address
}
