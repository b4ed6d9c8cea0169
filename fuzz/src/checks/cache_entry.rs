//! An entry of Rails' cache: read, written and read again it is the same, also with another end, and
//! with another key.

use std::time::Duration;

use hardtack::stores::{
    CacheFormatVersion, RailsCache, SessionFormat, StoredSession, StoredSessionFormat, Touch,
};
use time::OffsetDateTime;

use super::stored::{assert_comes_back, assert_same, text_of};

pub(super) fn check(data: &[u8]) {
    let read = |bytes: &[u8]| StoredSession::read_as(StoredSessionFormat::RailsCache, bytes);
    assert_comes_back(data, read);
    let Some(stored) = read(data) else {
        return;
    };
    let format = RailsCache::new(CacheFormatVersion::V7_1);
    let (now, hour) = (OffsetDateTime::UNIX_EPOCH, Duration::from_secs(3600));
    let entry = data.to_vec().into();
    if let Touch::Rewrite(touched) = format.touch(stored.session(), &entry, Some(hour), now) {
        let touched = read(&touched).expect("an entry with another end");
        let is_bare = stored.to_string().contains("without an entry");
        assert_eq!(touched.expires_at(), (!is_bare).then_some(now + hour));
        assert_same(&text_of(&stored), &text_of(&touched));
    }
}
