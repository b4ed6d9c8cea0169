//! Any text: no reader fails, and none takes much memory.

use proptest::prelude::*;

use super::super::rails_app_error::MissingSecret;
use super::super::{erb, yaml};
use super::{Variables, rails_version, read};

/// Pieces of Ruby, of YAML and of ERB, with any text between them.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("config.action_dispatch.cookies_serializer = :json"),
        Just("config.session_store :cookie_store, key: \"a\", expire_after: 9.days"),
        Just("cookies_rotations.rotate :signed, digest: 'SHA1'"),
        Just("config.load_defaults 7.1"),
        Just("secret_key_base: &a [*a]"),
        Just("<%= ENV[\"X\"] %>"),
        Just("<<~A"),
        Just("A\n"),
        Just("=begin\n"),
        Just("\n=end\n"),
        Just("#{"),
        Just("}"),
        Just("if"),
        Just("else"),
        Just("elsif "),
        Just("case Rails.env"),
        Just("when "),
        Just("Rails.env.production?"),
        Just("#{Rails.env}"),
        Just("1.month"),
        Just("require "),
        Just("Dir["),
        Just(".each do |f|\n"),
        Just("return"),
        Just("key_generator = ActiveSupport::KeyGenerator.new("),
        Just("end"),
        Just("do |x|"),
        Just("tap do |x|\n"),
        Just("\""),
        Just("'"),
        Just("%w["),
        Just("]"),
        Just("/"),
        Just("\\"),
        Just("é"),
        Just("\u{1f36a}"),
        Just("?"),
        Just(":"),
        Just("::"),
        Just("."),
        Just("\n"),
        Just(" "),
        Just(";"),
        Just("$"),
        Just("@"),
        Just("("),
        Just(")"),
        Just("{"),
        Just("=>"),
        Just("="),
        Just("<"),
        Just("class X"),
        Just("9_9"),
        Just("- "),
        Just("  ? "),
        Just("!!str "),
        Just("&a "),
        Just("*a "),
        Just("|"),
    ];
    let any = prop_oneof![9 => piece.prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(any, 0..40).prop_map(|pieces| pieces.concat())
}

#[test]
fn aliases_of_a_long_text_do_not_fill_the_memory() {
    let text = "x".repeat(16 * 1024);
    let list = |times| {
        let aliases = ["*a"].repeat(times).join(", ");
        format!("a: &a {text}\nrotated_secret_key_bases: [{aliases}]\n")
    };
    let read = |times| yaml::read(&list(times), &[&["rotated_secret_key_bases"]]);
    let mut kept = read(60).unwrap();
    let texts = kept.take("rotated_secret_key_bases").unwrap().into_texts();
    assert_eq!(texts.unwrap().len(), 60);
    assert!(matches!(read(65), Err(MissingSecret::Yaml { .. }))); // 65 times 16 KiB are over a mebibyte
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_the_reader_fail(text in soup()) {
        let configuration = read(&text);
        for one in &configuration.unreadable_settings {
            prop_assert!(one.line as usize <= text.lines().count() + 1);
        }
        let _ = erb::result(&text, &Variables::new(|_| None));
        let _ = yaml::read(&text, &[&["secret_key_base"]]);
        let _ = yaml::read(&text, &[&["shared", "production"], &["secret_key_base"]]);
        let _ = rails_version(&text);
    }
}
