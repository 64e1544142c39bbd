//! The body of a request, as it is sent.

use std::io;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};

/// A body of any kind.
pub(crate) type RequestBody = UnsyncBoxBody<Bytes, io::Error>;

/// A body of these bytes.
pub(crate) fn whole(bytes: Bytes) -> RequestBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}
