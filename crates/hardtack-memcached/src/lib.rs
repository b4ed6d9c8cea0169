//! Sessions of [hardtack](https://docs.rs/hardtack).
