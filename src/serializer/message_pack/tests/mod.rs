//! What Rails wrote, what an attacker might, and what must hold for anything.

mod bounds;
mod extensions;
mod properties;
mod root;
mod vectors;
mod widths;
