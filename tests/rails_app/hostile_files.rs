//! Files that take long to read, or look plainer than they are.

use hardtack::settings::Serializer;

use crate::written::{SERIALIZER, settings, told, written};

const FILE: &str = "config/initializers/session_store.rb";

/// Statements around a setting that may run or not: each is told, and nothing is guessed.
#[test]
fn a_setting_that_may_not_run_is_told() {
    // A file, and the line of the setting.
    let cases = [
        ("case Rails.env\nin \"production\"\n  §\nend", 3),
        ("case Rails.env\nin String => x\n  §\nend", 3),
        (
            "case Rails.env\nwhen \"test\"\n  x\nin \"production\"\n  §\nend",
            5,
        ),
        ("Rails.env.test? and return\n§", 2),
        ("x && return\n§", 2),
        ("§ if require \"x\"", 1),
        ("§ if defined?(X) && require(\"y\")", 1),
    ];
    let setting = "Rails.application.config.session_store :cookie_store, key: \"_shop\"";
    for (file, line) in cases {
        let root = written("may not run", &[(FILE, &file.replace('§', setting))]);
        let found = settings(&root, "production");
        let expected = (FILE.to_owned(), line, "session_store");
        assert_eq!(told(&found), [expected], "{file}");
        assert_eq!(found.session.name, None, "{file}");
    }
    assert_eq!(cases.len(), 7);
}

/// A session store that cannot be read does not leave the default's name.
#[test]
fn a_file_that_cannot_be_read_leaves_no_name() {
    let setting = "Rails.application.config.session_store :cookie_store, key: \"_shop\"\n";
    let root = written("no name", &[(FILE, &format!("{setting}x = \"\n"))]);
    let found = settings(&root, "production");
    assert_eq!(told(&found), [(FILE.to_owned(), 2, "the file")]);
    assert_eq!((found.session.name, found.session.store), (None, None));
}

/// As Ruby 3.1 lists them: folder by folder, and by the whole paths after `sort`.
#[test]
fn the_last_of_the_listed_files_counts() {
    let serializer = |name: &str| SERIALIZER.replace("message_pack", name);
    let last = [
        (
            "Dir[Rails.root.join('more/**/*.rb')].each { |f| require f }",
            Serializer::Hybrid,
        ),
        (
            "Dir[Rails.root.join('more/**/*.rb')].sort.each { |f| require f }",
            Serializer::Marshal,
        ),
        (
            "Dir['more/**/*.rb'].sort.each do |f|\n  require f\nend",
            Serializer::Marshal,
        ),
    ];
    for (statement, expected) in last {
        let root = written(
            "listed",
            &[
                (FILE, statement),
                ("more/a/b.rb", &serializer("marshal")),
                ("more/a-c.rb", &serializer("json")),
                ("more/a.rb", &serializer("hybrid")),
            ],
        );
        let found = settings(&root, "production");
        assert_eq!(found.settings.cookies_serializer, expected, "{statement}");
        assert_eq!(told(&found), [], "{statement}");
    }
}

/// A file that loads itself or another file 25,000 times, in two ways. It ends, and is told once.
#[test]
fn files_that_load_each_other_often_end() {
    for statement in ["load __FILE__\n", "load Rails.root.join('more/b.rb')\n"] {
        let many = statement.repeat(25_000);
        let root = written(
            "bomb",
            &[
                (FILE, many.as_str()),
                (
                    "more/b.rb",
                    &format!("# session_store {}", "x".repeat(1_000_000)),
                ),
                ("config/initializers/z.rb", SERIALIZER),
            ],
        );
        let found = settings(&root, "production");
        let told = told(&found);
        assert!(
            !told.is_empty() && told.len() < 3,
            "{}: {statement}",
            told.len()
        );
    }
}

/// Links that make a folder look endless: Ruby's `**` follows none, `*` follows each.
#[cfg(unix)]
#[test]
fn folders_that_contain_themselves_end() {
    // Whether the files are found, or told as too many.
    let cases = [
        (
            "Dir[Rails.root.join('more/**/*.rb')].each { |f| require f }",
            true,
        ),
        (
            "Dir[Rails.root.join('more/*/*.rb')].each { |f| require f }",
            true,
        ),
        (
            "Dir[Rails.root.join('more/*/*/*/*/*/*/*/*/*.rb')].each { |f| require f }",
            false,
        ),
    ];
    for (statement, is_found) in cases {
        let root = written("links", &[(FILE, statement), ("more/a/x.rb", SERIALIZER)]);
        for place in ["more", "config/initializers"] {
            for link in 0..12 {
                let link = root.join(format!("{place}/link{link}"));
                std::os::unix::fs::symlink(root.join(place), link).unwrap();
            }
        }
        let found = settings(&root, "production");
        let is_set = found.settings.cookies_serializer == Serializer::MessagePack;
        assert_eq!(is_set, is_found, "{statement}");
        let expected = if is_found {
            vec![]
        } else {
            vec![(FILE.to_owned(), 1, "the loaded file")]
        };
        assert_eq!(told(&found), expected, "{statement}");
    }
}

/// Long sources in which each statement could cost as much as the file is long.
#[test]
fn long_and_deep_sources_end() {
    // What comes before the setting, what follows it, and whether it is told.
    let cases = [
        ("if true\n".repeat(30_000), "\nend".repeat(30_000), true),
        ("module A\n".repeat(30_000), String::new(), true),
        ("x do\n".repeat(30_000), "\nend".repeat(30_000), true),
        (
            "if Rails.env.production?\nelse\n".repeat(20_000),
            String::new(),
            false,
        ),
        (many(|n| format!("c{n} = config\n")), String::new(), false),
        (
            format!("x = {}1{}\n", "(".repeat(400), ")".repeat(400)),
            String::new(),
            false,
        ),
        (
            format!("x = {}true\n", "true && ".repeat(30_000)),
            String::new(),
            false,
        ),
        (
            format!("x{}\n", ".force_ssl, y".repeat(30_000)),
            String::new(),
            false,
        ),
    ];
    for (before, after, is_told) in cases {
        let source = format!("{before}{SERIALIZER}{after}\n");
        let shown = &before[..30];
        assert!(source.len() < 1_000_000, "{shown}");
        let root = written("deep", &[(FILE, &source)]);
        let found = settings(&root, "production");
        let mut told = told(&found).into_iter();
        let is_setting = |(_, _, setting): (_, _, &str)| setting == "cookies_serializer";
        assert_eq!(told.any(is_setting), is_told, "{shown}");
    }
}

fn many(line: impl Fn(u32) -> String) -> String {
    (0..30_000).map(line).collect()
}

/// Bytes that are no UTF-8 stand in a comment and a text, and a folder has the name of a file.
#[test]
fn odd_bytes_and_folders() {
    let root = written(
        "odd bytes",
        &[("config/initializers/folder.rb/x.rb", SERIALIZER)],
    );
    let file = b"# caf\xe9\nX = \"\xff\"\nRails.application.config.session_store :cookie_store, key: \"_shop\"\n";
    std::fs::write(root.join(FILE), file).unwrap();
    let found = settings(&root, "production");
    assert_eq!(found.session.name.as_deref(), Some("_shop"));
    assert_eq!(found.settings.cookies_serializer, Serializer::MessagePack);
    assert_eq!(told(&found), []);
}
