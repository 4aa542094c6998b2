//! What happened, and when: lines `<milliseconds> <event> <detail>` on standard output.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// Notes an event.
pub fn event(name: &str, detail: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let line = format!("{} {name} {}\n", now.as_millis(), detail.replace('\n', " "));
    // One write, so that lines of several threads do not mix; nobody may be reading.
    let _ = std::io::stdout().write_all(line.as_bytes());
}

/// Ends at SIGTERM. The first process of a container ignores it unless it says otherwise.
pub fn end_when_asked() {
    extern "C" fn end(_: i32) {
        unsafe { _exit(0) }
    }
    unsafe extern "C" {
        fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
        fn _exit(code: i32) -> !;
    }
    const SIGTERM: i32 = 15;
    unsafe { signal(SIGTERM, end) };
}
