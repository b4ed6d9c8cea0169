//! Sessions of [hardtack](https://docs.rs/hardtack) in a table of Postgres, MySQL, MariaDB or SQLite.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod check;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod driver;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod failure;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod held;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod operation;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod sql_store;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod statements;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod sweep;

#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
pub use check::{Check, Warning};
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
pub use sql_store::SqlStore;
