//! `/proc/<process>/stat`: what the kernel says about a process.

use std::fmt::Display;
use std::fs;
use std::io;
use std::str::FromStr;

/// The fields of a process after its id and the name of its program.
#[derive(Debug)]
pub struct ProcessStat {
    fields: String,
}

impl ProcessStat {
    /// Reads the fields of a process, by its id or `self`.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn read(process: impl Display) -> io::Result<Self> {
        let stat = fs::read(format!("/proc/{process}/stat"))?;
        Self::parse(&String::from_utf8_lossy(&stat))
            .ok_or_else(|| io::Error::other(format!("/proc/{process}/stat is incomplete")))
    }

    /// The program's name is in parentheses and may contain any character, so fields are
    /// counted from the last parenthesis.
    fn parse(stat: &str) -> Option<Self> {
        Some(Self { fields: stat.rsplit_once(')')?.1.to_owned() })
    }

    /// Returns a field by its number in the kernel's documentation, where the id is 1 and
    /// the name 2.
    #[must_use]
    pub fn field<T: FromStr>(&self, number: usize) -> Option<T> {
        self.fields.split_ascii_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
    }

    /// Returns the id of the parent process.
    #[must_use]
    pub fn parent(&self) -> Option<i32> {
        self.field(4)
    }

    /// Returns the id of the process group.
    #[must_use]
    pub fn group(&self) -> Option<i32> {
        self.field(5)
    }

    /// Returns the id of the session.
    #[must_use]
    pub fn session(&self) -> Option<i32> {
        self.field(6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let stat = ProcessStat::parse("7 (a) R 1 (b) S 5 6 7").unwrap();
        assert_eq!(
            (stat.field::<char>(3), stat.parent(), stat.field::<u32>(5)),
            (Some('S'), Some(5), Some(6))
        );
        assert!(stat.field::<u32>(90).is_none());
    }
}
