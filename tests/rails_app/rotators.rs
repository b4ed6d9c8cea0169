//! The rotator of Rails' upgrade guide.

use hardtack::rails_app::RailsApp;
use hardtack::settings::KeyDigest;
use hardtack::{Jar, LoadDefaults, SecretKeyBase};

use crate::written::{settings, told, written};

/// As the guide had it in Rails 7.0.0, later ones, and with other names.
#[test]
fn rotators_are_understood_or_told() {
    let guide = |secret: &str, iterations: &str, length: &str| {
        format!(
            "Rails.application.config.action_dispatch.cookies_rotations.tap do |cookies|
  salt = Rails.application.config.action_dispatch.authenticated_encrypted_cookie_salt
  secret_key_base = {secret}
  key_generator = ActiveSupport::KeyGenerator.new(
    secret_key_base, iterations: {iterations}, hash_digest_class: OpenSSL::Digest::SHA1
  )
  key_len = {length}
  secret = key_generator.generate_key(salt, key_len)
  cookies.rotate :encrypted, secret
end
"
        )
    };
    let own = "Rails.application.secret_key_base";
    let length = "ActiveSupport::MessageEncryptor.key_len";
    let secret = SecretKeyBase::new("8d2e4af6".repeat(16)).unwrap();
    let before = LoadDefaults::V8_1
        .settings()
        .key_generator_hash_digest_class(KeyDigest::Sha1);
    let older = Jar::encrypted(&secret, before)
        .write("tab", 7, None)
        .unwrap();
    let mut ran = 0;
    for (rotator, opens) in [
        (guide(own, "1000", length), true),
        (guide(own, "1_000", "32"), true),
        (
            guide("Rails.application.secrets.secret_key_base", "1000", length),
            false,
        ),
        (guide("ENV['OLD']", "1000", length), false),
        (guide(own, "2**16", length), false),
        (guide(own, "65536", length), false),
        (
            guide(own, "1000", length).replace(" iterations: 1000,", ""),
            false,
        ),
        (guide(own, "1000", "64"), false),
        (
            format!(
                "Rails.application.config.after_initialize do |app|\n{}end\n",
                guide(own, "1000", length)
            ),
            true,
        ),
        (format!("if x\n{}end\n", guide(own, "1000", length)), false),
        (
            guide(own, "1000", length).replace("OpenSSL::Digest::SHA1", "OpenSSL::Digest::MD5"),
            false,
        ),
        (
            guide(own, "1000", length).replace(":encrypted, secret", ":encrypted, other"),
            false,
        ),
        (
            guide(own, "1000", length).replace(":encrypted, secret", ":signed, secret"),
            false,
        ),
        (
            guide(own, "1000", length)
                .replace("  cookies.rotate", "  secret = x\n  cookies.rotate"),
            false,
        ),
    ] {
        let root = written(
            "rotators",
            &[("config/initializers/cookie_rotator.rb", &rotator)],
        );
        let app = RailsApp::new(&root).environment("production");
        let app = app.variables(|name| (name == "SECRET_KEY_BASE").then(|| "8d2e4af6".repeat(16)));
        let found = app.jar().unwrap().read_value::<u8>("tab", older.value());
        assert_eq!(found.is_ok(), opens, "{rotator}");
        let told = told(&app.settings().unwrap());
        assert_eq!(told.is_empty(), opens, "{rotator}");
        let is_rotation = |(file, _, setting): &(String, u32, &str)| {
            file == "config/initializers/cookie_rotator.rb" && *setting == "cookies_rotations"
        };
        assert!(told.iter().all(is_rotation), "{told:?}");
        ran += 1;
    }
    assert_eq!(ran, 14);
    // Beside CBC, Rails would take the present key that signs.
    let cbc =
        "Rails.application.config.action_dispatch.use_authenticated_cookie_encryption = false\n";
    let root = written(
        "rotator beside cbc",
        &[
            (
                "config/initializers/cookie_rotator.rb",
                &guide(own, "1000", length),
            ),
            ("config/initializers/z.rb", cbc),
        ],
    );
    let file = "config/initializers/cookie_rotator.rb".to_owned();
    assert_eq!(
        told(&settings(&root, "production")),
        [(file, 9, "cookies_rotations")]
    );
}
