//! The column of a table of activerecord-session_store: base64 or JSON, read, written and read again.

use hardtack::stores::{StoredSession, StoredSessionFormat};

use super::stored::assert_comes_back;

pub(super) fn check(data: &[u8]) {
    assert_comes_back(data, |bytes| {
        StoredSession::read_as(StoredSessionFormat::RailsRow, bytes)
    });
}
