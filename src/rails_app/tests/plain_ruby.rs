//! Statements that are plain, told, or no code.

use super::read;
use crate::settings::Serializer;

/// The result for a statement that is put in the place of `§`.
#[derive(Debug, PartialEq)]
enum Outcome {
    Plain,
    UnreadableSetting,
    NoCode,
}

#[test]
fn statements_are_plain_or_told_or_no_code() {
    use Outcome::{NoCode, Plain, UnreadableSetting};
    let cases = [
        ("§", Plain),
        ("  § # a comment", Plain),
        ("x = 1; §; y = 2", Plain),
        ("Rails.application.configure do\n§\nend", Plain),
        ("Shop::Application.configure do\n§\nend", Plain),
        (
            "module Shop\nclass Application < ::Rails::Application\n§\nend\nend",
            Plain,
        ),
        ("if x\n1\nelse\n2\nend\n§", Plain),
        ("x = if y then 1 else 2 end\n§", Plain),
        ("x = [1, 2].map do |n|\nn\nend\n§", Plain),
        ("x = y if z\n§", Plain),
        ("def f(x = 1) = x + 1\n§", Plain),
        ("def f\n  return if x\nend\n§", Plain),
        ("while x do\ny\nend\n§", Plain),
        ("for x in y do\nz\nend\n§", Plain),
        ("x { |y| y.end if y.class }\n§", Plain),
        ("x = { if: 1, \"do\": 2, :end => 3 }\n§", Plain),
        ("x = a ? b : c\n§", Plain),
        ("x = a ?\n  b :\n  c\n§", Plain),
        ("x = %w[if do {]\n§", Plain),
        ("x = %q{a {nested} \"}\n§", Plain),
        ("x = /if \\/ [\"]/i\n§", Plain),
        ("x y, /if/, z\n§", Plain),
        ("x = y / 2 / z\n§", Plain),
        ("x = ?\" + ?'\n§", Plain),
        ("x = $! || $1 || @y || @@z\n§", Plain),
        ("x = \"#{y ? \"#{z}\" : '}'}\"\n§", Plain),
        ("x <<~A, <<-\"B\"\nif\nA\n  do\n  B\n§", Plain),
        ("x = y << z\nclass << self\nend\n§", Plain),
        ("x = `if`\n§", Plain),
        ("x = :\"if\"\nx = :if\n§", Plain),
        ("x\n  .y do\n1\nend\n§", Plain),
        ("-> { x }\n->(x) do\ny\nend\n§", Plain),
        ("begin\nx\nrescue\ny\nend while z\n§", Plain),
        ("case x\nwhen 1 then y\nend\n§", Plain),
        ("=begin\nif\n=end\n§", Plain),
        // Under a condition on the environment, which is production.
        ("§ if Rails.env.production?", Plain),
        ("§ unless Rails.env.test?", Plain),
        ("§ if Rails.env == \"production\"", Plain),
        ("§ if !Rails.env.development? && !Rails.env.test?", Plain),
        ("§ if %w[production staging].include?(Rails.env)", Plain),
        ("§ if Rails.env.in?([\"production\", \"staging\"])", Plain),
        ("§ unless Rails.env.local?", Plain),
        ("if Rails.env.production?\n§\nend", Plain),
        ("if (Rails.env.production?) then\n§\nend", Plain),
        ("if Rails.env.production? || x\n§\nend", Plain),
        ("unless Rails.env.production?\nx\nelse\n§\nend", Plain),
        (
            "if Rails.env.test?\nx\nelsif Rails.env.production?\n§\nelse\ny\nend",
            Plain,
        ),
        ("if Rails.env.test?\nx\nelse §\nend", Plain),
        (
            "case Rails.env\nwhen \"test\"\nx\nwhen \"staging\", \"production\"\n§\nend",
            Plain,
        ),
        ("case Rails.env\nwhen \"test\"\nx\nelse\n§\nend", Plain),
        ("return unless Rails.env.production?\n§", Plain),
        ("if Rails.env.test?\nreturn\nend\n§", Plain),
        (
            "if Rails.env.production?\nif Rails.env.test?\nx\nend\n§\nend",
            Plain,
        ),
        ("x do |y|\nz\nend if Rails.env.test?\n§", Plain),
        // Certain not to run.
        ("§ if Rails.env.test?", NoCode),
        ("§ unless Rails.env.production?", NoCode),
        ("if Rails.env.development?\n§\nend", NoCode),
        ("if Rails.env.test? && x\n§\nend", NoCode),
        ("if Rails.env.production?\nx\nelse\n§\nend", NoCode),
        ("if Rails.env.production?\nx\nelsif y\n§\nend", NoCode),
        ("if Rails.env.test?\nx do |y|\n§\nend\nend", NoCode),
        ("if Rails.env.test?\nif x\n§\nend\nend", NoCode),
        ("case Rails.env\nwhen \"test\"\n§\nend", NoCode),
        ("return if Rails.env.production?\n§", NoCode),
        ("if Rails.env.production?\nreturn\nend\n§", NoCode),
        // Under a condition, or not certain to run.
        ("if x || Rails.env.production?\n§\nend", UnreadableSetting),
        ("if Rails.env.production? && x\n§\nend", UnreadableSetting),
        (
            "if x\ny\nelsif Rails.env.production?\n§\nend",
            UnreadableSetting,
        ),
        ("case Rails.env\nwhen x\ny\nelse\n§\nend", UnreadableSetting),
        ("case x\nwhen \"production\"\n§\nend", UnreadableSetting),
        ("§ if Rails.env.production? if x", UnreadableSetting),
        ("§ if ENV[\"X\"]", UnreadableSetting),
        ("§ if Rails.env.present? == x", UnreadableSetting),
        ("if x\nreturn\nend\n§", UnreadableSetting),
        ("begin\nreturn\nend\n§", UnreadableSetting),
        (
            "if Rails.env.production?\nx do |y|\n§\nend\nend",
            UnreadableSetting,
        ),
        ("if x\n§\nend", UnreadableSetting),
        ("unless x\ny\nelse\n§\nend", UnreadableSetting),
        ("§ if x", UnreadableSetting),
        ("§ unless x", UnreadableSetting),
        ("§ while x", UnreadableSetting),
        ("§ rescue x", UnreadableSetting),
        ("x and §", UnreadableSetting),
        ("x && §", UnreadableSetting),
        ("x ? (§) : y", UnreadableSetting),
        ("begin\n§\nend", UnreadableSetting),
        ("case x\nwhen 1\n§\nend", UnreadableSetting),
        ("def x\n§\nend", UnreadableSetting),
        ("x do\n§\nend", UnreadableSetting),
        ("x { § }", UnreadableSetting),
        ("-> { § }", UnreadableSetting),
        ("x(y do\n§\nend)", UnreadableSetting),
        ("class X\n§\nend", UnreadableSetting),
        ("class X < Rails::Engine\n§\nend", UnreadableSetting),
        (
            "Rails.application.config.after_initialize do\n§\nend",
            UnreadableSetting,
        ),
        ("return if x\n§", UnreadableSetting),
        ("return\n§", NoCode),
        ("x = §", UnreadableSetting),
        ("if x\nend\nif y\n§\nend", UnreadableSetting),
        // Not code.
        ("# §", NoCode),
        ("x # §", NoCode),
        ("=begin\n§\n=end", NoCode),
        ("x\n__END__\n§", NoCode),
        ("x = <<~A\n  §\nA", NoCode),
        ("x = <<-'A B'\n  §\n  A B", NoCode),
        ("x = '\n§'", NoCode),
        ("x = \"\\\"\n§\"", NoCode),
        ("x = %(\n§\n)", NoCode),
        ("x = %w[\n§\n]", NoCode),
        ("x = `\n§`", NoCode),
        ("x = /\n§/x", NoCode),
    ];
    let statement = "Rails.application.config.action_dispatch.cookies_serializer = :json";
    let mut ran = 0;
    for (around, expected) in cases {
        let configuration = read(&around.replace('§', statement));
        let taken = configuration.settings.cookies_serializer == Serializer::Json;
        let outcome = match (taken, configuration.unreadable_settings.as_slice()) {
            (true, []) => Plain,
            (false, [one]) if one.setting == "cookies_serializer" => UnreadableSetting,
            (false, []) => NoCode,
            (taken, told) => panic!("{around}: {taken} {told:?}"),
        };
        assert_eq!(outcome, expected, "{around}");
        ran += 1;
    }
    assert_eq!(ran, 111);
}

#[test]
fn assignments_are_taken_by_every_name_of_the_configuration() {
    // A source, and `true` if it sets json plainly.
    let cases = [
        ("config.action_dispatch.cookies_serializer = :json", true),
        (
            "Rails.configuration.action_dispatch.cookies_serializer = :json",
            true,
        ),
        (
            "Rails.app.config.action_dispatch.cookies_serializer = :json",
            true,
        ),
        (
            "Shop::Application.config.action_dispatch.cookies_serializer = :json",
            true,
        ),
        (
            "A::B::Application.config.action_dispatch.cookies_serializer = :json",
            true,
        ),
        (
            "c = Rails.application.config\nc.action_dispatch.cookies_serializer = :json",
            true,
        ),
        (
            "d = Rails.application.config.action_dispatch\nd.cookies_serializer = :json",
            true,
        ),
        (
            "Rails.application.config.tap do |c|\nc.action_dispatch.cookies_serializer = :json\nend",
            true,
        ),
        (
            "config.action_dispatch.tap do |d|\nd.cookies_serializer = :json\nend",
            true,
        ),
        ("config.action_dispatch.cookies_serializer =\n  :json", true),
        (
            "config.action_dispatch.cookies_serializer = \\\n:json",
            true,
        ),
        (
            "config\n  .action_dispatch\n  .cookies_serializer = :json",
            true,
        ),
        ("config.action_dispatch.cookies_serializer=:json", true),
        (
            "config.action_dispatch.cookies_serializer = :marshal\nconfig.action_dispatch.cookies_serializer = :json",
            true,
        ),
        (
            "Shop.config.action_dispatch.cookies_serializer = :json",
            false,
        ),
        ("x.config.action_dispatch.cookies_serializer = :json", false),
        ("config.x.cookies_serializer = :json", false),
        ("c.action_dispatch.cookies_serializer = :json", false),
        (
            "config.action_dispatch.cookies_serializer = \"json\"",
            false,
        ),
        ("config.action_dispatch.cookies_serializer = :yaml", false),
        ("config.action_dispatch.cookies_serializer = JSON", false),
        (
            "config.action_dispatch.cookies_serializer = x = :json",
            false,
        ),
        (
            "config.action_dispatch.cookies_serializer = :json, :hybrid",
            false,
        ),
        ("config.action_dispatch.cookies_serializer += :json", false),
        (
            "config.action_dispatch.cookies_serializer, x = :json, 1",
            false,
        ),
        ("config.action_dispatch&.cookies_serializer = :json", true),
    ];
    let mut ran = 0;
    for (source, plain) in cases {
        let configuration = read(source);
        let taken = configuration.settings.cookies_serializer == Serializer::Json;
        assert_eq!(taken, plain, "{source}");
        assert_eq!(
            configuration.unreadable_settings.is_empty(),
            plain,
            "{source}"
        );
        ran += 1;
    }
    assert_eq!(ran, 26);
}

#[test]
fn what_does_not_end_is_told() {
    for source in [
        "x = \"",
        "x = '\\'",
        "x = <<~A\nB",
        "=begin\n",
        "x = %w[",
        "x = /a",
        "x = \"#{",
        &format!("x = {}", "\"#{".repeat(100_000)),
    ] {
        let told = read(&format!("\n{source}")).unreadable_settings;
        assert_eq!(
            (told.len(), told[0].setting),
            (1, "the file"),
            "{source:.20}"
        );
    }
}
