//! Files that an app's files load.

use hardtack::settings::Serializer;

use crate::written::{SERIALIZER, settings, told, written};

#[test]
fn files_are_read_that_other_files_load() {
    let file = "config/environments/staging.rb";
    // What staging.rb says, another file that makes a setting, and whether it is loaded.
    let cases = [
        (
            "require_relative \"production\"",
            "config/environments/production.rb",
            true,
        ),
        (
            "require_relative 'production.rb'",
            "config/environments/production.rb",
            true,
        ),
        (
            "require File.expand_path('../production', __FILE__)",
            "config/environments/production.rb",
            true,
        ),
        (
            "require File.expand_path('production', __dir__)",
            "config/environments/production.rb",
            true,
        ),
        (
            "require File.join(File.dirname(__FILE__), 'production')",
            "config/environments/production.rb",
            true,
        ),
        (
            "require Rails.root.join('config', 'environments/production')",
            "config/environments/production.rb",
            true,
        ),
        (
            "require \"#{Rails.root}/config/environments/production\"",
            "config/environments/production.rb",
            true,
        ),
        (
            "require Rails.root.join(\"config/#{Rails.env}_x\").to_s",
            "config/staging_x.rb",
            true,
        ),
        ("require 'shop/cookies'", "lib/shop/cookies.rb", true),
        ("require 'shop/cookies'", "shop/cookies.rb", false),
        ("load 'config/cookies.rb'", "config/cookies.rb", true),
        (
            "load Rails.root.join('config/cookies.rb')",
            "config/cookies.rb",
            true,
        ),
        (
            "require_relative '../x' if Rails.env.staging?",
            "config/x.rb",
            true,
        ),
        (
            "require_relative '../x' if Rails.env.test?",
            "config/x.rb",
            false,
        ),
        (
            "Dir[Rails.root.join('config/more/*.rb')].each { |f| require f }",
            "config/more/x.rb",
            true,
        ),
        (
            "Dir[Rails.root.join('config/more/*.rb')].sort.each { |f| load(f) }",
            "config/more/x.rb",
            true,
        ),
        (
            "Dir[\"#{__dir__}/../more/**/*.rb\"].each do |file|\n  require file\nend",
            "config/more/a/b/x.rb",
            true,
        ),
        (
            "Dir.glob(Rails.root.join('config', '**', 'x_*.rb')).each(&method(:require))",
            "config/more/x_y.rb",
            true,
        ),
        (
            "Dir[Rails.root.join('config/more/*.rb')].each { |f| require f }",
            "config/more/a/x.rb",
            false,
        ),
        (
            "Dir[Rails.root.join('config/more/*.rb')].each { |f| require f }",
            "config/more/.x.rb",
            false,
        ),
        (
            "Dir[Rails.root.join('config/mor?/x.rb')].each { |f| puts f }",
            "config/more/x.rb",
            false,
        ),
    ];
    let mut ran = 0;
    for (statement, other, is_loaded) in cases {
        let root = written("loads", &[(file, statement), (other, SERIALIZER)]);
        let found = settings(&root, "staging");
        let expected = if is_loaded {
            Serializer::MessagePack
        } else {
            Serializer::Json
        };
        assert_eq!(found.settings.cookies_serializer, expected, "{statement}");
        assert_eq!(told(&found), [], "{statement}");
        ran += 1;
    }
    assert_eq!(ran, 21);
    // Told with file and line: the file that may be loaded makes a setting, or its path is not known.
    let production = "config/environments/production.rb";
    for (statement, expected) in [
        (
            "\nrequire_relative 'production' if ENV['X']",
            (production, 1, "cookies_serializer"),
        ),
        (
            "x do\n  require_relative 'production'\nend",
            (production, 1, "cookies_serializer"),
        ),
        (
            "x = require_relative('production')",
            (production, 1, "cookies_serializer"),
        ),
        ("\n\nrequire ENV['X']", (file, 3, "the loaded file")),
        ("require \"#{x}/y\"", (file, 1, "the loaded file")),
        (
            "Dir[x].each { |f| require f }",
            (file, 1, "the loaded file"),
        ),
        (
            "Dir['{a,b}/*.rb'].each { |f| require f }",
            (file, 1, "the loaded file"),
        ),
        (
            "Dir['*.rb'].each do |f|\n  require f if x\n  require x\nend",
            (file, 3, "the loaded file"),
        ),
        (
            "%w[a b].each { |f| require f }",
            (file, 1, "the loaded file"),
        ),
    ] {
        let root = written("told", &[(file, statement), (production, SERIALIZER)]);
        let found = settings(&root, "staging");
        assert_eq!(
            found.settings.cookies_serializer,
            Serializer::Json,
            "{statement}"
        );
        let (file, line, setting) = expected;
        assert_eq!(
            told(&found),
            [(file.to_owned(), line, setting)],
            "{statement}"
        );
    }
}

#[test]
fn files_that_load_each_other_end() {
    let both = "require_relative 'two'\nload __FILE__\nload __FILE__\n";
    let root = written(
        "circle",
        &[
            ("config/initializers/one.rb", both),
            (
                "config/initializers/two.rb",
                "require_relative 'one'\nload __FILE__\n",
            ),
        ],
    );
    let found = settings(&root, "production");
    let why = "too many files load each other, or they are too large; no others are read";
    let mut told = found.unreadable_settings.iter();
    assert!(told.any(|one| one.why == why));
    assert_eq!(told.count(), 0);
}
