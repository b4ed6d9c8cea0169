//! hardtack's sessions, in the format and by the way to write that a contender's name says.

use std::error::Error;
use std::time::Duration;

use hardtack::ServerSessions;
use hardtack::stores::{CacheFormatVersion, ConflictPolicy, RailsCache, StoredJson};
use hardtack_redis::RedisStore;

pub(super) fn hardtack_sessions(
    format: &str,
    way: &[&str],
    redis: &str,
) -> Result<ServerSessions, Box<dyn Error>> {
    const NAME: &str = "_session_id";
    const DAY: Duration = Duration::from_hours(24);
    let store = RedisStore::new(redis)?;
    let sessions = match format {
        "StoredJson" => ServerSessions::new(StoredJson, store, NAME),
        // As the Rails in the same run writes them. Like the other crates, it extends a session's
        // life when it writes the session.
        "RailsCache" => {
            let format = RailsCache::new(CacheFormatVersion::V6_1)
                .expires_in(DAY)
                .touch_after(DAY);
            ServerSessions::new(format, store, NAME)
        }
        _ => return Err("no such format".into()),
    };
    match way {
        [] => Ok(sessions),
        ["Overwrite"] => Ok(sessions.conflicts(ConflictPolicy::Overwrite)),
        _ => Err("no such way to write".into()),
    }
}
