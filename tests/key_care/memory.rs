//! Searches the writable memory of another process: heap, stacks, statics.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};

use crate::needles::{Needles, WINDOW};

/// The needles that were found, and the number of bytes searched.
pub(crate) struct Search<'n> {
    pub(crate) found: BTreeSet<String>,
    pub(crate) names: BTreeSet<&'n str>,
    pub(crate) bytes: usize,
    pub(crate) stack_was_read: bool,
    pub(crate) heap_was_read: bool,
}

/// Searches all writable mappings of a child that waits.
pub(crate) fn search(pid: u32, needles: &Needles) -> Search<'_> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut search = Search {
        found: BTreeSet::new(),
        names: BTreeSet::new(),
        bytes: 0,
        stack_was_read: false,
        heap_was_read: false,
    };
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (Some(range), Some(rights)) = (fields.next(), fields.next()) else {
            panic!("{line}");
        };
        let place = fields.nth(3).unwrap_or("anonymous");
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        memory.seek(SeekFrom::Start(start)).unwrap();
        memory
            .read_exact(&mut bytes)
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(bytes.len() >= WINDOW);
        let mut names = BTreeSet::new();
        needles.found_in(&bytes, &mut names);
        for name in &names {
            search.found.insert(format!("{name} ({place})"));
        }
        search.names.append(&mut names);
        search.bytes += bytes.len();
        search.stack_was_read |= place == "[stack]";
        search.heap_was_read |= place == "[heap]";
    }
    search
}
