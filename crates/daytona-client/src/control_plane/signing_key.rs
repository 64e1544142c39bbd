//! The signing key of a sandbox, as received from the service.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::SecretString;

/// How long a key is used before it is requested again: another client may replace it.
const LIFETIME: Duration = Duration::from_secs(15);

/// The signing key of a sandbox and when it was received, if it is known.
#[derive(Default)]
pub(super) struct CachedSigningKey(Mutex<Option<(SecretString, Instant)>>);

impl CachedSigningKey {
    /// Returns the key, unless it has to be requested again.
    pub(super) fn get(&self) -> Option<SecretString> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(_, received)| received.elapsed() < LIFETIME).map(|(key, _)| key.clone())
    }

    /// Keeps a key that was just received.
    pub(super) fn set(&self, key: SecretString) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, Instant::now()));
    }

    /// Forgets the key.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
