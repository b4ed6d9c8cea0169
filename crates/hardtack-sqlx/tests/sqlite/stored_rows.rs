//! The recorded rows of activerecord-session_store.
