//! [`CookieMetrics`]: counters of incoming cookies and of stores, for exporters of the `metrics`
//! crate.

use std::borrow::Cow;
use std::time::Duration;

use metrics::{SharedString, Unit, counter, describe_counter, describe_histogram, histogram};

use super::observer::Observer;
use super::store_operation::{Lookup, StoreOperation, StoreOutcome};
use crate::error::Refusal;
use crate::message::sealed_by::SealedBy;

const OPENED: &str = "hardtack_cookies_opened_total";
const REFUSED: &str = "hardtack_cookies_refused_total";
const LOOKUPS: &str = "hardtack_store_lookups_total";
const OPERATIONS: &str = "hardtack_store_operations_total";
const CONFLICTS: &str = "hardtack_store_conflicts_total";
const REVERTS: &str = "hardtack_store_reverts_total";
const DURATION: &str = "hardtack_store_operation_duration_seconds";

/// The value of a label that does not apply, such as the cipher of a signed cookie.
const NONE: &str = "none";

/// Counts incoming cookies, and the work of a store of sessions, for the installed exporter of the
/// [`metrics`] crate (feature `metrics`).
///
/// | metric | labels |
/// | --- | --- |
/// | `hardtack_cookies_opened_total` | `cookie`, `jar`, `rotation` (`current`, or its index from `0` on), `cipher`, `key_digest`, `hmac_digest`, `serializer` |
/// | `hardtack_cookies_refused_total` | `cookie`, `reason` (as [`Refusal::name`]) |
/// | `hardtack_store_lookups_total` | `cookie`, `outcome` (as [`Lookup::name`]) |
/// | `hardtack_store_operations_total` | `cookie`, `operation` and `outcome` (as [`StoreOperation::name`] and [`StoreOutcome::name`]) |
/// | `hardtack_store_conflicts_total`, the keys that two requests changed at once | `cookie` |
/// | `hardtack_store_reverts_total`, the saved keys that were found with their former values | `cookie` |
/// | `hardtack_store_operation_duration_seconds`, a histogram | `cookie`, `operation` |
///
/// A label that does not apply to a cookie is `none`. `cookie` is a name that the app asks for; no
/// name is taken from a request.
///
/// ```
/// use hardtack::CookieStore;
/// use hardtack::observe::CookieMetrics;
///
/// let store = CookieStore::ephemeral("_shop_session")?
///     .observer(CookieMetrics::new());
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CookieMetrics;

impl CookieMetrics {
    /// Creates the observer, and describes its metrics to the exporter installed so far (example:
    /// at [`CookieMetrics`]).
    #[must_use]
    pub fn new() -> Self {
        describe_counter!(
            OPENED,
            "Sealed cookies that opened, by what they were sealed with."
        );
        describe_counter!(REFUSED, "Sealed cookies that did not open, by the reason.");
        describe_counter!(LOOKUPS, "Session ids that were looked up in the store.");
        describe_counter!(OPERATIONS, "Operations of the store of sessions.");
        describe_counter!(
            CONFLICTS,
            "Keys that two requests changed at once; the later save counts."
        );
        describe_counter!(
            REVERTS,
            "Saved keys that were found with their former values again."
        );
        describe_histogram!(
            DURATION,
            Unit::Seconds,
            "The time of an operation of the store of sessions."
        );
        Self
    }
}

impl Default for CookieMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for CookieMetrics {
    fn opened(&self, cookie: &str, how: &SealedBy) {
        counter!(
            OPENED,
            "cookie" => cookie.to_owned(),
            "jar" => how.jar.name(),
            "rotation" => rotation(how.rotation),
            "cipher" => how.cipher.map_or(NONE, |cipher| cipher.name()),
            "key_digest" => how.key_digest.map_or(NONE, |digest| digest.name()),
            "hmac_digest" => how.hmac_digest.map_or(NONE, |digest| digest.name()),
            "serializer" => how.serializer.name(),
        )
        .increment(1);
    }

    fn refused(&self, cookie: &str, refusal: Refusal) {
        counter!(REFUSED, "cookie" => cookie.to_owned(), "reason" => refusal.name()).increment(1);
    }

    fn looked_up(&self, cookie: &str, lookup: Lookup) {
        counter!(LOOKUPS, "cookie" => cookie.to_owned(), "outcome" => lookup.name()).increment(1);
    }

    fn store_answered(
        &self,
        cookie: &str,
        operation: StoreOperation,
        outcome: StoreOutcome,
        duration: Duration,
    ) {
        counter!(
            OPERATIONS,
            "cookie" => cookie.to_owned(),
            "operation" => operation.name(),
            "outcome" => outcome.name(),
        )
        .increment(1);
        histogram!(DURATION, "cookie" => cookie.to_owned(), "operation" => operation.name())
            .record(duration);
    }

    fn conflicted(&self, cookie: &str, keys: usize) {
        counter!(CONFLICTS, "cookie" => cookie.to_owned()).increment(keys as u64);
    }

    fn reverted(&self, cookie: &str, keys: usize) {
        counter!(REVERTS, "cookie" => cookie.to_owned()).increment(keys as u64);
    }
}

/// Names the common indexes without allocating: hardly any app has more than three rotations.
fn rotation(index: Option<usize>) -> SharedString {
    let text = match index {
        None => Cow::Borrowed("current"),
        Some(0) => Cow::Borrowed("0"),
        Some(1) => Cow::Borrowed("1"),
        Some(2) => Cow::Borrowed("2"),
        Some(index) => Cow::Owned(index.to_string()),
    };
    text.into()
}
