//! URLs of one file that need no key: their signature is made with the signing key
//! of the sandbox, by whoever has that key, and checked by the proxy.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use sha2::Sha256;

/// Version of the scheme, with which every signature starts.
const VERSION: &str = "v1_";

/// Query parameter with the path of the file.
pub const PATH: &str = "path";
/// Query parameter with the second from which the URL is no longer valid; 0 for never.
pub const EXPIRES: &str = "expires";
/// Query parameter with the signature.
pub const SIGNATURE: &str = "signature";

/// What a URL permits.
#[derive(Clone, Copy, Debug)]
pub struct Permission<'a> {
    /// `GET` to read the file, `POST` to write it.
    pub method: &'a Method,
    /// Path of the file, as in the query before it is encoded.
    pub path: &'a str,
    /// Seconds since 1970 from which it is no longer valid; 0 for never.
    pub expires: u64,
}

impl Permission<'_> {
    /// Returns the signature, for the query parameter [`SIGNATURE`].
    #[must_use]
    pub fn sign(&self, key: &str) -> String {
        let code = self.authenticate(key).map(|code| code.finalize().into_bytes());
        format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(code.unwrap_or_default()))
    }

    /// Returns whether a signature was made with this key. Compares in constant time.
    #[must_use]
    pub fn is_signed(&self, key: &str, signature: &str) -> bool {
        let given = signature.strip_prefix(VERSION).and_then(|code| URL_SAFE_NO_PAD.decode(code).ok());
        match (given, self.authenticate(key)) {
            (Some(given), Some(code)) => code.verify_slice(&given).is_ok(),
            _ => false,
        }
    }

    /// Returns whether it is still valid at a second since 1970.
    #[must_use]
    pub fn is_valid_at(&self, second: u64) -> bool {
        self.expires == 0 || second < self.expires
    }

    /// `None` for an empty key: everybody could sign with it.
    fn authenticate(&self, key: &str) -> Option<Hmac<Sha256>> {
        let mut code = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok().filter(|_| !key.is_empty())?;
        code.update(format!("v1:files:{}:{}:{}", self.method, self.path, self.expires).as_bytes());
        Some(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_service() {
        for (method, path, expires, signature) in [
            (Method::GET, "/tmp/a b.txt", 1_800_000_000, "v1_Ryz0Y1uEWesCnS2rxraPhUAmhNB5N4Pmojja4pFSPfA"),
            (Method::POST, "out/x.bin", 0, "v1_OdblD-G7vWAJW83H_X91heBUpubV3kN_du3P_YNabpE"),
        ] {
            let permission = Permission { method: &method, path, expires };
            assert_eq!(permission.sign("demo-key"), signature);
            assert!(permission.is_signed("demo-key", signature));
        }
    }

    #[test]
    fn a_signature_permits_nothing_else() {
        let (get, post) = (Method::GET, Method::POST);
        let permission = Permission { method: &get, path: "a", expires: 5 };
        let signature = permission.sign("key");
        assert!(!permission.is_signed("other", &signature));
        for other in [
            Permission { method: &post, ..permission },
            Permission { path: "b", ..permission },
            Permission { expires: 0, ..permission },
        ] {
            assert!(!other.is_signed("key", &signature), "{other:?}");
        }
        for bad in ["", "v1_", &signature[..10], &signature[3..], "v1_%%", &format!("{signature}A")] {
            assert!(!permission.is_signed("key", bad), "{bad}");
        }
        assert!(!permission.is_signed("", &permission.sign("")));
    }

    #[test]
    fn a_permission_ends_at_its_second() {
        let method = Method::GET;
        let permission = Permission { method: &method, path: "a", expires: 5 };
        assert!(permission.is_valid_at(4) && !permission.is_valid_at(5));
        assert!(Permission { expires: 0, ..permission }.is_valid_at(u64::MAX));
    }
}
