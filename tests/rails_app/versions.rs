//! The Rails version that an app runs on, and Rails 2.3.

use hardtack::LoadDefaults;
use hardtack::rails_app::RailsApp;
use hardtack::settings::HmacDigest;

use crate::text;
use crate::written::{settings, told, written};

#[test]
fn the_gemfile_tells_the_version_without_a_lock() {
    for (gemfile, rails, version) in [
        (
            "gem \"rails\", \"7.0.8\"",
            Some("7.0.8"),
            LoadDefaults::V7_0,
        ),
        (
            "source 'x'\ngem 'rails', '= 7.0.8'",
            Some("7.0.8"),
            LoadDefaults::V7_0,
        ),
        (
            "gem 'rails', '~> 7.2.1', '>= 7.2.1.1'",
            Some("7.2"),
            LoadDefaults::V7_2,
        ),
        (
            "gem(\"rails\", \"~> 6.1.7\", require: false)",
            Some("6.1"),
            LoadDefaults::V6_1,
        ),
        // Several versions fit, or only Ruby can tell: load_defaults is left.
        ("gem 'rails', '~> 7.0'", None, LoadDefaults::V8_1),
        ("gem 'rails', '>= 7.0.8'", None, LoadDefaults::V8_1),
        ("gem 'rails'", None, LoadDefaults::V8_1),
        ("gem 'rails', ENV['RAILS']", None, LoadDefaults::V8_1),
        ("gem 'rails', '7.0.8' if x", None, LoadDefaults::V8_1),
        (
            "if x\ngem 'rails', '7.0.8'\nelse\ngem 'rails', '7.1.5'\nend",
            None,
            LoadDefaults::V8_1,
        ),
        ("gem 'rails-i18n', '7.0.9'", None, LoadDefaults::V8_1),
        ("# gem 'rails', '7.0.8'", None, LoadDefaults::V8_1),
    ] {
        let root = written("gemfile", &[("Gemfile", gemfile)]);
        let found = settings(&root, "production");
        // The version and load_defaults are told apart.
        assert_eq!(found.rails.as_deref(), rails, "{gemfile}");
        assert_eq!(found.load_defaults, Some(LoadDefaults::V8_1), "{gemfile}");
        assert_eq!(found.settings.version, version, "{gemfile}");
    }
    let lock = "GEM\n  specs:\n    rails (7.1.5)\n";
    let root = written(
        "both",
        &[("Gemfile", "gem 'rails', '6.1.7'"), ("Gemfile.lock", lock)],
    );
    assert_eq!(
        settings(&root, "production").rails.as_deref(),
        Some("7.1.5")
    );
}

/// Under its own `load_defaults` an app has all settings of that version.
#[test]
fn load_defaults_makes_every_setting() {
    let mut ran = 0;
    for version in LoadDefaults::ALL {
        let number = version.to_string();
        if number.as_str() < "5.0" {
            continue;
        }
        let application = format!(
            "module Shop\n  class Application < Rails::Application\n    config.load_defaults {version}\n  end\nend\n"
        );
        let root = written("every setting", &[("config/application.rb", &application)]);
        let found = settings(&root, "production");
        assert_eq!(found.settings, version.settings(), "{version}");
        let app = RailsApp::new(&root).rails("8.2.0").variables(|_| None);
        let newer = app.environment("production").settings().unwrap().settings;
        let expected = version.settings().version(LoadDefaults::V8_2);
        let expected = expected.safe_buffer(newer.safe_buffer);
        assert_eq!(newer, expected, "{version} on 8.2");
        ran += 1;
    }
    assert_eq!(ran, 11);
}

#[test]
fn an_app_of_rails_2_3_is_read() {
    let environment = "RAILS_GEM_VERSION = '2.3.18' unless defined? RAILS_GEM_VERSION
require File.join(File.dirname(__FILE__), 'boot')
Rails::Initializer.run do |config|
  config.action_controller.session = {
    :session_key => '_old_shop', :session_http_only => false,
    :secret => 'a secret of more than thirty characters', :digest => 'SHA256'
  }
end
";
    let root = written("rails 2.3", &[("config/environment.rb", environment)]);
    std::fs::remove_file(root.join("config/application.rb")).unwrap();
    let app = RailsApp::new(&root)
        .environment("production")
        .variables(|_| None);
    let found = app.settings().unwrap();
    assert_eq!(told(&found), []);
    assert_eq!(found.rails.as_deref(), Some("2.3.18"));
    assert_eq!(found.settings.version, LoadDefaults::V2_3);
    assert_eq!(found.settings.signed_cookie_digest, HmacDigest::Sha256);
    assert_eq!(found.session.name.as_deref(), Some("_old_shop"));
    let cookie = app
        .jar()
        .unwrap()
        .write("_old_shop", 1, &found.session.attributes)
        .unwrap();
    assert!(!cookie.to_string().contains("httponly"), "{cookie}");
    let secret = app.secrets().unwrap().secret_token.unwrap();
    assert_eq!(text(&secret), "a secret of more than thirty characters");

    // The generated initializer, and another store.
    std::fs::write(
        root.join("config/environment.rb"),
        "RAILS_GEM_VERSION = '2.3.18'\n",
    )
    .unwrap();
    std::fs::create_dir_all(root.join("config/initializers")).unwrap();
    let store = "ActionController::Base.session = {\n  :key => '_shop_session',\n  :secret => 'another secret of thirty characters'\n}\nActionController::Base.session_store = :active_record_store\n";
    std::fs::write(root.join("config/initializers/session_store.rb"), store).unwrap();
    let found = app.settings().unwrap();
    assert_eq!(found.session.name.as_deref(), Some("_shop_session"));
    assert_eq!(found.session.store.as_deref(), Some("active_record_store"));
    assert_eq!(told(&found), []);
}
