//! Hard limits on memory and time, for what one evaluation step can use up by itself.
//!
//! Steps and thunks are counted by the front end and end in a report with a place. A single
//! operation (a list of 300 million items, a power with a billion digits) runs between two such
//! counts, so the allocator counts bytes and a watchdog the time. Both end the process at once
//! with one report and exit code 1: nothing was written yet.

use std::alloc::{GlobalAlloc, Layout};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;

/// The most memory that evaluating may hold, in bytes.
const MOST_BYTES: usize = 1_500 << 20;

/// The longest that evaluating may take, in time of a processor: a busy machine changes no answer.
const LONGEST: Duration = Duration::from_millis(4_000);

/// How often the watchdog looks.
const LOOK: Duration = Duration::from_millis(100);

static HELD: AtomicUsize = AtomicUsize::new(0);
/// Which guard bounds memory and time now; 0 for none.
static GUARD: AtomicU64 = AtomicU64::new(0);
static GUARDS: AtomicU64 = AtomicU64::new(0);
static JSON: AtomicBool = AtomicBool::new(false);

/// mimalloc (evaluation allocates a lot of small values; it takes a fifth less time than with the
/// system's allocator), with a limit while a guard is held.
pub struct Bounded;

// SAFETY: every call goes to mimalloc unchanged; only a counter is kept beside it.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { MiMalloc.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        grow(size);
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { MiMalloc.realloc(pointer, layout, size) }
    }
}

fn grow(bytes: usize) {
    let held = HELD.fetch_add(bytes, Ordering::Relaxed).wrapping_add(bytes);
    if held > MOST_BYTES && GUARD.swap(0, Ordering::Relaxed) != 0 {
        give_up("memory");
    }
}

/// While this lives, evaluation is bounded.
pub struct Guard(());

/// Bounds what happens until the guard is dropped. `json` chooses the form of the last report.
#[must_use]
pub fn guard(json: bool) -> Guard {
    JSON.store(json, Ordering::Relaxed);
    let number = GUARDS.fetch_add(1, Ordering::Relaxed) + 1;
    GUARD.store(number, Ordering::Relaxed);
    let begun = Instant::now();
    let used = processor_time();
    std::thread::spawn(move || {
        let taken = || match (used, processor_time()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => begun.elapsed(),
        };
        while taken() < LONGEST && GUARD.load(Ordering::Relaxed) == number {
            std::thread::sleep(LOOK);
        }
        if GUARD.compare_exchange(number, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            give_up("time");
        }
    });
    Guard(())
}

impl Guard {
    /// Gives what follows its own time: it is another evaluation.
    #[must_use]
    pub fn renewed(self) -> Self {
        drop(self);
        guard(JSON.load(Ordering::Relaxed))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        GUARD.store(0, Ordering::Relaxed);
    }
}

/// What this process has used of processors, where the system tells: the fields 14 and 15 of
/// proc(5)'s `stat`, in hundredths of a second.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name, in parentheses, may hold anything.
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11).map(str::parse::<u64>);
    let used = fields.next()?.ok()? + fields.next()?.ok()?;
    Some(Duration::from_millis(used * 10))
}

/// Ends the process with one report.
fn give_up(what: &str) -> ! {
    let message = format!("the evaluation was ended: it needs too much {what}");
    let help = "Look for a list, a text or a number that is very large or grows without end";
    if JSON.load(Ordering::Relaxed) {
        let report = format!(
            "[{{\"severity\":\"error\",\"file\":null,\"line\":null,\"column\":null,\"key\":\"\",\
             \"message\":\"{message}\",\"help\":\"{help}\"}}]\n"
        );
        let _ = std::io::stdout().write_all(report.as_bytes());
    } else {
        let report = format!("error: {message}\n  help: {help}\n");
        let _ = std::io::stderr().write_all(report.as_bytes());
    }
    std::process::exit(1)
}
