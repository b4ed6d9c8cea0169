//! [`Check`]: what the settings of a server and a collection mean for sessions.

use std::fmt;

use hardtack::observe::Shown;
use mongodb::Collection;
use mongodb::bson::{RawDocumentBuf, doc};
use mongodb::options::Acknowledgment;

use crate::address::Address;
use crate::failure::Failure;

/// The result of [`MongoStore::check`](crate::MongoStore::check): the servers answer, and these
/// settings put sessions at risk.
///
/// ```no_run
/// # async fn start() -> Result<(), hardtack::stores::StoreError> {
/// let store = hardtack_mongodb::MongoStore::new("mongodb://localhost/shop")?;
/// assert!(store.check().await?.warnings.is_empty()); // stricter than most need
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Check {
    /// The settings to mend; empty if nothing was found.
    pub warnings: Vec<Warning>,
}

/// A setting that puts sessions at risk.
///
/// `Display` names the servers and says what to do.
///
/// ```
/// use hardtack_mongodb::Warning;
///
/// let (servers, collection) = ("10.0.0.5:27017".to_owned(), "sessions".to_owned());
/// let warning = Warning::NothingExpires { servers, collection };
/// assert!(warning.to_string().contains("MongoStore::create_index"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The collection has no TTL index on `expires`: MongoDB does not delete ended sessions.
    NothingExpires {
        /// Hosts and ports of the servers.
        servers: String,
        /// The collection.
        collection: String,
    },
    /// The collection's TTL index on `expires` deletes later than at that time.
    ExpiresLate {
        /// Hosts and ports of the servers.
        servers: String,
        /// The collection.
        collection: String,
        /// Its `expireAfterSeconds`.
        seconds: u64,
    },
    /// The address asks for an acknowledgment of one member of a replica set: a failover may undo
    /// what it acknowledged, logouts too.
    LostAtFailover {
        /// Hosts and ports of the servers.
        servers: String,
        /// The name of the replica set.
        replica_set: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingExpires {
                servers,
                collection,
            } => write!(
                f,
                "the collection `{collection}` of MongoDB at {servers} has no TTL index on \
                 `expires`: ended sessions stay. Call `MongoStore::create_index`, or let \
                 connect-mongo create it (`autoRemove: 'native'`)"
            ),
            Self::ExpiresLate {
                servers,
                collection,
                seconds,
            } => write!(
                f,
                "the TTL index on `expires` of the collection `{collection}` of MongoDB at \
                 {servers} has `expireAfterSeconds: {seconds}`: ended sessions stay for as long. \
                 connect-mongo creates it with 0"
            ),
            Self::LostAtFailover {
                servers,
                replica_set,
            } => write!(
                f,
                "the address of MongoDB at {servers} says `w=1`, and the replica set \
                 `{replica_set}` may undo such a write at a failover, a logout too. Leave it out, \
                 or say `w=majority`"
            ),
        }
    }
}

/// Asks the primary for the settings.
pub(crate) async fn check(
    address: &Address,
    collection: &Collection<RawDocumentBuf>,
) -> Result<Check, Failure> {
    let servers = address.to_string();
    let admin = collection.client().database("admin");
    let hello = admin.run_command(doc! { "hello": 1 }).await;
    let hello = hello.map_err(|error| Failure::of(&servers, "hello", &error))?;
    let mut warnings = Vec::new();
    if let (Ok(replica_set), Acknowledgment::Nodes(1)) =
        (hello.get_str("setName"), address.acknowledgment())
    {
        warnings.push(Warning::LostAtFailover {
            servers: servers.clone(),
            replica_set: Shown::new(replica_set).to_string(),
        });
    }
    let seconds = expire_after(&servers, collection).await?;
    let collection = collection.name().to_owned();
    match seconds {
        None => warnings.push(Warning::NothingExpires {
            servers,
            collection,
        }),
        Some(0) => {}
        Some(seconds) => warnings.push(Warning::ExpiresLate {
            servers,
            collection,
            seconds,
        }),
    }
    Ok(Check { warnings })
}

/// Returns the seconds that the TTL index on `expires` adds; `None` without such an index.
async fn expire_after(
    servers: &str,
    collection: &Collection<RawDocumentBuf>,
) -> Result<Option<u64>, Failure> {
    let failed = |error| Failure::of(servers, "listIndexes", &error);
    let mut cursor = match collection.list_indexes().await.map_err(failed) {
        Ok(cursor) => cursor,
        Err(failure) if failure.is_missing_collection() => return Ok(None),
        Err(failure) => return Err(failure),
    };
    while cursor.advance().await.map_err(failed)? {
        let index = cursor.deserialize_current().map_err(failed)?;
        let expire_after = index.options.and_then(|options| options.expire_after);
        let is_on_expires = index.keys.len() == 1 && index.keys.contains_key("expires");
        if let (Some(expire_after), true) = (expire_after, is_on_expires) {
            return Ok(Some(expire_after.as_secs()));
        }
    }
    Ok(None)
}
