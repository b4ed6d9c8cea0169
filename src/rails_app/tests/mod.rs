//! Tests that plain Ruby is read, and that no text makes a reader fail.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and a table of cases is long"
)]

mod any_text;
mod plain_ruby;

use std::path::Path;

use zeroize::Zeroizing;

use super::app_name::app_name;
use super::configuration::Configuration;
use super::erb;
use super::gemfile_lock::rails_version;
use super::rails_app_error::MissingSecret;
use super::ruby::statement::Reach;
use super::runtime::Runtime;
use super::variables::Variables;

fn read(source: &str) -> Configuration {
    let mut configuration = Configuration::new(Runtime {
        root: "/no/such/app".into(),
        environment: "production".to_owned(),
        rails: Some((7, 1, 0)),
    });
    let text = Zeroizing::new(source.to_owned());
    let file = Path::new("/no/such/app/config/initializers/x.rb");
    configuration.read_text(file, text, &Reach::Runs);
    configuration
}

#[test]
fn apps_have_the_names_that_rails_gives_them() {
    // As by Rails 6.1's `railtie_name.chomp("_application")`.
    for (class, name) in [
        ("Shop::Application", "shop"),
        ("MyShop::Application", "my_shop"),
        ("MyHTMLShop::Application", "my_html_shop"),
        ("HTML5Shop::Application", "html5_shop"),
        ("Shop2Go::Application", "shop2_go"),
        ("ABC::Application", "abc"),
        ("A::B::Application", "a_b"),
        ("My_Shop::Application", "my_shop"),
        ("Shop", "shop"),
        ("Application", "application"),
        ("Shop::App", "shop_app"),
    ] {
        assert_eq!(app_name(class), name, "{class}");
    }
}

#[test]
fn the_locked_version_is_that_of_rails() {
    for (lock, version) in [
        (
            "GEM\n  specs:\n    rails (7.1.5)\n      railties (= 7.1.5)\n",
            Some("7.1.5"),
        ),
        ("    railties (8.0.0.rc1)\n", Some("8.0.0.rc1")),
        (
            "    rails-i18n (7.0.9)\n      rails (>= 6.0)\n    actionpack (7.0.8)\n",
            Some("7.0.8"),
        ),
        (
            "    actionpack (7.0.8)\n    rails (7.0.8.1)\n",
            Some("7.0.8.1"),
        ),
        ("DEPENDENCIES\n  rails (~> 7.1)\n", None),
        ("", None),
    ] {
        assert_eq!(rails_version(lock), version, "{lock}");
    }
}

#[test]
fn erb_is_variables_and_nothing_else() {
    let variables = Variables::new(|name| (name == "SET").then(|| "a: b".to_owned()));
    let erb = |line| Err(MissingSecret::Erb { line });
    let cases = [
        ("x", Ok("x")),
        ("<%= ENV[\"SET\"] %>", Ok("a: b")),
        ("<%=ENV['SET']%>", Ok("a: b")),
        ("<%= ENV.fetch('SET') %>", Ok("a: b")),
        ("[<%= ENV['UNSET'] %>]", Ok("[]")),
        ("<%# anything %>x", Ok("x")),
        ("<%% <%= ENV['SET'] %>", Ok("<% a: b")),
        ("%> x", Ok("%> x")),
        ("\n<%= ENV['SET'] || 1 %>", erb(2)),
        ("<%= ENV['SET']\n", erb(1)),
        ("<%= ENV[name] %>", erb(1)),
        ("<%= ENV['SET\"] %>", erb(1)),
        ("<%= ENV['A'] + ENV['B'] %>", erb(1)),
        ("<%= ENV.fetch('SET', 'x') %>", erb(1)),
        ("<% if x %>", erb(1)),
        ("<%= ENV['SET'] -%>", erb(1)),
        ("<%", erb(1)),
        (
            "<%= ENV.fetch('UNSET') %>",
            Err(MissingSecret::Fetch {
                variable: "UNSET".to_owned(),
            }),
        ),
    ];
    for (text, expected) in cases {
        let result = erb::result(text, &variables).map(|text| text.to_string());
        assert_eq!(result, expected.map(str::to_owned), "{text}");
    }
    // A text that expands beyond the limit is refused.
    let variables = Variables::new(|_| Some("x".repeat(100_000)));
    let result = erb::result(&"<%= ENV['X'] %>".repeat(1000), &variables);
    assert_eq!(
        result.unwrap_err(),
        MissingSecret::TooLarge { most: 1024 * 1024 }
    );
}
