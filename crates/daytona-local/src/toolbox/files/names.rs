//! The names in a folder, sorted.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The most that the names of one folder may take.
const MOST: usize = 64 * 1024 * 1024;

/// The names of a folder in the order of their bytes. They lie in one piece of
/// memory: as many strings would take several times as much.
#[derive(Debug)]
pub(super) struct Names {
    bytes: Vec<u8>,
    /// Where each name is, in order.
    places: std::vec::IntoIter<Range<u32>>,
}

impl Names {
    /// Reads a folder. `check` may end that early.
    pub(super) fn read(folder: &Path, check: &dyn Fn() -> io::Result<()>) -> io::Result<Self> {
        let (mut bytes, mut places) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(folder)? {
            check()?;
            let start = position(bytes.len())?;
            bytes.extend_from_slice(entry?.file_name().as_bytes());
            places.push(start..position(bytes.len())?);
        }
        places.sort_unstable_by(|one, other| compare(&bytes, one, other));
        Ok(Self { bytes, places: places.into_iter() })
    }

    /// Takes the next name.
    pub(super) fn next(&mut self) -> Option<&OsStr> {
        let place = self.places.next()?;
        Some(OsStr::from_bytes(at(&self.bytes, &place)))
    }
}

fn position(length: usize) -> io::Result<u32> {
    u32::try_from(length)
        .ok()
        .filter(|_| length <= MOST)
        .ok_or_else(|| io::Error::other("the folder has too many entries to list them in order"))
}

fn compare(bytes: &[u8], one: &Range<u32>, other: &Range<u32>) -> Ordering {
    at(bytes, one).cmp(at(bytes, other))
}

fn at<'a>(bytes: &'a [u8], place: &Range<u32>) -> &'a [u8] {
    &bytes[place.start as usize..place.end as usize]
}
