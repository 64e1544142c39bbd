//! The records of sandboxes that outlive the server, in files beside theirs.

use std::collections::HashMap;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daytona_api::control_plane::sandbox::{Sandbox, SandboxState};
use daytona_sandbox_init::remove_tree;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::registry::{Entry, Registry};
use super::samples::Samples;
use crate::control_plane::preview::previews::Previews;
use crate::control_plane::sandbox_token::SandboxToken;
use crate::control_plane::signed_url::SigningKey;

/// The name of a record in the folder of its sandbox.
const RECORD: &str = "sandbox.json";

/// What is kept of a sandbox.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    sandbox: Sandbox,
    host_id: Option<u32>,
    signing_key: String,
    /// Time of the last change of state.
    since: Timestamp,
}

impl Record {
    fn of(entry: &Entry) -> Self {
        Self {
            sandbox: entry.sandbox.clone(),
            host_id: entry.host_id,
            signing_key: entry.signing_key.expose().to_owned(),
            since: wall_clock(entry.since),
        }
    }

    fn into_entry(self) -> io::Result<Entry> {
        let last_activity = self.sandbox.last_activity_at.as_deref().and_then(|time| time.parse().ok());
        Ok(Entry {
            last_activity: monotonic(last_activity.unwrap_or(self.since)),
            since: monotonic(self.since),
            sandbox: self.sandbox,
            host_id: self.host_id,
            signing_key: SigningKey::new(self.signing_key),
            token: SandboxToken::random()?,
            previews: Previews::default(),
            running: None,
            open_requests: 0,
            is_saved: false,
            samples: Samples::default(),
        })
    }
}

/// Keeps the records of sandboxes in the folder of their files.
#[derive(Debug)]
pub(in crate::control_plane) struct Store {
    sandboxes: PathBuf,
    /// Held while records are written: a newer one must not be replaced by an older one.
    writing: Mutex<()>,
}

impl Store {
    /// A store in the folder with a folder for each sandbox.
    pub(in crate::control_plane) fn new(sandboxes: PathBuf) -> Self {
        Self { sandboxes, writing: Mutex::new(()) }
    }

    /// Writes the records of all sandboxes that have changed since they were written.
    ///
    /// # Errors
    /// When a file cannot be written, for example because the disk is full. It is
    /// written the next time.
    pub(in crate::control_plane) async fn save(&self, registry: &Registry) -> io::Result<()> {
        let _writing = self.writing.lock().await;
        let changed = take_changed(registry);
        if changed.is_empty() {
            return Ok(());
        }
        let sandboxes = self.sandboxes.clone();
        let written = tokio::task::spawn_blocking(move || write_all(&sandboxes, changed));
        let failed = written.await.map_err(io::Error::other)?;
        let mut entries = registry.lock();
        let mut result = Ok(());
        for (id, error) in failed {
            if let Some(entry) = entries.by_id_mut(&id) {
                entry.is_saved = false;
                result = Err(error);
            }
        }
        result
    }

    /// Reads the records of an earlier server. A folder without a record is one whose
    /// creation or removal was not completed; it is removed.
    ///
    /// # Errors
    /// When a folder or a record cannot be read.
    pub(in crate::control_plane) fn load(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for folder in fs::read_dir(&self.sandboxes)? {
            let folder = folder?.path();
            match fs::read(folder.join(RECORD)) {
                Ok(text) => {
                    let record: Record =
                        serde_json::from_slice(&text).map_err(|error| unreadable(&folder, &error))?;
                    entries.push(record.into_entry()?);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => remove_tree(&folder)?,
                Err(error) => return Err(unreadable(&folder, &error)),
            }
        }
        Ok(entries)
    }
}

fn unreadable(folder: &Path, error: &dyn std::fmt::Display) -> io::Error {
    let record = folder.join(RECORD);
    let message = format!(
        "cannot read {}: {error}. Move the folder away to start without this sandbox",
        record.display()
    );
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// The records that have not been written.
fn take_changed(registry: &Registry) -> HashMap<String, Record> {
    let mut entries = registry.lock();
    let unsaved =
        entries.iter_mut().filter(|entry| !entry.is_saved && entry.sandbox.state != SandboxState::Creating);
    unsaved
        .map(|entry| {
            entry.is_saved = true;
            (entry.sandbox.id.clone(), Record::of(entry))
        })
        .collect()
}

/// Writes records, and returns the failures.
fn write_all(sandboxes: &Path, records: HashMap<String, Record>) -> Vec<(String, io::Error)> {
    let write =
        |(id, record)| write_record(&sandboxes.join(&id), RECORD, &record).err().map(|error| (id, error));
    records.into_iter().filter_map(write).collect()
}

/// Replaces a record in a folder: a reader finds the old or the new one, also after a crash.
/// Does nothing when the folder was deleted meanwhile.
///
/// # Errors
/// When the file cannot be written.
pub(in crate::control_plane) fn write_record(
    folder: &Path,
    name: &str,
    record: &impl Serialize,
) -> io::Result<()> {
    let part = folder.join(format!("{name}.part"));
    // That of a sandbox contains its environment, which may hold secrets.
    let mut file = match OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(&serde_json::to_vec(record)?)?;
    file.sync_all()?;
    match fs::rename(&part, folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        renamed => renamed,
    }
}

/// The time of day of a point in time.
fn wall_clock(time: Instant) -> Timestamp {
    let elapsed = time.elapsed();
    Timestamp::now().checked_sub(elapsed).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The point in time of a time of day; now when it is in the future, because the clock
/// was changed.
fn monotonic(time: Timestamp) -> Instant {
    let now = Instant::now();
    let elapsed = Duration::try_from(Timestamp::now().duration_since(time)).unwrap_or_default();
    now.checked_sub(elapsed).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_kept_across_servers() {
        let hour_ago = Timestamp::now().checked_sub(Duration::from_secs(3600)).unwrap();
        let elapsed = monotonic(hour_ago).elapsed().as_secs();
        assert!((3600..3660).contains(&elapsed), "{elapsed}");
        let difference = wall_clock(monotonic(hour_ago)).duration_since(hour_ago);
        assert!(difference.abs().as_secs() < 60, "{difference}");
        let future = Timestamp::now().checked_add(Duration::from_secs(3600)).unwrap();
        assert!(monotonic(future).elapsed().as_secs() < 60);
    }
}
