//! The programs whose pages a window shows.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Cargo may have to build it first.
const START_WITHIN: Duration = Duration::from_mins(10);

/// A running program that listens on a loopback port; it and its children are killed when dropped.
pub(crate) struct Program {
    process: Child,
    port: u16,
}

impl Program {
    /// Runs a command in the repository, which names its program, and waits until it listens on
    /// `PORT` and on the ports of these variables.
    pub(crate) fn start(mut command: Command, others: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let port = free_port();
        command.current_dir(root).env("PORT", port.to_string());
        let mut ports = vec![port];
        for name in others {
            let port = free_port();
            command.env(name, port.to_string());
            ports.push(port);
        }
        Self::spawn(command, &ports)
    }

    /// A driver of a browser.
    pub(crate) fn chromedriver() -> Self {
        let port = free_port();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).stdout(Stdio::null());
        Self::spawn(command, &[port])
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Starts it, and waits until it listens at each of the ports.
    fn spawn(mut command: Command, ports: &[u16]) -> Self {
        command.stdin(Stdio::null()).process_group(0);
        let process = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let mut program = Self {
            process,
            port: ports[0],
        };
        let start = Instant::now();
        for port in ports {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
            while TcpStream::connect(address).is_err() {
                let ended = program.process.try_wait().expect("a child of ours");
                assert!(ended.is_none(), "{command:?} has ended: {ended:?}");
                assert!(
                    start.elapsed() < START_WITHIN,
                    "{command:?} does not listen"
                );
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        program
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        // Fails only where all have ended by themselves.
        let _ = Command::new("kill").args(["--", &group]).status();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free loopback port")
        .port()
}
