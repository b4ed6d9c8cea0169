//! Errors say what to do, and show no session.
