//! Rows that have ended are deleted.
