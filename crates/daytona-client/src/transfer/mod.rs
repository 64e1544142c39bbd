//! Uploads and downloads of files.

pub(crate) mod body_stream;
mod bulk;
pub(crate) mod content;
pub(crate) mod download;
pub(crate) mod download_stream;
pub(crate) mod failure;
mod local_error;
pub(crate) mod local_source;
mod local_target;
pub(crate) mod memory;
pub(crate) mod parts;
mod pieces;
mod progress;
mod room;
pub(crate) mod upload;
pub(crate) mod upload_stream;
