//! The check of the table.
