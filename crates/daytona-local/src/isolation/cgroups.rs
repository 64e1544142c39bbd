//! Limits on the memory, the processors and the number of processes of a sandbox, by
//! control groups. Version 2 where the server's own group is delegated to it, version 1
//! for root; where neither can be had, limits are not enforced.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the system's list of mounts and this process's groups are.
const MOUNTS: &str = "/proc/self/mountinfo";
const OWN_GROUPS: &str = "/proc/self/cgroup";
/// Microseconds over which the use of processors is counted.
const PERIOD: u64 = 100_000;
/// Maximum number of processes and threads of a sandbox.
const PROCESSES: u64 = 4096;
pub(crate) const GIB: u64 = 1 << 30;

/// What a control group limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resource {
    Memory,
    Cpu,
    Processes,
}

impl Resource {
    const ALL: [Self; 3] = [Self::Memory, Self::Cpu, Self::Processes];

    /// The kernel's name of the controller.
    fn controller(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Processes => "pids",
        }
    }

    /// The name for clients.
    fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Processes => "processes",
        }
    }

    /// The files that set the limit, with their contents.
    fn settings(self, version: Version, limits: Limits) -> Vec<(&'static str, String)> {
        let (memory, cpu) = (u64::from(limits.memory) * GIB, u64::from(limits.cpu) * PERIOD);
        match (self, version) {
            (Self::Memory, Version::One) => vec![("memory.limit_in_bytes", memory.to_string())],
            (Self::Memory, Version::Two) => {
                vec![("memory.max", memory.to_string()), ("memory.swap.max", "0".to_owned())]
            }
            (Self::Cpu, Version::One) => {
                vec![("cpu.cfs_period_us", PERIOD.to_string()), ("cpu.cfs_quota_us", cpu.to_string())]
            }
            (Self::Cpu, Version::Two) => vec![("cpu.max", format!("{cpu} {PERIOD}"))],
            (Self::Processes, _) => vec![("pids.max", PROCESSES.to_string())],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Limits of a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Number of processors.
    pub cpu: u32,
    /// Memory in GiB.
    pub memory: u32,
}

/// A group of this server in one hierarchy, with a group for each sandbox in it.
#[derive(Debug)]
struct Hierarchy {
    version: Version,
    resources: Vec<Resource>,
    group: PathBuf,
}

/// The control groups of a server.
#[derive(Debug, Default)]
pub struct Cgroups {
    hierarchies: Vec<Hierarchy>,
}

/// The control groups of a sandbox.
#[derive(Clone, Debug, Default)]
pub struct SandboxCgroups {
    folders: Vec<PathBuf>,
    memory_events: Option<PathBuf>,
    memory_stat: Option<PathBuf>,
}

impl Cgroups {
    /// Creates the groups of a server with this name, where that is possible.
    #[must_use]
    pub fn create(name: &str) -> Self {
        let hierarchies = own_groups().into_iter().filter_map(|own| own.create(name)).collect();
        Self { hierarchies }
    }

    /// Removes the groups of a server that has ended.
    ///
    /// # Errors
    /// When a process is still in one of them.
    pub fn remove(name: &str) -> io::Result<()> {
        for own in own_groups() {
            for group in own.parents().map(|parent| parent.join(name)) {
                remove_group(&group)?;
            }
        }
        Ok(())
    }

    /// The names of the limits that are enforced.
    #[must_use]
    pub fn enforced(&self) -> Vec<&'static str> {
        let resources = self.hierarchies.iter().flat_map(|hierarchy| &hierarchy.resources);
        resources.map(|resource| resource.name()).collect()
    }

    /// Creates the groups of a sandbox, or sets the limits of those that it has.
    ///
    /// # Errors
    /// When a group cannot be created or a limit cannot be set.
    pub fn create_for(&self, sandbox: &str, limits: Limits) -> io::Result<SandboxCgroups> {
        let mut groups = SandboxCgroups::default();
        for hierarchy in &self.hierarchies {
            let folder = hierarchy.group.join(sandbox);
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => groups.folders.push(folder.clone()),
            }
            for resource in &hierarchy.resources {
                for (file, value) in resource.settings(hierarchy.version, limits) {
                    write_setting(&folder.join(file), &value)?;
                }
            }
            if hierarchy.resources.contains(&Resource::Memory) {
                let file =
                    if hierarchy.version == Version::One { "memory.oom_control" } else { "memory.events" };
                groups.memory_events = Some(folder.join(file));
                groups.memory_stat = Some(folder.join("memory.stat"));
            }
        }
        Ok(groups)
    }
}

impl SandboxCgroups {
    /// The files through which processes join the groups.
    #[must_use]
    pub fn process_files(&self) -> Vec<PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs")).collect()
    }

    /// The file with the number of processes that were killed because memory was used up.
    #[must_use]
    pub fn memory_events(&self) -> Option<PathBuf> {
        self.memory_events.clone()
    }

    /// The file with the kinds of memory that the sandbox uses.
    #[must_use]
    pub fn memory_stat(&self) -> Option<PathBuf> {
        self.memory_stat.clone()
    }

    /// Removes the groups, whose processes have ended.
    pub fn remove(&self) {
        for folder in &self.folders {
            if let Err(error) = remove_group(folder) {
                tracing::debug!(%error, folder = %folder.display(), "cannot remove a control group");
            }
        }
    }
}

/// Removes a group with those below it, which programs in it may have made: without
/// isolation they have the rights of the server.
fn remove_group(folder: &Path) -> io::Result<()> {
    let mut groups = vec![folder.to_owned()];
    let mut read = 0;
    while let Some(group) = groups.get(read) {
        let below = fs::read_dir(group).into_iter().flatten().filter_map(Result::ok);
        let below: Vec<_> = below.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        groups.extend(below);
        read += 1;
    }
    for group in groups.iter().rev() {
        match fs::remove_dir(group) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Swap may be switched off in the kernel; then its limit has no file.
fn write_setting(file: &Path, value: &str) -> io::Result<()> {
    match fs::write(file, value) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.ends_with("memory.swap.max") => Ok(()),
        result => result,
    }
}

/// The group of this process in one hierarchy.
#[derive(Debug, PartialEq, Eq)]
struct OwnGroup {
    version: Version,
    resources: Vec<Resource>,
    mount: PathBuf,
    folder: PathBuf,
}

impl OwnGroup {
    /// Creates a group where that is possible: in this one, or, with version 2, in the
    /// closest one above it that lets the groups below it set limits. A group that contains
    /// processes does not, and that of this process contains at least this one.
    fn create(self, name: &str) -> Option<Hierarchy> {
        self.parents().find_map(|parent| {
            let group = parent.join(name);
            let mut resources = self.resources.clone();
            if self.version == Version::Two {
                resources.retain(|resource| enable(parent, *resource).is_ok());
            }
            if resources.is_empty() {
                return None;
            }
            fs::create_dir(&group).ok()?;
            if self.version == Version::Two {
                resources.retain(|resource| enable(&group, *resource).is_ok());
            }
            Some(Hierarchy { version: self.version, resources, group })
        })
    }

    /// The groups in which a group can be created.
    fn parents(&self) -> impl Iterator<Item = &Path> {
        let reach = if self.version == Version::One { 1 } else { usize::MAX };
        self.folder.ancestors().take_while(|folder| folder.starts_with(&self.mount)).take(reach)
    }
}

/// Lets the groups below a group limit a resource.
fn enable(group: &Path, resource: Resource) -> io::Result<()> {
    let enabled = fs::read_to_string(group.join("cgroup.subtree_control"))?;
    if enabled.split_whitespace().any(|name| name == resource.controller()) {
        return Ok(());
    }
    fs::write(group.join("cgroup.subtree_control"), format!("+{}", resource.controller()))
}

/// The groups of this process in which limits can be set, if it may.
fn own_groups() -> Vec<OwnGroup> {
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    parse_own_groups(&read(MOUNTS), &read(OWN_GROUPS))
}

/// A line of the mounts is `id parent device root mountpoint options - type source options`, one of the
/// groups `id:controllers:path`. Version 2 has no controllers there.
fn parse_own_groups(mounts: &str, groups: &str) -> Vec<OwnGroup> {
    let mut found: Vec<OwnGroup> = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let version = if controllers.is_empty() { Version::Two } else { Version::One };
        let is_listed =
            |resource: &Resource| controllers.split(',').any(|name| name == resource.controller());
        let resources: Vec<_> = Resource::ALL
            .into_iter()
            .filter(|resource| version == Version::Two || is_listed(resource))
            .collect();
        let taken = |resource: &Resource| found.iter().any(|group| group.resources.contains(resource));
        if resources.is_empty() || resources.iter().any(taken) {
            continue;
        }
        let mount = mounts.lines().find_map(|line| mount_of(line, controllers));
        if let Some((root, mount)) = mount {
            let below = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
            let mount = PathBuf::from(mount);
            found.push(OwnGroup { version, resources, folder: mount.join(below), mount });
        }
    }
    found
}

/// The root and the place of a mount, if it has these controllers.
fn mount_of<'a>(line: &'a str, controllers: &str) -> Option<(&'a str, &'a str)> {
    let (place, file_system) = line.split_once(" - ")?;
    let mut file_system = file_system.split(' ');
    let (kind, options) = (file_system.next()?, file_system.nth(1).unwrap_or_default());
    let has = |name: &str| options.split(',').any(|option| option == name);
    let matches = match kind {
        "cgroup2" => controllers.is_empty(),
        "cgroup" => !controllers.is_empty() && controllers.split(',').all(has),
        _ => false,
    };
    let mut fields = place.split(' ').skip(3);
    matches.then(|| Some((fields.next()?, fields.next()?))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(version: Version, resources: &[Resource], mount: &str, below: &str) -> OwnGroup {
        let mount = PathBuf::from(mount);
        OwnGroup { version, resources: resources.to_vec(), folder: mount.join(below), mount }
    }

    #[test]
    fn groups_of_version_1_are_found_by_their_controllers() {
        let mounts = "30 25 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                      31 25 0:27 /docker/x /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                      32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let groups = "5:memory:/a/b\n4:cpu,cpuacct:/docker/x/y\n3:pids:/\n2:name=systemd:/\n";
        assert_eq!(
            parse_own_groups(mounts, groups),
            [
                group(Version::One, &[Resource::Memory], "/sys/fs/cgroup/memory", "a/b"),
                group(Version::One, &[Resource::Cpu], "/sys/fs/cgroup/cpu,cpuacct", "y"),
            ]
        );
    }

    #[test]
    fn the_group_of_version_2_is_found() {
        let mounts = "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
        assert_eq!(
            parse_own_groups(mounts, "0::/user.slice/run.scope\n"),
            [group(Version::Two, &Resource::ALL, "/sys/fs/cgroup", "user.slice/run.scope")]
        );
    }

    #[test]
    fn with_version_2_the_closest_group_above_that_allows_it_is_taken() {
        let mount = tempfile::tempdir().unwrap();
        let own = mount.path().join("user/app/run.scope");
        fs::create_dir_all(&own).unwrap();
        for (folder, enabled) in
            [("", "cpu memory pids"), ("user", "memory pids"), ("user/app", "memory pids")]
        {
            fs::write(mount.path().join(folder).join("cgroup.subtree_control"), enabled).unwrap();
        }
        // A kernel does not let these files be written; here the ones below do not exist.
        let group = OwnGroup {
            version: Version::Two,
            resources: vec![Resource::Memory, Resource::Processes],
            mount: mount.path().to_owned(),
            folder: own,
        };
        let created = group.create("server").unwrap();
        assert_eq!(created.group, mount.path().join("user/app/server"));
    }

    #[test]
    fn limits_are_in_the_units_of_the_kernel() {
        let limits = Limits { cpu: 2, memory: 3 };
        assert_eq!(Resource::Cpu.settings(Version::Two, limits), [("cpu.max", "200000 100000".to_owned())]);
        assert_eq!(
            Resource::Memory.settings(Version::One, limits),
            [("memory.limit_in_bytes", "3221225472".to_owned())]
        );
    }
}
