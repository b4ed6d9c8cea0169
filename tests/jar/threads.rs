//! Sealing and opening use buffers of the thread. They also work in nested calls, and while the
//! thread's own values are dropped at its end.

use std::cell::{Cell, RefCell};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use hardtack::Jar;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::encrypted_jar;

const NAME: &str = "_app_session";

fn there_and_back(jar: &Jar, value: &str) -> bool {
    let cookie = jar.write(NAME, value, None).unwrap();
    let read = jar.read_value::<String>(NAME, cookie.value()).unwrap();
    read.value() == value
}

/// Seals and opens a cookie when it is dropped, and reports the success.
struct Last {
    jar: Jar,
    tell: Sender<bool>,
}

impl Drop for Last {
    fn drop(&mut self) {
        self.tell
            .send(there_and_back(&self.jar, "the end"))
            .unwrap();
    }
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_that_ends_still_seals_and_opens() {
    for buffers_first in [true, false] {
        let (tell, told) = channel();
        let jar = encrypted_jar();
        let run = move || {
            // The order of dropping depends on the order of creation.
            if buffers_first {
                assert!(there_and_back(&jar, "begun"));
            }
            let last = Last {
                jar: jar.clone(),
                tell,
            };
            LAST.set(Some(last));
            assert!(there_and_back(&jar, "going on"));
        };
        thread::spawn(run).join().unwrap();
        assert_eq!(told.recv(), Ok(true), "buffers first: {buffers_first}");
    }
}

thread_local! {
    static NESTED: Cell<u32> = const { Cell::new(0) };
}

/// A value whose own code uses the jar.
#[derive(Debug, PartialEq)]
struct Nests(String);

fn nest() {
    let jar = encrypted_jar();
    let long = "n".repeat(900);
    assert!(there_and_back(&jar, &long));
    NESTED.set(NESTED.get() + 1);
}

impl Serialize for Nests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        nest();
        let written = self.0.serialize(serializer);
        nest();
        written
    }
}

impl<'de> Deserialize<'de> for Nests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        nest();
        let read = String::deserialize(deserializer).map(Self);
        nest();
        read
    }
}

#[test]
fn values_may_use_jars_themselves() {
    let jar = encrypted_jar();
    let value = Nests("outside".to_owned());
    let cookie = jar.write(NAME, &value, None).unwrap();
    let read = jar.read_value::<Nests>(NAME, cookie.value()).unwrap();
    assert_eq!(*read.value(), value);
    assert_eq!(NESTED.get(), 4);
}
