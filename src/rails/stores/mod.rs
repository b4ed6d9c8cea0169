//! The sessions that Rails apps keep on a server: the entries of Rails' cache, and the Hash alone as
//! the gems store it.

mod base64_lines;
mod cache_entry;
mod cache_form;
pub(crate) mod rails_cache;
mod row;
pub(crate) mod stored_hash;
pub(crate) mod stored_session;
mod zlib;
