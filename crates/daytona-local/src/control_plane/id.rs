//! Ids of sandboxes, organizations and runners.

use uuid::Uuid;

/// Returns a new random id.
pub(super) fn new_id() -> String {
    Uuid::new_v4().to_string()
}
