//! [`PostgresServer`]: a live Postgres of its own.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::daemon::{Daemon, prepare};
use crate::http::free_address;

/// The folder of the programs, which Debian leaves out of the path.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// A running Postgres 15 on a free loopback port, with a database `app` and a user `app`. It writes
/// into a folder of its own, and leaves it to the operating system when that reaches the disk: a
/// crash of the server loses nothing, one of the machine may. Dropping it ends the server and
/// removes the folder.
///
/// ```
/// use hardtack_peers::PostgresServer;
///
/// let postgres = PostgresServer::start(&["-c", "max_connections=20"]);
/// assert!(postgres.url().starts_with("postgres://app:wordpass@127.0.0.1:"));
/// assert!(postgres.url().ends_with("/app"));
/// assert_eq!(postgres.query("SELECT 1, 'a'"), "1|a");
/// ```
#[derive(Debug)]
pub struct PostgresServer {
    daemon: Daemon,
    address: SocketAddr,
    options: Vec<String>,
}

impl PostgresServer {
    /// The password of the user `app`, which no error may show.
    pub const PASSWORD: &str = "wordpass";

    /// Starts a server with these options of its command line, and waits until it answers.
    ///
    /// # Panics
    ///
    /// Panics if Postgres is missing, or does not answer within 30 seconds.
    #[must_use]
    pub fn start(options: &[&str]) -> Self {
        // Between finding a free port and the server's taking it, somebody else may have.
        (0..3)
            .find_map(|_| Self::try_start(options))
            .expect("postgres did not start three times, its errors stand above")
    }

    fn try_start(options: &[&str]) -> Option<Self> {
        let address = free_address();
        let daemon = Daemon::new("postgres", address.port(), "postgres");
        let password = daemon.write("password", Self::PASSWORD);
        let mut initdb = daemon.command(&format!("{PROGRAMS}/initdb"));
        initdb
            .args(["--no-sync", "--username=app", "--auth=scram-sha-256"])
            .args(["--encoding=UTF8", "--locale=C.UTF-8", "--pwfile"])
            .arg(&password)
            .arg("--pgdata")
            .arg(daemon.folder().join("data"));
        prepare(&mut initdb);
        let mut server = Self {
            daemon,
            address,
            options: options.iter().map(|&option| option.to_owned()).collect(),
        };
        if !server.run() {
            return None;
        }
        let mut create = Command::new(format!("{PROGRAMS}/createdb"));
        create
            .args(["--host=127.0.0.1", "--username=app", "--port"])
            .arg(server.address.port().to_string())
            .arg("app")
            .env("PGPASSWORD", Self::PASSWORD);
        prepare(&mut create);
        Some(server)
    }

    fn run(&mut self) -> bool {
        let mut server = self.daemon.command(&format!("{PROGRAMS}/postgres"));
        let port = self.address.port().to_string();
        server
            .arg("-D")
            .arg(self.daemon.folder().join("data"))
            .args(["-p", &port, "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories=", "-c", "fsync=off"])
            .args(&self.options);
        self.daemon.start(server, || {
            let ready = Command::new(format!("{PROGRAMS}/pg_isready"))
                .args(["--quiet", "--host=127.0.0.1", "--port", &port])
                .stdin(Stdio::null())
                .status();
            ready.is_ok_and(|ready| ready.success())
        })
    }

    /// Ends the server at once, as a crash does: connections break, and it recovers when it starts.
    pub fn stop(&mut self) {
        self.daemon.stop();
    }

    /// Ends the server in order, as an upgrade does: it closes the connections, and says so.
    ///
    /// # Panics
    ///
    /// Panics if it does not end, or was stopped.
    pub fn shut_down(&mut self) {
        self.daemon.shut_down("-INT");
    }

    /// Starts the server again, at its address and in its folder.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    pub fn start_again(&mut self) {
        self.stop();
        assert!(self.run(), "postgres did not start again");
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

    /// Runs SQL and returns the answer as `psql` prints it: the columns of a row with `|` between
    /// them, and a line for each row.
    ///
    /// # Panics
    ///
    /// Panics with the error if the database refuses the SQL, or cannot be reached.
    #[expect(
        clippy::must_use_candidate,
        reason = "many statements are their effect"
    )]
    pub fn query(&self, sql: &str) -> String {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"])
            .args(["--set=ON_ERROR_STOP=1", "--dbname", &self.url(), "-c", sql])
            .stdin(Stdio::null());
        let output = psql
            .output()
            .expect("psql, which is installed with Postgres");
        assert!(output.status.success(), "{sql}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Returns the address of the database, with the user and the password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://app:{}@{}/app", Self::PASSWORD, self.address)
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
