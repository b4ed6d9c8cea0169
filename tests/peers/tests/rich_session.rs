//! A session with objects of every kind goes from Rails to hardtack and back, round after round.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::{CookieHeader, SessionData};
use hardtack_peers::{JarKind, Rails, Serializer, Settings, assert_same_and_shared, cookie_value};
use serde_json::json;

const SECRET: &str = "a secret that both sides have";
const NAME: &str = "_app_session";

/// Objects that two keys share, and values of classes of every kind. The keys are
/// in order: `serde_json` sorts them.
const RICH: [(&str, &str); 20] = [
    (
        "a_shared",
        "[($text = +'shared'), ($list = [$text, 1.5]), $text]",
    ),
    ("b_symbol", ":admin"),
    (
        "c_time",
        "Time.at(1_700_000_000, 123_456_789, :nsec, in: '+02:00')",
    ),
    (
        "d_zoned",
        "Time.at(1_700_000_000, 5, :nsec).in_time_zone('Tokyo')",
    ),
    ("e_local", "Time.utc(2024, 2, 29, 1, 2, 3.5r)"),
    (
        "f_decimal",
        "[BigDecimal('1.10'), BigDecimal('-0'), BigDecimal('1e400')]",
    ),
    (
        "g_indifferent",
        "{cart: [{sku: 'a', 'text' => $text}], list: $list}.with_indifferent_access",
    ),
    ("h_object", "Point.new($text, Pt.new(:symbol, $list))"),
    ("i_struct", "Pair.new(Pair.new(1, $text), $list)"),
    ("j_integers", "[2**200, -(2**200), 2**62, 2**30, -1]"),
    ("k_ranges", "[1..3, 'a'...'c', (1..), (..$text), 1.5..2.5]"),
    ("l_set", "Set[1, :b, $text, [$text], nil]"),
    (
        "m_dates",
        "[Date.new(2024, 2, 29), DateTime.new(2024, 2, 3, 4, 5, 6.5r, '+02:00')]",
    ),
    (
        "n_numbers",
        "[1/3r, Complex(1, -2.5), -0.0, 5e-324, 1e100, 0.1 + 0.2]",
    ),
    (
        "o_keys",
        "{sym: :bol, 1 => {nil => true}, 2.5 => $list, [1] => 'x', 'text' => $text}",
    ),
    ("p_default", "Hash.new($text).merge!('k' => 1)"),
    (
        "q_texts",
        "[$text.encode('UTF-16LE'), \"\\xFF\".b, 'ascii'.encode('US-ASCII'), 'x'.html_safe]",
    ),
    (
        "r_dumped",
        "[Packed.new('packed'), Wrapped.new([$list, $text]), 90.minutes + 1.month]",
    ),
    (
        "s_subclasses",
        "[Names.new([$text]), Title.new('t').extend(Loud), String, Comparable]",
    ),
    ("t_shared", "[$text, $list, $list]"),
];

fn rich() -> Vec<(&'static str, String)> {
    let own = |(key, ruby): (&'static str, &str)| (key, ruby.to_owned());
    RICH.into_iter().map(own).collect()
}

/// The Hash of these entries. The first ones make `$text` and `$list`, whether they stay or not.
fn hash(entries: &[(&str, String)]) -> String {
    let entries = entries
        .iter()
        .map(|(key, ruby)| format!("'{key}' => {ruby}"));
    let entries: Vec<_> = entries.collect();
    format!("({}; {{{}}})", RICH[0].1, entries.join(", "))
}

fn assert_holds(rails: &mut Rails, cookie: &str, entries: &[(&str, String)]) {
    let answer = rails.ask(json!({
        "op": "eval_equal", "jar": "session", "cookie": cookie, "ruby": hash(entries),
    }));
    assert_same_and_shared(&answer, &format!("{:?}", entries.last()));
}

/// Several rounds: hardtack changes one key and later removes one after the other, so that what is
/// shared comes first under the next; Rails changes its own key and writes all the rest anew.
#[test]
fn a_rich_session_goes_to_and_fro() {
    // Without the envelope, or CBC's cookie is too long for Rails 7.2.
    let settings = Settings::new(SECRET).with(Serializer::Marshal).bare();
    let mut rounds = 0;
    for settings in [settings.clone(), settings.cbc()] {
        let jar = settings.unlimited_jar(JarKind::Encrypted);
        let mut rails = Rails::start(&settings);
        let mut entries = rich();
        let ruby: serde_json::Map<_, _> = RICH
            .iter()
            .map(|(key, ruby)| ((*key).to_owned(), json!(ruby)))
            .collect();
        let written = rails.ask(json!({"op": "eval_session", "ruby": ruby}));
        let mut cookie = cookie_value(&written, NAME).to_owned();
        let mut id = None;
        assert_holds(&mut rails, &cookie, &entries);
        for round in 0..RICH.len() {
            let header = format!("{NAME}={cookie}");
            let opened = SessionData::read(&jar, NAME, &CookieHeader::new(&header));
            let opened = opened.expect("it opens").expect("it is there");
            assert!(!opened.needs_rewrite());
            let mut session = opened.into_value();
            assert_eq!(
                *id.get_or_insert(session.session_id()),
                session.session_id()
            );
            let hardtacks = json!([round, {"round": format!("{round}")}, "shared"]);
            session
                .insert("hardtack", &hardtacks)
                .expect("it is written");
            entries.retain(|(key, _)| *key != "hardtack");
            let ruby = format!("[{round}, {{'round' => '{round}'}}, 'shared']");
            let place = if round == 0 {
                entries.len()
            } else {
                entries.len() - 1
            };
            entries.insert(place, ("hardtack", ruby));
            if round > 1 {
                let (key, _) = entries.remove(0);
                assert!(session.remove(key));
            }
            let written = session.write(&jar, NAME, None);
            cookie = written.expect("it is written").escaped_value().to_owned();
            assert_holds(&mut rails, &cookie, &entries);

            let answer = rails.ask(json!({
                "op": "session_write", "cookie": cookie, "set": {"rails": [round, "shared"]},
            }));
            entries.retain(|(key, _)| *key != "rails");
            entries.push(("rails", format!("[{round}, 'shared']")));
            cookie = cookie_value(&answer, NAME).to_owned();
            assert_holds(&mut rails, &cookie, &entries);
            rounds += 1;
        }
        let left: Vec<_> = entries.iter().map(|(key, _)| *key).collect();
        assert_eq!(left, ["s_subclasses", "t_shared", "hardtack", "rails"]);
    }
    assert_eq!(rounds, 2 * RICH.len());
}
