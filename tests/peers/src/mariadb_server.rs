//! [`MariaDbServer`]: a live MariaDB of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::daemon::{Daemon, prepare};
use crate::http::free_address;

/// A running MariaDB on a free loopback port, with a database `app` and a user `app`. It writes into a
/// folder of its own, and leaves it to the operating system when that reaches the disk: a crash of
/// the server loses nothing, one of the machine may. Dropping it ends the server and removes the
/// folder.
///
/// ```
/// use hardtack_peers::MariaDbServer;
///
/// let mariadb = MariaDbServer::start(&["--max-connections=20"]);
/// assert!(mariadb.url().starts_with("mysql://app:wordpass@127.0.0.1:"));
/// assert!(mariadb.url().ends_with("/app"));
/// ```
#[derive(Debug)]
pub struct MariaDbServer {
    daemon: Daemon,
    address: SocketAddr,
    options: Vec<String>,
}

impl MariaDbServer {
    /// The password of the user `app`, which no error may show.
    pub const PASSWORD: &str = "wordpass";

    /// Starts a server with these options of its command line, and waits until it answers.
    ///
    /// # Panics
    ///
    /// Panics if MariaDB is missing, or does not answer within 30 seconds.
    #[must_use]
    pub fn start(options: &[&str]) -> Self {
        // Between finding a free port and the server's taking it, somebody else may have.
        (0..3)
            .find_map(|_| Self::try_start(options))
            .expect("mariadbd did not start three times, its errors stand above")
    }

    fn try_start(options: &[&str]) -> Option<Self> {
        let address = free_address();
        let daemon = Daemon::new("mariadb", address.port(), "mysql");
        let mut install = daemon.command("mariadb-install-db");
        install
            .args(["--no-defaults", "--skip-test-db"])
            .arg("--auth-root-authentication-method=normal")
            .arg(format!(
                "--datadir={}",
                daemon.folder().join("data").display()
            ))
            .arg(own_tmpdir(daemon.folder()));
        prepare(&mut install);
        // It runs before the server accepts a connection.
        let password = Self::PASSWORD;
        let first = format!(
            "CREATE DATABASE IF NOT EXISTS app CHARACTER SET utf8mb4;\n\
             CREATE USER IF NOT EXISTS app@'127.0.0.1' IDENTIFIED BY '{password}';\n\
             GRANT ALL PRIVILEGES ON *.* TO app@'127.0.0.1';\n"
        );
        daemon.write("first.sql", &first);
        let mut server = Self {
            daemon,
            address,
            options: options.iter().map(|&option| option.to_owned()).collect(),
        };
        server.run().then_some(server)
    }

    fn run(&mut self) -> bool {
        let folder = self.daemon.folder().to_owned();
        let port = self.address.port().to_string();
        let file = |name: &str| folder.join(name).display().to_string();
        let mut server = self.daemon.command("mariadbd");
        server
            .args(["--no-defaults", "--bind-address=127.0.0.1", "--port", &port])
            .args([format!("--datadir={}", file("data"))])
            .args([format!("--socket={}", file("socket"))])
            .args([format!("--pid-file={}", file("pid"))])
            .args([format!("--init-file={}", file("first.sql"))])
            .args(["--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2"])
            .arg(own_tmpdir(&folder))
            .args(&self.options);
        self.daemon.start(server, || {
            // It succeeds where the server answers, whoever asks.
            let ready = Command::new("mariadb-admin")
                .args(["--no-defaults", "--host=127.0.0.1", "--port", &port, "ping"])
                .arg("--connect-timeout=5")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            ready.is_ok_and(|ready| ready.success())
        })
    }

    /// Ends the server at once, as a crash does: connections break, and it recovers when it starts.
    pub fn stop(&mut self) {
        self.daemon.stop();
    }

    /// Ends the server in order, as an upgrade does: it closes the connections.
    ///
    /// # Panics
    ///
    /// Panics if it does not end, or was stopped.
    pub fn shut_down(&mut self) {
        self.daemon.shut_down("-TERM");
    }

    /// Starts the server again, at its address and in its folder.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    pub fn start_again(&mut self) {
        self.stop();
        assert!(self.run(), "mariadbd did not start again");
    }

    /// Halts the server: connections stay, new ones too are made, and nothing is answered.
    ///
    /// # Panics
    ///
    /// Panics if the server was stopped.
    pub fn pause(&self) {
        self.daemon.pause();
    }

    /// Lets a server go on that was halted.
    ///
    /// # Panics
    ///
    /// Panics if the server was stopped.
    pub fn go_on(&self) {
        self.daemon.go_on();
    }

    /// Returns the address of the database, with the user and the password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mysql://app:{}@{}/app", Self::PASSWORD, self.address)
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the server's log since its first start.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }
}

/// Returns the option for temporary tables. A MariaDB that starts removes all of them in its folder, also
/// those of another server.
fn own_tmpdir(folder: &Path) -> String {
    format!("--tmpdir={}", folder.display())
}
