//! URLs of files that need no key.

use std::time::{SystemTime, UNIX_EPOCH};

use daytona_api::Operation;
use daytona_api::control_plane::sandbox::{ROTATE_SIGNING_KEY, SIGNING_KEY};
use daytona_api::toolbox::files;
use daytona_api::toolbox::signed_url::{EXPIRES, PATH, Permission, SIGNATURE};
use secrecy::{ExposeSecret as _, SecretString};

use super::sandbox::Sandbox;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind};
use crate::transport::response::Response;

/// How long a URL is valid unless the caller says otherwise.
const DEFAULT_LIFETIME: f64 = 3600.0;

impl Sandbox {
    /// Returns a URL that reads a file with `GET` and no key. It is valid for this many
    /// seconds, an hour by default; for 0 and less without end. Requests the signing key
    /// when it is not known: `GET /sandbox/{id}/signing-key`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for a time that is not a finite number, and the
    /// errors of every call to the control plane.
    pub async fn download_url(
        &self,
        path: &str,
        lifetime: Option<f64>,
        deadline: Deadline,
    ) -> Result<String, Error> {
        self.signed_url(files::DOWNLOAD.operation(), path, lifetime, deadline).await
    }

    /// Returns a URL that writes a file with `POST` and no key, see
    /// [`Sandbox::download_url`]. The body is a form with the field `file`, or the content.
    ///
    /// # Errors
    /// The errors of [`Sandbox::download_url`].
    pub async fn upload_url(
        &self,
        path: &str,
        lifetime: Option<f64>,
        deadline: Deadline,
    ) -> Result<String, Error> {
        self.signed_url(files::UPLOAD_V2.operation(), path, lifetime, deadline).await
    }

    /// Replaces the signing key, so that no URL of before is valid any more:
    /// `POST /sandbox/{id}/signing-key/rotate`.
    ///
    /// # Errors
    /// The errors of every call to the control plane.
    pub async fn rotate_signing_key(&self, deadline: Deadline) -> Result<(), Error> {
        let response = self.call(&ROTATE_SIGNING_KEY).fetch(deadline).await;
        // A request that failed may have replaced the key.
        self.cached_signing_key().clear();
        self.cached_signing_key().set(read_key(&response?)?);
        Ok(())
    }

    async fn signed_url(
        &self,
        operation: &'static Operation,
        path: &str,
        lifetime: Option<f64>,
        deadline: Deadline,
    ) -> Result<String, Error> {
        let expires = expiry(lifetime.unwrap_or(DEFAULT_LIFETIME)).ok_or_else(|| {
            let message =
                "ttlSeconds must be a finite number of seconds, or 0 for a URL that does not expire";
            Error::new(ErrorKind::InvalidArgument, format!("sign a URL for {path:?}"), message)
                .with_sandbox(self.id())
        })?;
        let key = self.signing_key(deadline).await?;
        let base = self.toolbox_base(deadline).await?;
        let signature = Permission { method: &operation.method, path, expires }.sign(key.expose_secret());
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair(PATH, path)
            .append_pair(EXPIRES, &expires.to_string())
            .append_pair(SIGNATURE, &signature)
            .finish();
        Ok(base.join(&format!("{}?{query}", operation.path)))
    }

    async fn signing_key(&self, deadline: Deadline) -> Result<SecretString, Error> {
        if let Some(key) = self.cached_signing_key().get() {
            return Ok(key);
        }
        let key = read_key(&self.call(&SIGNING_KEY).fetch(deadline).await?)?;
        self.cached_signing_key().set(key.clone());
        Ok(key)
    }
}

/// Reads a key, which is a JSON string, or the body itself.
fn read_key(response: &Response) -> Result<SecretString, Error> {
    let text = serde_json::from_slice::<String>(response.bytes());
    let text = text.unwrap_or_else(|_| String::from_utf8_lossy(response.bytes()).trim().to_owned());
    let is_key = !text.is_empty()
        && !text.contains(|character: char| character.is_whitespace() || "<{[\"".contains(character));
    if is_key { Ok(text.into()) } else { Err(response.unexpected_content("no signing key")) }
}

/// Returns the second until which a URL is valid; 0 for no end, `None` for no number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number; the cast saturates"
)]
fn expiry(lifetime: f64) -> Option<u64> {
    if !lifetime.is_finite() {
        return None;
    }
    if lifetime <= 0.0 {
        return Some(0);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Some(now.saturating_add(lifetime.floor() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_whole_seconds_or_without_end() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!((now + 60..now + 120).contains(&expiry(60.9).unwrap()));
        assert_eq!((expiry(0.0), expiry(-5.0), expiry(1e300)), (Some(0), Some(0), Some(u64::MAX)));
        assert!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into_iter().all(|bad| expiry(bad).is_none()));
    }
}
