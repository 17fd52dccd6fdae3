//! The machine under the process: processors, memory, disk. Linux tells by files; what another system
//! does not tell stays unknown. Every call blocks for as long as the system takes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The room of the file system that holds a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that an ordinary user may still write.
    pub free_bytes: u64,
    /// All of it.
    pub total_bytes: u64,
}

impl Room {
    /// The room at `path`, which exists.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn at(path: &Path) -> io::Result<Self> {
        let told = rustix::fs::statvfs(path)?;
        Ok(Self {
            free_bytes: told.f_bavail.saturating_mul(told.f_frsize),
            total_bytes: told.f_blocks.saturating_mul(told.f_frsize),
        })
    }
}

/// One look at the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// How much of all processors was busy since the look before, in thousandths.
    pub busy_permille: Option<u16>,
    /// Memory that is not available to a new process.
    pub memory_used_bytes: Option<u64>,
    /// All memory.
    pub memory_bytes: Option<u64>,
    /// Memory of this process.
    pub resident_bytes: Option<u64>,
    /// The room of the watched directory.
    pub disk: Option<Room>,
}

/// Looks at the machine again and again.
#[derive(Debug)]
pub struct Machine {
    directory: PathBuf,
    before: Option<Ticks>,
}

impl Machine {
    /// Watches the file system of `directory` too.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, before: None }
    }

    /// Looks.
    pub fn read(&mut self) -> Reading {
        let ticks = text("/proc/stat").as_deref().and_then(Ticks::parse);
        let busy_permille = ticks.zip(self.before).and_then(|(now, before)| now.since(before));
        self.before = ticks.or(self.before);
        let memory = text("/proc/meminfo");
        let memory_of = |name| memory.as_deref().and_then(|text| kilobytes(text, name));
        let memory_bytes = memory_of("MemTotal:");
        let available = memory_of("MemAvailable:");
        Reading {
            busy_permille,
            memory_bytes,
            memory_used_bytes: memory_bytes.zip(available).map(|(all, free)| all - free.min(all)),
            resident_bytes: text("/proc/self/status")
                .as_deref()
                .and_then(|text| kilobytes(text, "VmRSS:")),
            disk: Room::at(&self.directory).ok(),
        }
    }
}

/// What this machine is called.
pub fn host_name() -> Option<String> {
    let name = text("/proc/sys/kernel/hostname")?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// What the processors did since the machine started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    idle: u64,
    all: u64,
}

impl Ticks {
    /// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal, and
    /// guests, who are in the first two already.
    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().next()?.strip_prefix("cpu ")?;
        let fields: Vec<u64> =
            line.split_whitespace().take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
        let idle = fields.get(3)? + fields.get(4).copied().unwrap_or(0);
        Some(Self { idle, all: fields.iter().sum() })
    }

    fn since(self, before: Self) -> Option<u16> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        let idle = self.idle.saturating_sub(before.idle).min(all);
        u16::try_from((all - idle) * 1_000 / all).ok()
    }
}

fn text(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The value of a line such as `MemTotal:  16384 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    number.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_share_is_what_was_not_idle_between_two_looks() {
        let before = Ticks::parse("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2\n").unwrap();
        let now = Ticks::parse("cpu  130 0 60 850 60 0 0 0 0 0\n").unwrap();
        assert_eq!(now.since(before), Some(400));
        assert_eq!(now.since(now), None, "no time has passed");
        assert_eq!(Ticks::parse("intr 1 2 3"), None);
    }

    #[test]
    fn memory_is_read_by_name() {
        let text = "MemTotal:       2048 kB\nMemFree:  1 kB\nMemAvailable:   1024 kB\n";
        assert_eq!(kilobytes(text, "MemAvailable:"), Some(1_048_576));
        assert_eq!(kilobytes(text, "Swap:"), None);
    }

    #[test]
    fn this_machine_has_a_disk_with_less_free_than_there_is() {
        let directory = tempfile::tempdir().unwrap();
        let disk = Machine::new(directory.path().to_owned()).read().disk.unwrap();
        assert!(disk.free_bytes <= disk.total_bytes, "{disk:?}");
        assert!(Room::at(&directory.path().join("none")).is_err());
    }
}
