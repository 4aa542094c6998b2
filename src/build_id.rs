//! Which program this is: the id that the linker computed over all of it.
//!
//! It changes with the compiler's source, its library of contracts, every dependency and every
//! option of the build, and is found in the first bytes of the executable.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// The largest note segment that is read, in bytes.
const MOST_BYTES: u64 = 4096;

/// The type of a segment with notes in it.
const SEGMENT_OF_NOTES: u32 = 4;

/// The type of a note with a build id.
const BUILD_ID: u32 = 3;

/// The build id of the running program, in hexadecimal digits; `None` where it has none.
#[must_use]
pub fn build_id() -> Option<String> {
    // The running program, whatever is at its path by now.
    of(&mut File::open("/proc/self/exe").ok()?).ok()?
}

/// The build id of an ELF file of 64 bits in this machine's byte order.
fn of(file: &mut (impl Read + Seek)) -> io::Result<Option<String>> {
    let mut header = [0; 64];
    file.read_exact(&mut header)?;
    if !header.starts_with(b"\x7fELF\x02") {
        return Ok(None);
    }
    let (table, size, count) = (long(&header, 32), short(&header, 54), short(&header, 56));
    for number in 0..u64::from(count) {
        let mut segment = [0; 56];
        file.seek(SeekFrom::Start(table + number * u64::from(size)))?;
        file.read_exact(&mut segment)?;
        if word(&segment, 0) == SEGMENT_OF_NOTES {
            let mut notes = vec![];
            file.seek(SeekFrom::Start(long(&segment, 8)))?;
            file.take(long(&segment, 32).min(MOST_BYTES)).read_to_end(&mut notes)?;
            if let Some(id) = in_notes(&notes) {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

fn in_notes(mut notes: &[u8]) -> Option<String> {
    let padded = |length: u32| usize::try_from(length.next_multiple_of(4)).ok();
    while notes.len() >= 12 {
        let (name, length, kind) = (word(notes, 0), word(notes, 4), word(notes, 8));
        let start = 12 + padded(name)?;
        let content = notes.get(start..start + usize::try_from(length).ok()?)?;
        if kind == BUILD_ID && notes[12..].starts_with(b"GNU\0") && !content.is_empty() {
            return Some(content.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        notes = notes.get(start + padded(length)?..)?;
    }
    None
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
