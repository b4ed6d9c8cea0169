//! [`Address`]: where the servers are, and how to log in there.

use std::fmt;
use std::time::Duration;

use mongodb::options::{
    Acknowledgment, ClientOptions, ConnectionString, HostInfo, ReadConcern, ReadPreference,
    SelectionCriteria,
};
use mongodb::{Client, error};

use crate::failure::Failure;

const FORM: &str = "mongodb://user:password@host:port,host:port/database?replicaSet=name, with %XX \
                    for special characters in the password";

/// The address of a server or of the members of a replica set, with user and password. `Display`
/// and `Debug` show hosts and ports only.
#[derive(Clone)]
pub(crate) struct Address {
    parsed: ConnectionString,
    hosts: String,
}

impl Address {
    /// Reads an address. The error shows nothing of it: the driver's own words may quote a
    /// password.
    pub(crate) fn parse(url: &str) -> Result<Self, Failure> {
        if url.starts_with("mongodb+srv:") {
            return Err(Failure::new(format!(
                "an address of the form mongodb+srv:// needs a look-up that hardtack-mongodb does \
                 not do: write the hosts that its SRV record names, as {FORM}"
            )));
        }
        let parsed = ConnectionString::parse(url).map_err(|_| {
            Failure::new(format!(
                "the address of MongoDB is not understood; write it as {FORM}"
            ))
        })?;
        let HostInfo::HostIdentifiers(hosts) = &parsed.host_info else {
            return Err(Failure::new("the address of MongoDB names no host"));
        };
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let hosts = hosts.join(",");
        let acknowledgment = parsed
            .write_concern
            .as_ref()
            .and_then(|concern| concern.w.as_ref());
        if acknowledgment == Some(&Acknowledgment::Nodes(0)) {
            return Err(Failure::new(
                "the address of MongoDB says `w=0`: the server would not answer a write, and a \
                 lost session would pass for a saved one. Leave it out",
            ));
        }
        Ok(Self { parsed, hosts })
    }

    /// Returns the database that the address names.
    pub(crate) fn database(&self) -> Option<&str> {
        self.parsed.default_database.as_deref()
    }

    /// Returns the acknowledgment that the address asks for; the majority without one.
    pub(crate) fn acknowledgment(&self) -> Acknowledgment {
        let concern = self.parsed.write_concern.as_ref();
        let acknowledgment = concern.and_then(|concern| concern.w.clone());
        acknowledgment.unwrap_or(Acknowledgment::Majority)
    }

    /// Creates the driver's client, which connects by itself, on the runtime of the caller.
    pub(crate) async fn client(&self, limit: Duration) -> Result<Client, error::Error> {
        let mut options = ClientOptions::parse(self.parsed.clone()).await?;
        // A little earlier than the operation: the driver's error says what is wrong with a server.
        options.server_selection_timeout = Some(limit.mul_f32(0.9));
        options.connect_timeout = Some(limit);
        let mut concern = self.parsed.write_concern.clone().unwrap_or_default();
        concern.w = Some(self.acknowledgment());
        options.write_concern = Some(concern);
        // A secondary may have an older session, or none yet.
        options.selection_criteria =
            Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        options.read_concern = Some(ReadConcern::local());
        Client::with_options(options)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hosts)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
