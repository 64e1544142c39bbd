//! The use of processors, memory and disk by the sandbox.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use daytona_api::Timestamp;
use daytona_api::toolbox::system::SystemMetrics;
use daytona_sandbox_init::ProcessStat;
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::getppid;

use super::process_table::ProcessTable;
use super::task::blocking;
use super::{Call, Toolbox};
use crate::response::Failure;

/// Averages over a shorter time would be determined by the clock's ticks.
const SHORTEST_WINDOW: Duration = Duration::from_millis(500);
/// More than the file contains.
const LONGEST_MEMORY_STAT: usize = 16 * 1024;

/// What a sandbox may use.
#[derive(Clone, Copy, Debug)]
pub struct SandboxLimits {
    /// Number of processors.
    pub cpu: u32,
    /// Bytes of memory.
    pub memory: u64,
}

impl Default for SandboxLimits {
    /// One processor and all memory.
    fn default() -> Self {
        Self { cpu: 1, memory: u64::MAX }
    }
}

/// Measures what the sandbox uses.
#[derive(Debug)]
pub(super) struct System {
    limits: SandboxLimits,
    memory_stat: Option<File>,
    cpu: Mutex<CpuUse>,
}

/// The use of processors until some time.
#[derive(Debug)]
struct CpuUse {
    at: Instant,
    /// Time on processors since the start, of processes that have ended too.
    spent: Duration,
    /// The average before, in percent.
    percent: f64,
}

impl System {
    /// Starts to measure.
    pub(super) fn new(limits: SandboxLimits, memory_stat: Option<File>) -> Self {
        let cpu = CpuUse { at: Instant::now(), spent: spent(&processes()), percent: 0.0 };
        Self { limits, memory_stat, cpu: Mutex::new(cpu) }
    }

    fn measure(&self, folder: &Path) -> io::Result<SystemMetrics> {
        let disk = rustix::fs::statvfs(folder)?;
        let space = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        let processes = processes();
        let (mem_used, mem_cache) = self.memory(&processes);
        let timestamp = Timestamp::now();
        Ok(SystemMetrics {
            cpu_count: self.limits.cpu,
            cpu_used_pct: self.cpu_used(spent(&processes)),
            mem_total: self.limits.memory.min(host_memory()),
            mem_used,
            mem_cache,
            disk_total: space(disk.f_blocks),
            disk_used: space(disk.f_blocks.saturating_sub(disk.f_bfree)),
            disk_free: space(disk.f_bavail),
            timestamp_unix: jiff::Timestamp::now().as_second(),
            timestamp,
        })
    }

    /// The average use of processors since the last measurement, in percent.
    fn cpu_used(&self, spent: Duration) -> f64 {
        let mut last = self.cpu.lock().unwrap_or_else(PoisonError::into_inner);
        let window = last.at.elapsed();
        if window >= SHORTEST_WINDOW {
            let available = window.as_secs_f64() * f64::from(self.limits.cpu.max(1));
            let used = spent.saturating_sub(last.spent).as_secs_f64();
            *last = CpuUse { at: Instant::now(), spent, percent: 100.0 * used / available };
        }
        last.percent
    }

    /// Bytes of memory in use and of the page cache. Without a control group, the page cache
    /// cannot be told from that of the host.
    fn memory(&self, processes: &[i32]) -> (u64, u64) {
        if let Some(file) = &self.memory_stat {
            let mut buffer = vec![0; LONGEST_MEMORY_STAT];
            let length = file.read_at(&mut buffer, 0).unwrap_or(0);
            return memory_stat(&String::from_utf8_lossy(&buffer[..length]));
        }
        let own_pages = processes.iter().filter_map(|pid| {
            let sizes = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
            let mut sizes = sizes.split(' ').skip(1).map_while(|pages| pages.parse::<u64>().ok());
            let (resident, shared) = (sizes.next()?, sizes.next()?);
            Some(resident.saturating_sub(shared))
        });
        (own_pages.sum::<u64>().saturating_mul(page_size() as u64), 0)
    }
}

/// Reads memory in use and page cache, of both versions of control groups. Files in memory
/// count as cache there, but cannot be dropped.
fn memory_stat(text: &str) -> (u64, u64) {
    let value = |names: [&str; 2]| {
        let line = names
            .iter()
            .find_map(|name| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')));
        line.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0)
    };
    let shared = value(["total_shmem", "shmem"]);
    let used = value(["total_rss", "anon"]).saturating_add(shared);
    (used, value(["total_cache", "file"]).saturating_sub(shared))
}

/// The processes of the sandbox: the toolbox's parent adopts those whose parents have ended.
pub(super) fn processes() -> Vec<i32> {
    let root = getppid().map_or(1, |parent| parent.as_raw_nonzero().get());
    ProcessTable::read().family(root, &[])
}

/// Time on processors of processes, and of their children that have ended.
fn spent(processes: &[i32]) -> Duration {
    const FIRST: usize = 14;
    let ticks = processes.iter().filter_map(|pid| {
        let stat = ProcessStat::read(pid).ok()?;
        Some((FIRST..FIRST + 4).filter_map(|field| stat.field::<u64>(field)).sum::<u64>())
    });
    Duration::from_secs(ticks.sum()) / u32::try_from(clock_ticks_per_second()).unwrap_or(100).max(1)
}

#[allow(clippy::unnecessary_cast, reason = "it has 32 bits on some platforms")]
fn host_memory() -> u64 {
    let info = rustix::system::sysinfo();
    (info.totalram as u64).saturating_mul(u64::from(info.mem_unit))
}

/// The current use of resources.
pub(super) async fn metrics(toolbox: &Arc<Toolbox>, _: Call) -> Result<Json<SystemMetrics>, Failure> {
    let toolbox = Arc::clone(toolbox);
    match blocking(move || toolbox.system.measure(&toolbox.work_dir)).await? {
        Ok(metrics) => Ok(Json(metrics)),
        Err(error) => Err(Failure::internal(format_args!("cannot measure the sandbox: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_both_versions_of_control_groups() {
        let first = "cache 1\nrss 2\nshmem 3\ntotal_cache 70\ntotal_rss 50\ntotal_shmem 20\n";
        assert_eq!(memory_stat(first), (70, 50));
        let second = "anon 50\nfile 70\nkernel 9\nshmem 20\nfile_mapped 1\nanon_thp 0\n";
        assert_eq!(memory_stat(second), (70, 50));
        assert_eq!(memory_stat(""), (0, 0));
    }

    #[test]
    fn the_use_of_processors_is_an_average_of_what_the_sandbox_may_use() {
        let limits = SandboxLimits { cpu: 2, memory: 1 };
        let before =
            CpuUse { at: Instant::now() - Duration::from_secs(10), spent: Duration::ZERO, percent: 0.0 };
        let system = System { limits, memory_stat: None, cpu: Mutex::new(before) };
        let percent = system.cpu_used(Duration::from_secs(5));
        assert!((24.0..=25.0).contains(&percent), "{percent}");
        // Too soon for another average.
        assert!((system.cpu_used(Duration::from_secs(9)) - percent).abs() < f64::EPSILON);
    }
}
