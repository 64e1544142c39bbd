//! Users and groups by name, as the files in `/etc` have them.
//!
//! The C library would ask other name services too and cannot be called from
//! a program that is linked without it; a sandbox has only these files.

use std::path::Path;

use super::super::open::read_list;
use crate::response::Failure;

/// The number of a user given by name or number.
pub(super) fn user_id(user: &str) -> Result<u32, Failure> {
    id("user", user, "/etc/passwd")
}

/// The number of a group given by name or number.
pub(super) fn group_id(group: &str) -> Result<u32, Failure> {
    id("group", group, "/etc/group")
}

fn id(kind: &str, wanted: &str, list: &str) -> Result<u32, Failure> {
    if let Ok(number) = wanted.parse() {
        return Ok(number);
    }
    let listed = read_list(Path::new(list));
    numbered(&listed, wanted).ok_or_else(|| Failure::bad_request(format_args!("unknown {kind} '{wanted}'")))
}

/// The third field of the line whose first is the name.
fn numbered(list: &str, name: &str) -> Option<u32> {
    let mut entries = list.lines().map(|line| line.split(':'));
    let mut fields = entries.find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
    fields.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up() {
        let list = "root:x:0:0:root:/root:/bin/sh\ndaytona:x:1000:1000::/home/daytona:/bin/bash\nbroken\n";
        assert_eq!(numbered(list, "daytona"), Some(1000));
        assert_eq!(numbered(list, "nobody"), None);
        assert_eq!(numbered(list, "broken"), None);
        assert_eq!(user_id("1000").unwrap(), 1000);
        assert!(user_id("no-such-user-here").is_err());
    }
}
