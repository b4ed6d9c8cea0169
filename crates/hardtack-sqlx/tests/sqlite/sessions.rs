//! Sessions of requests, through the library.
