//! A file, a folder or a tree whose changes the kernel reports.
//!
//! The kernel watches one folder at a time. A folder that appears in a tree is
//! watched from then on, and what is in it by then is reported as created; what
//! appears while that is looked at may be reported twice, but never not at all.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daytona_api::toolbox::files::FileEvent;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::Target;
use super::info::lossy;
use super::walk::walk;

/// How many folders one watch may have.
pub(super) const LARGEST_TREE: usize = 8192;
/// How much is read from the kernel at once, in bytes: some thousand changes.
const PIECE: usize = 64 * 1024;

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// To wait for changes.
    Watching,
    /// To wait for changes, but not for long: half of a move has been read.
    Moving,
    /// To read on.
    More,
    /// Nothing: what was watched is gone.
    Gone,
}

/// Half of a move: what has left its folder.
struct Departure {
    cookie: u32,
    path: PathBuf,
    is_dir: bool,
}

/// What is watched.
pub(super) struct WatchedTree {
    queue: Arc<OwnedFd>,
    root: Target,
    is_folder: bool,
    is_recursive: bool,
    /// The watched folders below the root, by the kernel's number. The root is empty.
    folders: HashMap<i32, PathBuf>,
    departure: Option<Departure>,
    is_drained: bool,
    is_gone: bool,
}

impl WatchedTree {
    /// Watches a path; `check` is asked between the steps.
    pub(super) fn open(
        root: Target,
        is_recursive: bool,
        check: &dyn Fn() -> io::Result<()>,
    ) -> io::Result<Self> {
        let queue = Arc::new(inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?);
        let is_folder = root.real.is_dir();
        let mut tree = Self {
            queue,
            root,
            is_folder,
            is_recursive: is_recursive && is_folder,
            folders: HashMap::new(),
            departure: None,
            is_drained: true,
            is_gone: false,
        };
        let root = tree.root.real.clone();
        let own = WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
        let number = inotify::add_watch(&tree.queue, &root, changes() | own)?;
        tree.folders.insert(number, PathBuf::new());
        if tree.is_recursive {
            tree.add_below(Path::new(""), check, &mut |_, _| {})?;
        }
        Ok(tree)
    }

    /// Becomes readable when there are changes.
    pub(super) fn queue(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.queue)
    }

    pub(super) fn state(&self) -> State {
        match (self.is_gone, self.is_drained, &self.departure) {
            (true, ..) => State::Gone,
            (_, false, _) => State::More,
            (_, _, Some(_)) => State::Moving,
            _ => State::Watching,
        }
    }

    /// Reads changes, without waiting for any. What has left its folder has left the
    /// tree if `is_settled` is set and it does not turn up now.
    pub(super) fn read(&mut self, is_settled: bool) -> io::Result<Vec<FileEvent>> {
        let mut events = Vec::new();
        let queue = Arc::clone(&self.queue);
        let mut buffer = vec![MaybeUninit::uninit(); PIECE];
        let mut reader = Reader::new(&*queue, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                    self.accept(event.wd(), event.events(), event.cookie(), name, &mut events);
                }
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) => {
                    self.is_drained = true;
                    break;
                }
                Err(error) => return Err(error.into()),
            }
            if reader.is_buffer_empty() {
                self.is_drained = false;
                break;
            }
        }
        if is_settled && self.is_drained {
            self.complete_departure(&mut events);
        }
        Ok(events)
    }

    /// Takes one report of the kernel.
    fn accept(
        &mut self,
        number: i32,
        flags: ReadFlags,
        cookie: u32,
        name: Option<&OsStr>,
        events: &mut Vec<FileEvent>,
    ) {
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            self.complete_departure(events);
            events.push(self.event("overflow", Path::new(""), true));
            if self.is_recursive {
                // Nobody has told of the folders that appeared meanwhile. The client
                // knows already that something is missing.
                let _told = self.add_below(Path::new(""), &|| Ok(()), &mut |_, _| {});
            }
            return;
        }
        if flags.contains(ReadFlags::IGNORED) {
            self.is_gone |= self.folders.remove(&number).is_some_and(|path| path.as_os_str().is_empty());
            return;
        }
        let Some(folder) = self.folders.get(&number) else { return };
        let is_root = folder.as_os_str().is_empty();
        let path = name.map_or_else(|| folder.clone(), |name| folder.join(name));
        // What the root reports of itself has no such flag.
        let is_dir = flags.contains(ReadFlags::ISDIR) || (is_root && name.is_none() && self.is_folder);
        if flags.intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF) {
            if is_root {
                self.complete_departure(events);
                events.push(self.event("remove", &path, is_dir));
                self.is_gone = true;
            }
            return;
        }
        // The folder reports its own attributes too, and its parent does.
        if name.is_none() && !is_root {
            return;
        }
        if flags.contains(ReadFlags::MOVED_TO) {
            return self.arrive(path, is_dir, cookie, events);
        }
        self.complete_departure(events);
        if flags.contains(ReadFlags::MOVED_FROM) {
            self.departure = Some(Departure { cookie, path, is_dir });
        } else if flags.contains(ReadFlags::CREATE) {
            events.push(self.event("create", &path, is_dir));
            self.add_folder(&path, is_dir, events);
        } else if flags.contains(ReadFlags::DELETE) {
            events.push(self.event("remove", &path, is_dir));
        } else if flags.contains(ReadFlags::MODIFY) {
            events.push(self.event("write", &path, is_dir));
        } else if flags.contains(ReadFlags::ATTRIB) {
            events.push(self.event("chmod", &path, is_dir));
        }
    }

    /// Something has come into a folder: from another one that is watched, or from
    /// elsewhere.
    fn arrive(&mut self, path: PathBuf, is_dir: bool, cookie: u32, events: &mut Vec<FileEvent>) {
        match self.departure.take_if(|departure| departure.cookie == cookie) {
            Some(departure) => {
                for folder in self.folders.values_mut() {
                    if let Ok(below) = folder.strip_prefix(&departure.path) {
                        // An empty part would become a slash at the end.
                        *folder = if below.as_os_str().is_empty() { path.clone() } else { path.join(below) };
                    }
                }
                let mut event = self.event("rename", &path, is_dir);
                event.old_path = Some(self.shown(&departure.path));
                events.push(event);
                self.add_folder(&path, is_dir, events);
            }
            None => {
                self.complete_departure(events);
                events.push(self.event("create", &path, is_dir));
                self.add_folder(&path, is_dir, events);
            }
        }
    }

    /// What has left its folder has not turned up in another one.
    fn complete_departure(&mut self, events: &mut Vec<FileEvent>) {
        let Some(Departure { path, is_dir, .. }) = self.departure.take() else { return };
        events.push(self.event("remove", &path, is_dir));
        let left: Vec<i32> = { self.folders.iter() }
            .filter(|(_, folder)| !path.as_os_str().is_empty() && folder.starts_with(&path))
            .map(|(number, _)| *number)
            .collect();
        for number in left {
            self.folders.remove(&number);
            // It may be deleted by now.
            let _gone = inotify::remove_watch(&self.queue, number);
        }
    }

    /// Watches a folder that is new or has another path, and what is in it. What was created in
    /// a folder just before that was renamed could not be watched under its old path.
    fn add_folder(&mut self, path: &Path, is_dir: bool, events: &mut Vec<FileEvent>) {
        if !is_dir || !self.is_recursive {
            return;
        }
        let watched: HashSet<PathBuf> =
            self.folders.values().filter(|folder| folder.starts_with(path)).cloned().collect();
        let mut found = Vec::new();
        let added = self.add(path).and_then(|()| {
            self.add_below(path, &|| Ok(()), &mut |path, is_dir| {
                // Folders that were watched already have reported what is in them.
                if path.parent().is_some_and(|parent| !watched.contains(parent)) {
                    found.push((path.to_owned(), is_dir));
                }
            })
        });
        events.extend(found.into_iter().map(|(path, is_dir)| self.event("create", &path, is_dir)));
        // One that is gone again is reported by its parent.
        if added.is_err() && self.root.real.join(path).is_dir() {
            events.push(self.event("overflow", path, true));
        }
    }

    /// Watches the folders below one, and hands on what is there.
    fn add_below(
        &mut self,
        below: &Path,
        check: &dyn Fn() -> io::Result<()>,
        each: &mut dyn FnMut(&Path, bool),
    ) -> io::Result<()> {
        let start = self.root.real.join(below);
        let target = Target { given: PathBuf::new(), real: start.clone() };
        walk(&target, check, &mut |_, real, metadata| {
            if real == start {
                return Ok(());
            }
            let Ok(path) = real.strip_prefix(&self.root.real) else { return Ok(()) };
            if metadata.is_dir() {
                self.add(path)?;
            }
            each(path, metadata.is_dir());
            Ok(())
        })
    }

    /// Watches a folder below the root. One that is gone or may not be read is left out.
    fn add(&mut self, path: &Path) -> io::Result<()> {
        if self.folders.len() >= LARGEST_TREE {
            return Err(Errno::NOSPC.into());
        }
        let flags = changes() | WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW;
        match inotify::add_watch(&self.queue, self.root.real.join(path), flags) {
            Ok(number) => {
                self.folders.insert(number, path.to_owned());
                Ok(())
            }
            Err(error @ (Errno::NOSPC | Errno::NOMEM)) => Err(error.into()),
            Err(_) => Ok(()),
        }
    }

    fn event(&self, kind: &str, path: &Path, is_dir: bool) -> FileEvent {
        FileEvent { kind: kind.to_owned(), path: self.shown(path), old_path: None, is_dir }
    }

    /// A path below the root, as the client reads it.
    fn shown(&self, path: &Path) -> String {
        if path.as_os_str().is_empty() { lossy(&self.root.given) } else { lossy(&self.root.given.join(path)) }
    }
}

/// The changes that are reported.
fn changes() -> WatchFlags {
    WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MODIFY
        | WatchFlags::ATTRIB
        | WatchFlags::MOVED_FROM
        | WatchFlags::MOVED_TO
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn watched(folder: &Path, is_recursive: bool) -> WatchedTree {
        let root = Target { given: PathBuf::from("given"), real: folder.to_owned() };
        WatchedTree::open(root, is_recursive, &|| Ok(())).unwrap()
    }

    /// The changes so far, in a short form.
    fn read(tree: &mut WatchedTree) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let events = tree.read(true).unwrap();
            all.extend(events.into_iter().map(|event| {
                let from = event.old_path.map_or_else(String::new, |path| format!("{path} -> "));
                format!("{} {from}{}{}", event.kind, event.path, if event.is_dir { "/" } else { "" })
            }));
            if tree.state() != State::More {
                return all;
            }
        }
    }

    #[test]
    fn changes_are_reported_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::write(at("old"), "").unwrap();
        let mut tree = watched(folder.path(), false);
        fs::write(at("a"), "x").unwrap();
        fs::rename(at("a"), at("b")).unwrap();
        fs::remove_file(at("b")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("folder/unseen"), "x").unwrap();
        fs::set_permissions(at("old"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        fs::rename(at("old"), at("folder/old")).unwrap();
        let expected = [
            "create given/a",
            "write given/a",
            "rename given/a -> given/b",
            "remove given/b",
            "create given/folder/",
            "chmod given/old",
            "remove given/old",
        ];
        assert_eq!(read(&mut tree), expected);
        fs::remove_dir_all(folder.path()).unwrap();
        assert_eq!(read(&mut tree), ["remove given/folder/", "remove given/"]);
        assert_eq!(tree.state(), State::Gone);
    }

    #[test]
    fn a_tree_is_watched_with_what_appears_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("a/b")).unwrap();
        let mut tree = watched(folder.path(), true);
        fs::write(at("a/b/deep"), "x").unwrap();
        assert_eq!(read(&mut tree), ["create given/a/b/deep", "write given/a/b/deep"]);
        fs::create_dir_all(elsewhere.path().join("c/d")).unwrap();
        fs::write(elsewhere.path().join("c/d/file"), "x").unwrap();
        fs::rename(elsewhere.path().join("c"), at("a/c")).unwrap();
        assert_eq!(read(&mut tree), ["create given/a/c/", "create given/a/c/d/", "create given/a/c/d/file"]);
        fs::rename(at("a"), at("z")).unwrap();
        fs::write(at("z/c/d/late"), "").unwrap();
        assert_eq!(read(&mut tree), ["rename given/a -> given/z/", "create given/z/c/d/late"]);
        fs::rename(at("z/c"), elsewhere.path().join("c")).unwrap();
        assert_eq!(read(&mut tree), ["remove given/z/c/"]);
        fs::write(elsewhere.path().join("c/d/unseen"), "").unwrap();
        assert_eq!(read(&mut tree), [""; 0]);
    }

    #[test]
    fn a_new_folder_is_watched_although_it_was_renamed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let mut tree = watched(folder.path(), true);
        fs::create_dir_all(at("new/deep")).unwrap();
        fs::write(at("new/deep/file"), "x").unwrap();
        fs::rename(at("new"), at("moved")).unwrap();
        let expected = [
            "create given/new/",
            "rename given/new -> given/moved/",
            "create given/moved/deep/",
            "create given/moved/deep/file",
        ];
        assert_eq!(read(&mut tree), expected);
        fs::write(at("moved/deep/last"), "").unwrap();
        assert_eq!(read(&mut tree), ["create given/moved/deep/last"]);
    }

    #[test]
    fn changes_that_the_kernel_did_not_keep_are_told() {
        let kept = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
        let kept: usize = kept.trim().parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut tree = watched(folder.path(), true);
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        fs::write(&one, "").unwrap();
        for _ in 0..=kept / 2 {
            fs::rename(&one, &other).unwrap();
            fs::rename(&other, &one).unwrap();
        }
        let events = read(&mut tree);
        assert_eq!(events.first().unwrap(), "create given/one");
        assert_eq!(events.last().unwrap(), "overflow given/");
        assert_eq!(tree.state(), State::Watching);
        fs::remove_file(&one).unwrap();
        assert_eq!(read(&mut tree), ["remove given/one"]);
    }

    #[test]
    fn a_file_is_watched_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let mut tree = watched(&file, true);
        fs::write(&file, "x").unwrap();
        fs::rename(&file, folder.path().join("other")).unwrap();
        assert_eq!(read(&mut tree), ["write given", "remove given"]);
        assert_eq!(tree.state(), State::Gone);
    }
}
