//! The rules of every store, for both kinds of tables: short stories in which the test's own
//! statements stand for another program.

use crate::table::Shape;

/// A step of a rule, on the key that it names first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Another program inserts a row that is alive.
    Insert(&'static str, &'static str),
    /// Another program changes the data of a row.
    Set(&'static str, &'static str),
    /// The time of a row has passed.
    End(&'static str),
    /// Another program deletes a row.
    Remove(&'static str),
    /// The store loads this data. It remembers the version, for [`On::Loaded`].
    Load(&'static str, Option<&'static str>),
    Save(&'static str, &'static str, On, Out),
    Touch(&'static str, bool),
    Delete(&'static str, On, bool),
    /// The table has this data, or no row.
    Has(&'static str, Option<&'static str>),
    /// The table has so many rows.
    Rows(i64),
}

/// The condition of a save or a deletion.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    Absent,
    Present,
    /// Unchanged since the last load of the key, or its last save.
    Loaded,
    Always,
}

/// The outcome of a save.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Out {
    Done,
    Gone,
    /// A conflict, which brings this data.
    There(&'static str),
}

pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// The kinds of tables for which it is.
    pub(crate) shapes: &'static [Shape],
    pub(crate) steps: &'static [Step],
}

use On::{Absent, Always, Loaded, Present};
use Out::{Done, Gone, There};
use Step::{Delete, End, Has, Insert, Load, Remove, Rows, Save, Set, Touch};

const BOTH: &[Shape] = &[Shape::ActiveRecord, Shape::Plain];
const PLAIN: &[Shape] = &[Shape::Plain];
const ACTIVE_RECORD: &[Shape] = &[Shape::ActiveRecord];

pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "a row that another program wrote is loaded",
        shapes: BOTH,
        steps: &[Insert("k", "one"), Load("k", Some("one")), Load("l", None)],
    },
    Rule {
        name: "a new key is saved once",
        shapes: BOTH,
        steps: &[
            Save("k", "one", Absent, Done),
            Save("k", "two", Absent, There("one")),
            Has("k", Some("one")),
            Rows(1),
        ],
    },
    Rule {
        name: "a save that needs a row makes none",
        shapes: BOTH,
        steps: &[
            Save("k", "one", Present, Gone),
            Insert("k", "one"),
            Load("k", Some("one")),
            Remove("k"),
            Save("k", "two", Loaded, Gone),
            Save("k", "two", Present, Gone),
            Rows(0),
        ],
    },
    Rule {
        name: "a save without a condition makes the row or replaces it",
        shapes: BOTH,
        steps: &[
            Save("k", "one", Always, Done),
            Save("k", "two", Always, Done),
            Has("k", Some("two")),
            Rows(1),
        ],
    },
    Rule {
        name: "a conflict brings what is there",
        shapes: BOTH,
        steps: &[
            Insert("k", "one"),
            Load("k", Some("one")),
            Set("k", "another's"),
            Save("k", "two", Loaded, There("another's")),
            Has("k", Some("another's")),
            Load("k", Some("another's")),
            Save("k", "two", Loaded, Done),
            Has("k", Some("two")),
        ],
    },
    Rule {
        name: "a save of the same data is done",
        shapes: BOTH,
        steps: &[
            Insert("k", "one"),
            Load("k", Some("one")),
            Save("k", "one", Loaded, Done),
            Save("k", "one", Present, Done),
            Save("k", "one", Always, Done),
            Touch("k", true),
            Touch("k", true),
        ],
    },
    Rule {
        name: "data that differs in case has changed",
        shapes: BOTH,
        steps: &[
            Insert("k", "BAh7Bg"),
            Load("k", Some("BAh7Bg")),
            Set("k", "BAH7bG"),
            Save("k", "new", Loaded, There("BAH7bG")),
            Delete("k", Loaded, false),
            Has("k", Some("BAH7bG")),
        ],
    },
    Rule {
        name: "data that differs in trailing spaces has changed",
        shapes: BOTH,
        steps: &[
            Insert("k", "one"),
            Load("k", Some("one")),
            Set("k", "one  "),
            Save("k", "new", Loaded, There("one  ")),
            Delete("k", Loaded, false),
            Load("k", Some("one  ")),
            Set("k", "one"),
            Save("k", "new", Loaded, There("one")),
            Delete("k", Loaded, false),
            Has("k", Some("one")),
        ],
    },
    Rule {
        name: "data that differs in accents or a line break has changed",
        shapes: BOTH,
        steps: &[
            Insert("k", "resume\n"),
            Load("k", Some("resume\n")),
            Set("k", "resumé\n"),
            Save("k", "new", Loaded, There("resumé\n")),
            Load("k", Some("resumé\n")),
            Set("k", "resumé"),
            Save("k", "new", Loaded, There("resumé")),
            Delete("k", Loaded, false),
        ],
    },
    Rule {
        name: "every text comes back as it was",
        shapes: BOTH,
        steps: &[
            Save("k", "🍪 é \u{10FFFF} \u{7f}", Absent, Done),
            Load("k", Some("🍪 é \u{10FFFF} \u{7f}")),
            Save("k", r#"'quotes" `and` \'back\\slashes\"#, Loaded, Done),
            Load("k", Some(r#"'quotes" `and` \'back\\slashes\"#)),
            Save("k", "? $1 :name %s %% {} -- /* ;", Loaded, Done),
            Load("k", Some("? $1 :name %s %% {} -- /* ;")),
            Save("k", " \t\r\n ", Loaded, Done),
            Load("k", Some(" \t\r\n ")),
            Save("k", "{\"value\":{\"a\":\"\\u0000\"}}", Loaded, Done),
            Load("k", Some("{\"value\":{\"a\":\"\\u0000\"}}")),
            Save("k", "", Loaded, Done),
            Load("k", Some("")),
            Save("k", "one", Loaded, Done),
        ],
    },
    Rule {
        name: "a key that differs in case, accents or spaces is another one",
        shapes: BOTH,
        steps: &[
            Insert("key", "one"),
            Load("Key", None),
            Load("key ", None),
            Load("kéy", None),
            Save("KEY", "two", Present, Gone),
            Save("key ", "two", Present, Gone),
            Touch("KEY", false),
            Delete("KEY", Always, false),
            Delete("kEy", Always, false),
            Delete("key ", Always, false),
            Has("key", Some("one")),
        ],
    },
    Rule {
        name: "a key is a value and no part of a statement",
        shapes: BOTH,
        steps: &[
            Insert("key", "one"),
            Load("' OR '1' = '1", None),
            Load("\\' OR 1 = 1 -- ", None),
            Load("%", None),
            Delete("k_y", Always, false),
            Save("'; DROP TABLE sessions; --", "two", Absent, Done),
            Load("'; DROP TABLE sessions; --", Some("two")),
            Delete("'; DROP TABLE sessions; --", Loaded, true),
            Rows(1),
        ],
    },
    Rule {
        name: "touch finds a row, and leaves its data",
        shapes: BOTH,
        steps: &[
            Touch("k", false),
            Insert("k", "one"),
            Load("k", Some("one")),
            Touch("k", true),
            Has("k", Some("one")),
            Save("k", "two", Loaded, Done),
            Remove("k"),
            Touch("k", false),
            Rows(0),
        ],
    },
    Rule {
        name: "a deletion has a condition",
        shapes: BOTH,
        steps: &[
            Delete("k", Always, false),
            Insert("k", "one"),
            Insert("l", "one"),
            Load("k", Some("one")),
            Set("k", "two"),
            Delete("k", Loaded, false),
            Load("k", Some("two")),
            Delete("k", Loaded, true),
            Delete("k", Loaded, false),
            Load("k", None),
            Delete("l", Always, true),
            Rows(0),
        ],
    },
    Rule {
        name: "a row whose time has passed is none",
        shapes: PLAIN,
        steps: &[
            Insert("k", "old"),
            Load("k", Some("old")),
            End("k"),
            Touch("k", false),
            Save("k", "new", Loaded, Gone),
            Save("k", "new", Present, Gone),
            Delete("k", Loaded, false),
            Load("k", None),
        ],
    },
    Rule {
        name: "a new key takes the place of a row whose time has passed",
        shapes: PLAIN,
        steps: &[
            Insert("k", "old"),
            End("k"),
            Save("k", "new", Absent, Done),
            Load("k", Some("new")),
            Save("k", "newer", Absent, There("new")),
            Rows(1),
        ],
    },
    Rule {
        name: "a save without a condition takes the place of a row whose time has passed",
        shapes: PLAIN,
        steps: &[
            Insert("k", "old"),
            End("k"),
            Save("k", "new", Always, Done),
            Load("k", Some("new")),
            Rows(1),
        ],
    },
    Rule {
        name: "Rails trims by age, and reads a row of any age",
        shapes: ACTIVE_RECORD,
        steps: &[
            Insert("k", "one"),
            End("k"),
            Load("k", Some("one")),
            Save("k", "two", Loaded, Done),
            Rows(1),
        ],
    },
];
