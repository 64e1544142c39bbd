//! The processes of the system, and which descend from which.

use std::collections::{HashMap, HashSet};
use std::fs;

use daytona_sandbox_init::ProcessStat;

/// A process in the table of the system.
#[derive(Clone, Copy, Debug)]
struct Process {
    parent: i32,
    group: i32,
    session: i32,
}

/// All processes that can be seen, by their ids.
#[derive(Debug)]
pub(super) struct ProcessTable(HashMap<i32, Process>);

impl ProcessTable {
    /// Reads the table. Processes that end meanwhile are left out.
    pub(super) fn read() -> Self {
        let processes = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|pid| {
                let stat = ProcessStat::read(pid).ok()?;
                Some((
                    pid,
                    Process { parent: stat.parent()?, group: stat.group()?, session: stat.session()? },
                ))
            });
        Self(processes.collect())
    }

    /// The leader of a group, the other roots, the members of the group and of the session that
    /// the leader may lead, and all that descends from them: parents before their children, so
    /// that a shell hears of its end before it can act on that of its child.
    pub(super) fn family(&self, leader: i32, roots: &[i32]) -> Vec<i32> {
        let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
        for (pid, process) in &self.0 {
            children.entry(process.parent).or_default().push(*pid);
        }
        let belongs = |process: &Process| process.group == leader || process.session == leader;
        let group = self.0.iter().filter(|(_, process)| belongs(process)).map(|(pid, _)| *pid);
        let mut found = Vec::new();
        let mut known = HashSet::new();
        for root in std::iter::once(leader).chain(roots.iter().copied()).chain(group) {
            let mut next = found.len();
            if known.insert(root) {
                found.push(root);
            }
            while let Some(parent) = found.get(next) {
                let below = children.get(parent).into_iter().flatten();
                found.extend(below.copied().filter(|pid| known.insert(*pid)).collect::<Vec<_>>());
                next += 1;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_the_group_and_all_descendants_parents_first() {
        let table = [(1, 0, 1), (9, 1, 9), (3, 9, 9), (4, 3, 4), (2, 4, 4), (6, 1, 9), (7, 1, 7), (8, 7, 7)];
        let process = |&(pid, parent, group): &_| (pid, Process { parent, group, session: 1 });
        let processes = ProcessTable(table.iter().map(process).collect());
        assert_eq!(processes.family(9, &[]), [9, 3, 4, 2, 6]);
        assert_eq!(processes.family(9, &[7]), [9, 3, 4, 2, 7, 8, 6]);
    }
}
