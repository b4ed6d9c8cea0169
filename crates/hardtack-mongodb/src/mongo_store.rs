//! [`MongoStore`]: a store of sessions in MongoDB.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, Saved, SessionStore, StoreError, When};
use mongodb::bson::{Bson, DateTime, Document, RawBson, RawDocumentBuf, doc};
use mongodb::options::IndexOptions;
use mongodb::{Client, Collection, IndexModel};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::address::Address;
use crate::check::{Check, check};
use crate::failure::Failure;
use crate::session_value::{Shape, bytes_of, value_of, value_of_version, version_of};
use crate::statement::{Times, ended, live, unchanged};

const TIME_LIMIT: Duration = Duration::from_secs(1);

/// The longest time limit: tokio's clock does not reach much further.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The tries of a save that wants no entry, while entries come and end between its commands.
const TRIES: usize = 3;

/// Keeps sessions in MongoDB, as connect-mongo 4 to 6 does (example: at [the crate](crate)).
///
/// Clones share their connections. `Debug` shows hosts and ports, without user and password.
#[derive(Clone)]
pub struct MongoStore {
    address: Arc<Address>,
    client: Arc<OnceCell<Client>>,
    database: String,
    collection: String,
    shape: Shape,
    times: Times,
    limit: Duration,
}

impl MongoStore {
    /// Creates a store on a server or a replica set, and connects when it is first used.
    ///
    /// The address is that of connect-mongo's `mongoUrl`:
    /// `mongodb://user:password@host:port,host:port/database?replicaSet=name`. Special characters
    /// of the password are written as `%XX`. Without a database it is `test`, as in Node's driver.
    /// `tls=true` trusts Mozilla's certificates, and `tlsCAFile=` those of a file in their place.
    /// `mongodb+srv://` is not supported.
    ///
    /// ```
    /// use hardtack_mongodb::MongoStore;
    ///
    /// let store = MongoStore::new("mongodb://shop:wordpass@10.0.0.5:27017/shop")?;
    /// assert!(format!("{store:?}").contains("10.0.0.5:27017"));
    /// assert!(!format!("{store:?}").contains("wordpass"));
    /// assert!(MongoStore::new("10.0.0.5:27017").is_err());
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// The address is not understood, or asks for writes that are not acknowledged (`w=0`). The
    /// error does not show it.
    pub fn new(address: impl AsRef<str>) -> Result<Self, StoreError> {
        let address = Address::parse(address.as_ref())?;
        Ok(Self {
            database: address.database().unwrap_or("test").to_owned(),
            address: Arc::new(address),
            client: Arc::default(),
            collection: "sessions".to_owned(),
            shape: Shape::Text,
            times: Times::default(),
            limit: TIME_LIMIT,
        })
    }

    /// Sets the database (`dbName` of connect-mongo) in place of the address's.
    ///
    /// ```
    /// # use hardtack_mongodb::MongoStore;
    /// let store = MongoStore::new("mongodb://localhost")?.database("shop");
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = name.into();
        self
    }

    /// Sets the collection (`collectionName` of connect-mongo); `sessions` by default.
    ///
    /// ```
    /// # use hardtack_mongodb::MongoStore;
    /// let store = MongoStore::new("mongodb://localhost/shop")?.collection("logins");
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn collection(mut self, name: impl Into<String>) -> Self {
        self.collection = name.into();
        self
    }

    /// Keeps sessions as documents: `stringify: false` of connect-mongo.
    ///
    /// The session's format still reads and writes JSON. `cookie.expires` is a Date in MongoDB.
    /// Other values that JSON has no form for are seen as extended JSON, `{"$date": ..}` or
    /// `{"$oid": ..}`, and come back as they were: dates, object ids, 64-bit and decimal numbers. A
    /// session with another type of MongoDB's, such as binary data, cannot be read, and is left as
    /// it is. A session that is kept as text is read, too.
    ///
    /// ```
    /// # use hardtack_mongodb::MongoStore;
    /// let store = MongoStore::new("mongodb://localhost/shop")?.documents();
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn documents(mut self) -> Self {
        self.shape = Shape::Document;
        self
    }

    /// Sets `touchAfter` of connect-mongo: a request that only reads leaves the life of a session
    /// as it is, while `lastModified` is younger than this.
    ///
    /// Such a request reads `lastModified` in a command of its own, which takes the place of a
    /// write.
    ///
    /// ```
    /// # use hardtack_mongodb::MongoStore;
    /// use std::time::Duration;
    ///
    /// let day = Duration::from_secs(24 * 3600);
    /// let store = MongoStore::new("mongodb://localhost/shop")?.touch_after(day);
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn touch_after(mut self, age: Duration) -> Self {
        self.times.touch_after = (!age.is_zero()).then_some(age);
        self
    }

    /// Writes `createdAt` and `updatedAt`: `timestamps: true` of connect-mongo 6.
    ///
    /// ```
    /// # use hardtack_mongodb::MongoStore;
    /// let store = MongoStore::new("mongodb://localhost/shop")?.timestamps();
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn timestamps(mut self) -> Self {
        self.times.has_timestamps = true;
        self
    }

    /// Sets how long an operation may take, connecting included; 1 s by default, at most a day.
    ///
    /// Call it before the store is used: the connections keep the limit that it had then.
    ///
    /// ```
    /// # use hardtack_mongodb::MongoStore;
    /// use std::time::Duration;
    ///
    /// let limit = Duration::from_millis(250);
    /// let store = MongoStore::new("mongodb://localhost")?.time_limit(limit);
    /// # Ok::<(), hardtack::stores::StoreError>(())
    /// ```
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit.min(LONGEST);
        self
    }

    /// Connects, and checks that sessions end and outlive a failover.
    ///
    /// Call it when the program starts, and show the warnings to the operator. The whole check ends
    /// within the time limit.
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), hardtack::stores::StoreError> {
    /// let store = hardtack_mongodb::MongoStore::new("mongodb://localhost/shop")?;
    /// for warning in store.check().await?.warnings {
    ///     eprintln!("{warning}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// No server can be reached, the login is refused, or the user may not read the indexes.
    pub async fn check(&self) -> Result<Check, StoreError> {
        let checked = async { check(&self.address, &self.connected().await?).await };
        Ok(self.in_time("the check", checked).await?)
    }

    /// Creates the index by which MongoDB deletes sessions whose time has passed, as connect-mongo
    /// does when it starts (`autoRemove: 'native'`). An index that is there already is left.
    ///
    /// MongoDB deletes once a minute; until then an ended session counts as absent.
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), hardtack::stores::StoreError> {
    /// let store = hardtack_mongodb::MongoStore::new("mongodb://localhost/shop")?;
    /// store.create_index().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] if the server could not be reached, or refuses: the user lacks the right, or
    /// `expires` has an index of another kind.
    pub async fn create_index(&self) -> Result<(), StoreError> {
        let options = IndexOptions::builder().expire_after(Duration::ZERO).build();
        let index = IndexModel::builder()
            .keys(doc! { "expires": 1 })
            .options(options)
            .build();
        let created = async {
            let collection = self.connected().await?;
            let created = collection.create_index(index).await;
            created.map_err(|error| self.failure("createIndexes", &error))
        };
        self.in_time("createIndexes", created).await?;
        Ok(())
    }

    /// Deletes the sessions whose time has passed, and returns their number: a run of
    /// `autoRemove: 'interval'`, for a collection without the index.
    ///
    /// It may take long on many sessions, and has no time limit of its own.
    ///
    /// ```no_run
    /// # async fn sweep() -> Result<(), hardtack::stores::StoreError> {
    /// let store = hardtack_mongodb::MongoStore::new("mongodb://localhost/shop")?;
    /// println!("{} sessions have ended", store.delete_expired().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] if the server could not delete. Some sessions may have been deleted.
    pub async fn delete_expired(&self) -> Result<u64, StoreError> {
        let filter = doc! { "expires": { "$lt": DateTime::now() } };
        let collection = self.connected().await?;
        let deleted = collection.delete_many(filter).await;
        let deleted = deleted.map_err(|error| self.failure("delete", &error))?;
        Ok(deleted.deleted_count)
    }

    /// Returns the collection. The driver connects at the first command.
    async fn connected(&self) -> Result<Collection<RawDocumentBuf>, Failure> {
        let client = self
            .client
            .get_or_try_init(|| self.address.client(self.limit));
        let client = client
            .await
            .map_err(|error| self.failure("connecting", &error))?;
        Ok(client.database(&self.database).collection(&self.collection))
    }

    /// Ends an operation when its time is over.
    async fn in_time<T>(
        &self,
        what: &str,
        operation: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, Failure> {
        match timeout(self.limit, operation).await {
            Ok(result) => result,
            Err(_) => Err(Failure::timed_out(&self.address.to_string(), what)),
        }
    }

    fn failure(&self, what: &str, error: &mongodb::error::Error) -> Failure {
        Failure::of(&self.address.to_string(), what, error)
    }

    async fn find(&self, filter: Document) -> Result<Option<RawDocumentBuf>, Failure> {
        let found = self.connected().await?.find_one(filter).await;
        found.map_err(|error| self.failure("find", &error))
    }

    async fn entry(&self, key: &str) -> Result<Option<Entry>, Failure> {
        let Some(document) = self.find(live(key, DateTime::now())).await? else {
            return Ok(None);
        };
        let value = document.get("session").ok().flatten().ok_or_else(|| {
            Failure::new(
                "a document in MongoDB has no member `session`: connect-mongo did not write it",
            )
        })?;
        Ok(Some(Entry {
            bytes: bytes_of(value, self.shape)?,
            version: version_of(value),
        }))
    }

    /// Sends an update of one document, and returns whether a document was found or inserted.
    async fn update(
        &self,
        filter: Document,
        update: Document,
        is_upsert: bool,
    ) -> Result<bool, Failure> {
        let collection = self.connected().await?;
        let sent = collection.update_one(filter, update);
        let sent = if is_upsert { sent.upsert(true) } else { sent };
        let result = sent.await.map_err(|error| self.failure("update", &error))?;
        Ok(result.matched_count > 0 || result.upserted_id.is_some())
    }

    async fn write(
        &self,
        key: &str,
        value: Bson,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, Failure> {
        let version = RawBson::try_from(value.clone()).ok();
        let version = version.map(|raw| version_of(raw.as_raw_bson_ref()));
        for _ in 0..TRIES {
            let now = DateTime::now();
            let filter = match when {
                When::Always => Some(doc! { "_id": key }),
                When::Present => Some(live(key, now)),
                When::Absent => Some(ended(key, now)),
                When::Unchanged(version) => {
                    value_of_version(version.as_bytes()).map(|value| unchanged(key, now, value))
                }
            };
            if let Some(filter) = filter {
                let update = self.times.write(key, value.clone(), now, ttl);
                let is_upsert = matches!(when, When::Always | When::Absent);
                match self.update(filter, update, is_upsert).await {
                    Ok(true) => return Ok(Saved::Done(version)),
                    Ok(false) => {}
                    Err(failure) if is_upsert && failure.is_duplicate() => {}
                    Err(failure) => return Err(failure),
                }
            }
            match (when, self.entry(key).await?) {
                (When::Present | When::Unchanged(_), None) => return Ok(Saved::Gone),
                (When::Absent | When::Unchanged(_), Some(entry)) => {
                    return Ok(Saved::Conflict(entry));
                }
                // Another save, or the end of an entry, came between the commands.
                _ => {}
            }
        }
        Err(Failure::new(format!(
            "a session in MongoDB at {} was written and deleted by others at each of {TRIES} tries \
             to save it: it is not saved",
            self.address
        )))
    }

    async fn extend(&self, key: &str, ttl: Option<Duration>) -> Result<bool, Failure> {
        let now = DateTime::now();
        let mut has_last_modified = false;
        if ttl.is_none() || self.times.touch_after.is_some() {
            let Some(found) = self.find(live(key, now)).await? else {
                return Ok(false);
            };
            if let Ok(last_modified) = found.get_datetime("lastModified") {
                if self.times.is_young(last_modified, now) {
                    return Ok(true);
                }
                has_last_modified = true;
            }
        }
        let Some(ttl) = ttl else { return Ok(true) };
        let update = self.times.touch(now, ttl, has_last_modified);
        self.update(live(key, now), update, false).await
    }

    async fn remove(&self, key: &str, when: &When) -> Result<bool, Failure> {
        let now = DateTime::now();
        let filter = match when {
            // An ended entry, too: its time may not have passed by another clock.
            When::Always => doc! { "_id": key },
            When::Present => live(key, now),
            When::Absent => return Ok(false),
            When::Unchanged(version) => match value_of_version(version.as_bytes()) {
                Some(value) => unchanged(key, now, value),
                None => return Ok(false),
            },
        };
        let deleted = self.connected().await?.delete_one(filter).await;
        let deleted = deleted.map_err(|error| self.failure("delete", &error))?;
        Ok(deleted.deleted_count > 0)
    }
}

impl SessionStore for MongoStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.in_time("find", self.entry(key)).await?)
    }

    /// Sends one command, and a second one if a condition does not hold. The driver sends a write
    /// again after a failover; the server knows it by its number, and executes it once.
    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        let value = value_of(&bytes, self.shape)?;
        let written = self.write(key, value, ttl, when);
        Ok(self.in_time("update", written).await?)
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        Ok(self.in_time("update", self.extend(key, ttl)).await?)
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        Ok(self.in_time("delete", self.remove(key, when)).await?)
    }
}

impl fmt::Debug for MongoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoStore")
            .field("servers", &self.address)
            .field("database", &self.database)
            .field("collection", &self.collection)
            .field("time_limit", &self.limit)
            .finish_non_exhaustive()
    }
}
