//! `DELETE /files`.

use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use http::StatusCode;
use rustix::fs::{AtFlags, CWD, unlinkat};
use rustix::io::Errno;

use super::super::cause::PathError;
use super::super::{Call, Toolbox};
use super::info::last_element;
use super::{Target, blocking, failure};
use crate::response::{self, Failure};
use axum::response::Response;
use daytona_sandbox_init::TreeWalk;

/// How often a folder is read again because something was put into it meanwhile.
const ROUNDS: u32 = 8;

/// Deletes a file, or a folder with all that is in it.
pub(in super::super) async fn remove(toolbox: &Arc<Toolbox>, call: Call) -> Result<Response, Failure> {
    let target = toolbox.wanted(&call, "path")?;
    let recursive = call.query.bytes("recursive") == b"true";
    blocking(move |client| {
        check(&target, recursive)?;
        remove_tree_while(&target.real, &|| client.check())
            .map_err(|error| Failure::bad_request(PathError::new("unlinkat", &target.given, error)))?;
        Ok(response::empty(StatusCode::NO_CONTENT))
    })
    .await
}

fn check(target: &Target, recursive: bool) -> Result<(), Failure> {
    let found = fs::metadata(&target.real).map_err(|error| failure(&target.given, &error))?;
    let name = target.given.display();
    if found.is_dir() && !recursive {
        return Err(Failure::bad_request(format_args!("{name} is a folder; it needs recursive=true")));
    }
    if recursive && last_element(&target.given) == "." {
        return Err(Failure::bad_request(format_args!("{name} names a folder by its dot; name the folder")));
    }
    Ok(())
}

/// Removes whatever is at a path, folders nested to any depth too. A link goes,
/// not what it leads to. What can be removed is, also when something cannot.
///
/// # Errors
/// The first failure met.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
    remove_tree_while(path, &|| Ok(()))
}

/// [`remove_tree`] until `check` fails.
pub(super) fn remove_tree_while(path: &Path, check: &dyn Fn() -> io::Result<()>) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    let walk = match TreeWalk::open_at(CWD, path) {
        Ok(walk) => walk,
        // An empty folder goes without being read.
        Err(error) => return fs::remove_dir(path).map_err(|_| error),
    };
    Removal { walk, rounds: vec![Round::default()], outcome: Ok(()) }.run(path, check)
}

/// A removal under way.
struct Removal {
    walk: TreeWalk,
    /// For every folder from the root to the current one.
    rounds: Vec<Round>,
    outcome: io::Result<()>,
}

/// How it stands with a folder.
#[derive(Default)]
struct Round {
    /// How often it was read before.
    number: u32,
    /// Something in it stays.
    failed: bool,
}

impl Removal {
    fn run(mut self, path: &Path, check: &dyn Fn() -> io::Result<()>) -> io::Result<()> {
        while !self.rounds.is_empty() {
            check()?;
            match self.walk.next_entry() {
                Ok(Some(name)) => self.remove_entry(&name)?,
                Ok(None) => self.leave(path)?,
                Err(error) => {
                    self.failed(error);
                    self.leave(path)?;
                }
            }
        }
        self.outcome
    }

    fn failed(&mut self, error: io::Error) {
        if let Some(round) = self.rounds.last_mut() {
            round.failed = true;
        }
        if self.outcome.is_ok() {
            self.outcome = Err(error);
        }
    }

    fn remove_entry(&mut self, name: &CStr) -> io::Result<()> {
        match unlinkat(self.walk.folder()?, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            // For a folder Linux returns EISDIR; POSIX specifies EPERM.
            Err(refused @ (Errno::ISDIR | Errno::PERM)) => self.enter(name, Round::default(), refused),
            Err(error) => {
                self.failed(error.into());
                Ok(())
            }
        }
    }

    /// Enters a folder that could not be removed as a file: `refused` says why not.
    fn enter(&mut self, name: &CStr, round: Round, refused: Errno) -> io::Result<()> {
        match self.walk.enter(name) {
            Ok(()) => self.rounds.push(round),
            // It is none: then the first refusal is the reason.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => self.failed(refused.into()),
            Err(error) => match unlinkat(self.walk.folder()?, name, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(_) => self.failed(error),
            },
        }
        Ok(())
    }

    /// Removes the folder that was emptied. An error ends the removal.
    fn leave(&mut self, path: &Path) -> io::Result<()> {
        let round = self.rounds.pop().unwrap_or_default();
        let name = self.walk.leave()?;
        let removed = match &name {
            Some(name) => unlinkat(self.walk.folder()?, name, AtFlags::REMOVEDIR),
            None => unlinkat(CWD, path, AtFlags::REMOVEDIR),
        };
        match removed {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            // Somebody put something in, or the file system lost its place.
            Err(Errno::NOTEMPTY | Errno::EXIST) if !round.failed && round.number < ROUNDS => {
                self.again(name, path, Round { number: round.number + 1, failed: false })
            }
            Err(error) => {
                self.failed(error.into());
                Ok(())
            }
        }
    }

    fn again(&mut self, name: Option<CString>, path: &Path, round: Round) -> io::Result<()> {
        match name {
            Some(name) => self.enter(&name, round, Errno::NOTEMPTY),
            None => {
                self.walk = TreeWalk::open_at(CWD, path)?;
                self.rounds.push(round);
                Ok(())
            }
        }
    }
}
