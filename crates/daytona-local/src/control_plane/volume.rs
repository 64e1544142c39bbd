//! Volumes: folders that several sandboxes share, and that outlive them.
//!
//! With root, sandboxes run as different users of the host. So that each can use what others
//! have written, the folder of a volume has an access control list that new files inherit.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daytona_api::control_plane::sandbox::{Sandbox, SandboxState, VolumeMount};
use daytona_api::control_plane::volume::{CreateVolume, READY, Volume};
use daytona_sandbox_init::{Isolation, VolumeBinding, remove_tree};
use http::StatusCode;
use rustix::fs::{XattrFlags, setxattr};
use rustix::process::geteuid;

use super::ControlPlane;
use super::api_failure::ApiFailure;
use super::clock::now;
use super::id::new_id;
use super::sandbox::request::check_name;
use super::sandbox::store::write_record;

/// What is in the folder of a volume.
const RECORD: &str = "volume.json";
const FILES: &str = "files";
/// The access control list that new files inherit.
const DEFAULT_ACL: &str = "system.posix_acl_default";
/// Folders of the system, where nothing is mounted.
const SYSTEM_FOLDERS: [&str; 11] =
    ["/proc", "/sys", "/dev", "/boot", "/etc", "/bin", "/sbin", "/lib", "/lib64", "/usr", "/run/daytona"];

/// The volumes of a server. Locked after the sandboxes, never before.
#[derive(Debug)]
pub(super) struct Volumes {
    folder: PathBuf,
    known: Mutex<BTreeMap<String, Volume>>,
}

impl Volumes {
    /// Volumes in a folder, which is created with the first one.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, known: Mutex::default() }
    }

    /// Adds the volumes of an earlier server. A folder without a record is one whose creation
    /// or removal was not completed; it is removed.
    ///
    /// # Errors
    /// When a folder or a record cannot be read.
    pub(super) fn load(&self) -> io::Result<()> {
        let folders = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            folders => folders?,
        };
        for folder in folders {
            let folder = folder?.path();
            match fs::read(folder.join(RECORD)) {
                Ok(text) => {
                    let volume: Volume = serde_json::from_slice(&text)?;
                    self.lock().insert(volume.id.clone(), volume);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => remove_tree(&folder)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Volume>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the mounts of a create request with the ids of their volumes.
    ///
    /// # Errors
    /// When a volume does not exist, or cannot be mounted like this.
    pub(super) fn resolve(&self, mounts: Vec<VolumeMount>) -> Result<Vec<VolumeMount>, ApiFailure> {
        let known = self.lock();
        let mut resolved: Vec<VolumeMount> = Vec::with_capacity(mounts.len());
        for mut mount in mounts {
            let given = &mount.volume_id;
            let found = known.get(given).or_else(|| known.values().find(|volume| volume.name == *given));
            let volume = found.filter(|volume| volume.state == READY);
            mount.volume_id = volume.ok_or_else(|| unknown_name(given))?.id.clone();
            check_mount(&mount)?;
            if resolved.iter().any(|other| other.mount_path == mount.mount_path) {
                let path = &mount.mount_path;
                return Err(ApiFailure::bad_request(format!("Two volumes cannot be mounted at {path}")));
            }
            resolved.push(mount);
        }
        Ok(resolved)
    }

    /// Records that a sandbox is created that uses volumes.
    ///
    /// # Errors
    /// When one was deleted meanwhile.
    pub(super) fn use_for(&self, sandbox: &Sandbox) -> Result<(), ApiFailure> {
        let mut known = self.lock();
        for mount in sandbox.volumes.iter().flatten() {
            let volume = known.get_mut(&mount.volume_id).filter(|volume| volume.state == READY);
            volume.ok_or_else(|| not_found(&mount.volume_id))?.last_used_at = Some(now());
        }
        Ok(())
    }

    /// What a sandbox mounts.
    pub(super) fn bindings(&self, sandbox: &Sandbox) -> Vec<VolumeBinding> {
        let mounts = sandbox.volumes.iter().flatten();
        let bindings = mounts.map(|mount| VolumeBinding {
            source: self.folder.join(&mount.volume_id).join(FILES),
            subpath: mount.subpath.as_deref().unwrap_or_default().into(),
            target: PathBuf::from(&mount.mount_path),
        });
        bindings.collect()
    }
}

impl ControlPlane {
    /// `GET /volumes`.
    pub(super) fn list_volumes(&self) -> Vec<Volume> {
        self.volumes.lock().values().cloned().collect()
    }

    /// `GET /volumes/{id}`.
    pub(super) fn volume(&self, id: &str) -> Result<Volume, ApiFailure> {
        self.volumes.lock().get(id).cloned().ok_or_else(|| not_found(id))
    }

    /// `GET /volumes/by-name/{name}`.
    pub(super) fn volume_by_name(&self, name: &str) -> Result<Volume, ApiFailure> {
        let known = self.volumes.lock();
        let found = known.values().find(|volume| volume.name == name).cloned();
        found.ok_or_else(|| unknown_name(name))
    }

    /// `POST /volumes`: returns the volume when it can be mounted.
    pub(super) async fn create_volume(self: &Arc<Self>, wanted: CreateVolume) -> Result<Volume, ApiFailure> {
        let (id, created) = (new_id(), now());
        let name = wanted.name.trim().to_owned();
        if name.is_empty() {
            return Err(ApiFailure::bad_request("name must not be empty"));
        }
        check_name(&name)?;
        let volume = Volume {
            id: id.clone(),
            name: name.clone(),
            organization_id: self.organization_id.clone(),
            state: READY.to_owned(),
            created_at: Some(created.clone()),
            updated_at: Some(created),
            ..Volume::default()
        };
        {
            // Reserves the name.
            let mut known = self.volumes.lock();
            if known.values().any(|other| other.name == name) {
                return Err(ApiFailure::bad_request(format!("Volume with name {name} already exists")));
            }
            known.insert(id.clone(), Volume { state: "creating".to_owned(), ..volume.clone() });
        }
        let plane = Arc::clone(self);
        self.complete(async move {
            let (folder, record) = (plane.volumes.folder.join(&id), volume.clone());
            let prepared = tokio::task::spawn_blocking(move || prepare(&folder, &record)).await;
            let mut known = plane.volumes.lock();
            match prepared.map_err(io::Error::other).flatten() {
                Ok(()) => {
                    known.insert(id, volume.clone());
                    Ok(volume)
                }
                Err(error) => {
                    known.remove(&id);
                    let message = format!("The local server cannot create the volume: {error}");
                    Err(ApiFailure::new(StatusCode::SERVICE_UNAVAILABLE, message))
                }
            }
        })
        .await
    }

    /// `DELETE /volumes/{id}`: responds when the files are removed.
    pub(super) async fn delete_volume(self: &Arc<Self>, id: &str) -> Result<(), ApiFailure> {
        {
            let entries = self.registry.lock();
            let mut known = self.volumes.lock();
            let volume = known.get(id).ok_or_else(|| not_found(id))?;
            let user = entries.iter().map(|entry| &entry.sandbox).find(|sandbox| uses(sandbox, id));
            if let Some(sandbox) = user {
                let (volume, sandbox) = (&volume.name, &sandbox.name);
                let message =
                    format!("Volume {volume} is in use by sandbox {sandbox}; delete the sandbox first");
                return Err(ApiFailure::conflict(message));
            }
            known.remove(id);
        }
        let folder = self.volumes.folder.join(id);
        self.complete(async move {
            let removed = tokio::task::spawn_blocking(move || {
                // First, so that a later server completes the removal.
                fs::remove_file(folder.join(RECORD))?;
                remove_tree(&folder)
            });
            removed.await.map_err(io::Error::other).flatten().map_err(|error| {
                let message = format!("The files of the volume cannot be removed: {error}");
                ApiFailure::new(StatusCode::INTERNAL_SERVER_ERROR, message)
            })
        })
        .await
    }

    /// Checks that sandboxes with volumes can be created here.
    pub(super) fn check_volumes_are_possible(&self, mounts: &[VolumeMount]) -> Result<(), ApiFailure> {
        if mounts.is_empty() || self.isolation == Isolation::Namespaces {
            return Ok(());
        }
        Err(ApiFailure::bad_request(
            "Volumes require isolation by namespaces, which is not in use on this server. Start it with --isolation \
             namespaces, or omit them",
        ))
    }
}

fn uses(sandbox: &Sandbox, volume: &str) -> bool {
    sandbox.state != SandboxState::Destroying
        && sandbox.volumes.iter().flatten().any(|mount| mount.volume_id == volume)
}

fn not_found(id: &str) -> ApiFailure {
    ApiFailure::new(StatusCode::NOT_FOUND, format!("Volume with ID {id} not found"))
}

fn unknown_name(name: &str) -> ApiFailure {
    ApiFailure::new(StatusCode::NOT_FOUND, format!("Volume with name {name} not found"))
}

/// Checks where a volume is mounted, and which folder of it.
fn check_mount(mount: &VolumeMount) -> Result<(), ApiFailure> {
    let VolumeMount { mount_path: path, subpath, .. } = mount;
    let refuse = |why: &str| Err(ApiFailure::bad_request(format!("Invalid mount path {path}: {why}")));
    let has_bad_parts = |path: &str| {
        path.contains("//") || path.contains('\0') || path.split('/').any(|part| part == "." || part == "..")
    };
    if !path.starts_with('/') || path.trim_matches('/').is_empty() {
        return refuse("it must be absolute, and not the root");
    }
    if has_bad_parts(path) {
        return refuse("it must not contain \"//\", \".\" or \"..\"");
    }
    let is_in = |folder: &&str| Path::new(path).starts_with(folder);
    if let Some(folder) = SYSTEM_FOLDERS.iter().find(|folder| is_in(folder)) {
        return refuse(&format!("nothing can be mounted in {folder}"));
    }
    match subpath {
        Some(subpath) if subpath.starts_with('/') || has_bad_parts(subpath) => {
            let message =
                format!("Invalid subpath {subpath}: it must be relative, without \"//\", \".\" and \"..\"");
            Err(ApiFailure::bad_request(message))
        }
        _ => Ok(()),
    }
}

/// Creates the folder of a volume. The record comes last: with it, the volume exists.
fn prepare(folder: &Path, volume: &Volume) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let files = folder.join(FILES);
    DirBuilder::new().mode(0o700).create(&files)?;
    if geteuid().is_root() {
        fs::set_permissions(&files, Permissions::from_mode(0o777))?;
        setxattr(&files, DEFAULT_ACL, &open_to_all(), XattrFlags::empty()).map_err(|error| {
            io::Error::other(format!("its file system has no access control lists ({error})"))
        })?;
    }
    write_record(folder, RECORD, volume)
}

/// An access control list that lets everybody read, write and enter, as the kernel reads it:
/// a version, and then a tag, permissions and an id for the owner, the group and others.
fn open_to_all() -> Vec<u8> {
    const VERSION: u32 = 2;
    const TAGS: [u16; 3] = [0x01, 0x04, 0x20];
    const ALL: u16 = 7;
    const NO_ID: u32 = u32::MAX;
    let mut list = VERSION.to_le_bytes().to_vec();
    for tag in TAGS {
        list.extend_from_slice(&tag.to_le_bytes());
        list.extend_from_slice(&ALL.to_le_bytes());
        list.extend_from_slice(&NO_ID.to_le_bytes());
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_not_mounted_over_the_system() {
        let mount = |path: &str, subpath: Option<&str>| VolumeMount {
            volume_id: "v".to_owned(),
            mount_path: path.to_owned(),
            subpath: subpath.map(str::to_owned),
        };
        for path in ["/data", "/home/daytona/cache", "/mnt/a/", "/etcetera", "/run/other"] {
            check_mount(&mount(path, None)).unwrap();
        }
        for path in
            ["", "/", "data", "/a/../b", "/a/./b", "/a//b", "/etc", "/etc/x", "/usr/local", "/run/daytona/x"]
        {
            assert!(check_mount(&mount(path, None)).is_err(), "{path}");
        }
        check_mount(&mount("/data", Some("a/b"))).unwrap();
        for subpath in ["/a", "..", "a/../b", "a//b"] {
            assert!(check_mount(&mount("/data", Some(subpath))).is_err(), "{subpath}");
        }
    }
}
