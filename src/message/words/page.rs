//! What status pages that others keep say of a window where no message of an audience does.

use super::super::text::one_line;

/// Every item is done, and somebody looks whether all is well.
pub const PAGE_VERIFYING: &str = "The work is done; we are checking that everything is well.";
/// Back to work.
pub const PAGE_RESUMED: &str = "The work goes on.";
/// Released from a hold.
pub const PAGE_RELEASED: &str = "This maintenance is no longer on hold.";
/// It touches nothing any more that the page is about.
pub const PAGE_LEFT_OUT: &str = "Cancelled: this maintenance no longer touches what is shown here.";
/// An entry of ours whose window nobody knows.
pub const PAGE_UNKNOWN: &str = "Cancelled: this maintenance is not planned any more.";

/// A phase that does not start for the time being.
#[must_use]
pub fn page_held(reason: &str) -> String {
    let reason = one_line(reason);
    let because = if reason.is_empty() { String::new() } else { format!(" Reason: {reason}") };
    format!("This maintenance is on hold: it does not begin until we say so.{because}")
}
