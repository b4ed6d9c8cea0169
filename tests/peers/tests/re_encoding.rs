//! hardtack reads Marshal and writes it again: Rails finds the same objects of the same classes,
//! with the same sharing, and the change in its place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::{CookieHeader, Jar, SessionData};
use hardtack_peers::{
    JarKind, MarshalVector, Rails, Serializer, Settings, assert_same_and_shared, cookie_value,
    marshal_vectors,
};
use serde_json::{Value, json};

const SECRET: &str = "a secret that both sides have";
const NAME: &str = "_app_session";
const VECTORS: usize = 52 + 203;

/// Refused rather than followed for ever: no session of real use is cyclic.
const CYCLIC: &str = "rails-8.1 cyclic";

/// The values that Ruby itself does not call equal to a copy: NaN, an Object, a Hash by its keys' identity.
const EQUAL_TO_NOTHING: [&str; 5] = [
    "rails-8.1 nan",
    "ruby-3.1 object extended twice",
    "ruby-3.1 float nan",
    "ruby-3.1 decimal NaN",
    "ruby-3.1 hash by identity",
];

/// Each app with the jar in which the objects stand. Without the envelope, so that each fits.
fn apps() -> [(Settings, JarKind); 3] {
    let settings = Settings::new(SECRET).with(Serializer::Marshal).bare();
    [
        (settings.clone(), JarKind::Encrypted),
        (settings.clone().cbc(), JarKind::Encrypted),
        (settings, JarKind::Signed),
    ]
}

fn loadable() -> Vec<MarshalVector> {
    let vectors = marshal_vectors();
    assert_eq!(vectors.len(), VECTORS);
    let loadable = vectors.into_iter().filter(|vector| vector.name != CYCLIC);
    loadable.collect()
}

/// The session that Rails wrote: through its session store, or as a value of the signed jar.
fn rails_writes(rails: &mut Rails, kind: JarKind, entries: &[(&str, String)]) -> String {
    let answer = match kind {
        JarKind::Encrypted => {
            let ruby: serde_json::Map<_, _> = entries
                .iter()
                .map(|(key, ruby)| ((*key).to_owned(), json!(ruby)))
                .collect();
            rails.ask(json!({"op": "eval_session", "ruby": ruby}))
        }
        JarKind::Signed => {
            let entries = entries
                .iter()
                .map(|(key, ruby)| format!("'{key}' => {ruby}"));
            let entries: Vec<_> = entries.collect();
            let ruby = format!("{{'session_id' => '00' * 16, {}}}", entries.join(", "));
            rails.ask(json!({"op": "eval_write", "jar": "signed", "name": NAME, "ruby": ruby}))
        }
    };
    cookie_value(&answer, NAME).to_owned()
}

/// Rails finds these entries, in this order; a nil goes, as from any session. Through the jar: the
/// session store would write the longest ones anew, and then there is no room for what was added.
fn rails_finds(
    rails: &mut Rails,
    kind: JarKind,
    session: &SessionData,
    cookie: &str,
    ruby: &str,
) -> Value {
    let id = session.session_id().expect("writing makes one");
    rails.ask(json!({
        "op": "eval_equal", "jar": kind.name(), "name": NAME, "cookie": cookie,
        "ruby": format!("{{'session_id' => '{id}'}}.merge({ruby}.compact)"),
    }))
}

fn read(jar: &Jar, cookie: &str) -> SessionData {
    let header = format!("{NAME}={cookie}");
    let opened = SessionData::read(jar, NAME, &CookieHeader::new(&header));
    let opened = opened.expect("it opens").expect("it is there");
    assert!(!opened.needs_rewrite());
    opened.into_value()
}

fn write(session: &mut SessionData, jar: &Jar) -> String {
    let written = session.write(jar, NAME, None);
    written.expect("it is written").escaped_value().to_owned()
}

#[track_caller]
fn assert_kept(answer: &Value, vector: &MarshalVector) {
    if EQUAL_TO_NOTHING.contains(&vector.name.as_str()) {
        assert_eq!(answer["equal"], false, "{}: {answer}", vector.name);
        let strict = (&answer["classes_equal"], &answer["sharing_equal"]);
        assert_eq!(
            strict,
            (&json!(true), &json!(true)),
            "{}: {answer}",
            vector.name
        );
    } else {
        assert_same_and_shared(answer, &vector.name);
    }
}

/// Under one key whole, under a later one again: a link to the first. What hardtack puts before
/// both, and what it takes away, gives every object and every Symbol another number.
fn every_vector_beside_a_changed_key((settings, kind): (Settings, JarKind)) {
    let (mut changed, mut removed) = (0, 0);
    let jar = settings.unlimited_jar(kind);
    let mut rails = Rails::start(&settings);
    for vector in loadable() {
        let object = format!("($object = {})", vector.ruby());
        let written = rails_writes(
            &mut rails,
            kind,
            &[
                ("before", "[:sym, 'before', 1.5]".to_owned()),
                ("object", object.clone()),
                ("once_more", "[$object]".to_owned()),
            ],
        );

        let mut session = read(&jar, &written);
        session
            .insert(
                "before",
                json!(["new", {"new": "new"}, 2.5, 1u64 << 40, [], ""]),
            )
            .expect("it is written");
        let cookie = write(&mut session, &jar);
        let ruby = format!(
            "{{'before' => ['new', {{'new' => 'new'}}, 2.5, 1 << 40, [], ''], \
             'object' => {object}, 'once_more' => [$object]}}"
        );
        assert_kept(
            &rails_finds(&mut rails, kind, &session, &cookie, &ruby),
            &vector,
        );
        changed += 1;

        let mut session = read(&jar, &written);
        session.remove("object");
        let cookie = write(&mut session, &jar);
        let ruby = format!(
            "{{'before' => [:sym, 'before', 1.5], 'once_more' => [{}]}}",
            vector.ruby()
        );
        assert_kept(
            &rails_finds(&mut rails, kind, &session, &cookie, &ruby),
            &vector,
        );
        removed += 1;
    }
    assert_eq!((changed, removed), (VECTORS - 1, VECTORS - 1));
}

#[test]
fn every_vector_with_gcm() {
    let [gcm, _, _] = apps();
    every_vector_beside_a_changed_key(gcm);
}

#[test]
fn every_vector_with_cbc() {
    let [_, cbc, _] = apps();
    every_vector_beside_a_changed_key(cbc);
}

#[test]
fn every_vector_in_the_signed_jar() {
    let [_, _, signed] = apps();
    every_vector_beside_a_changed_key(signed);
}

#[test]
fn a_cycle_is_no_session() {
    for (settings, kind) in apps() {
        let jar = settings.unlimited_jar(kind);
        let mut rails = Rails::start(&settings);
        let cyclic = marshal_vectors().into_iter().find(|one| one.name == CYCLIC);
        let entries = [("object", cyclic.expect("it is recorded").ruby())];
        let header = format!("{NAME}={}", rails_writes(&mut rails, kind, &entries));
        assert!(SessionData::read(&jar, NAME, &CookieHeader::new(&header)).is_err());
    }
}

/// As hardtack sees its keys: of those that are one text the last, at the place of the first.
const BY_TEXT: &str = "by_text = ->(hash) { \
    hash.keys.group_by(&:to_s).values.each_with_object(hash.dup.clear) { |keys, found| \
    found[keys.last] = hash[keys.last] }.delete_if { |_, value| value.nil? } }";

/// `{`, `}` or, of a subclass, `C`.
fn is_hash(vector: &MarshalVector) -> bool {
    let tag = &vector.hex[4..6];
    tag == "7b" || tag == "7d" || tag == "43" && vector.name != "ruby-3.1 array subclass"
}

/// The Hash itself is the session: its class, its default, its instance variables, the kinds of
/// its keys. Each key is changed in turn.
#[test]
fn every_hash_as_the_session() {
    let (mut hashes, mut keys) = (0, 0);
    for (settings, kind) in apps() {
        let jar = settings.unlimited_jar(kind);
        let mut rails = Rails::start(&settings);
        for vector in loadable().into_iter().filter(is_hash) {
            let written = rails.ask(json!({
                "op": "eval_write", "jar": kind.name(), "name": NAME, "ruby": vector.ruby(),
            }));
            let session = read(&jar, cookie_value(&written, NAME));
            hashes += 1;
            for place in 0..session.keys().len() {
                let mut session = session.clone();
                let key = session.keys()[place].clone().into_owned();
                session.insert(key, "changed").expect("text fits");
                session.insert("new", ["new"]).expect("text fits");
                let cookie = write(&mut session, &jar);
                let id = session.session_id().expect("writing makes one");
                let answer = rails.ask(json!({
                    "op": "eval_equal", "jar": kind.name(), "name": NAME, "cookie": cookie,
                    "ruby": format!(
                        "{BY_TEXT}; hash = {}; \
                         hash[hash.keys.group_by(&:to_s).values.map(&:last)[{place}]] = 'changed'; \
                         hash = by_text[hash]; hash['new'] = ['new']; \
                         hash['session_id'] = '{id}' unless hash.key?('session_id'); hash",
                        vector.ruby(),
                    ),
                }));
                assert_kept(&answer, &vector);
                keys += 1;
            }
        }
    }
    assert_eq!((hashes, keys), (3 * 21, 3 * 62));
}

/// The key under which shared objects came first is gone: they come whole under the next one.
#[test]
fn every_removal_leaves_what_ruby_would_write() {
    let mut removed = 0;
    for (settings, kind) in apps() {
        let jar = settings.unlimited_jar(kind);
        let mut rails = Rails::start(&settings);
        for vector in loadable() {
            let Some(rest) = vector.rest() else { continue };
            let written = rails.ask(json!({
                "op": "eval_write", "jar": kind.name(), "name": NAME, "ruby": vector.ruby(),
            }));
            let mut session = read(&jar, cookie_value(&written, NAME));
            let first = session.keys()[0].clone().into_owned();
            assert!(session.remove(&first));
            let cookie = write(&mut session, &jar);
            let id = session.session_id().expect("writing makes one");
            let answer = rails.ask(json!({
                "op": "eval_equal", "jar": kind.name(), "name": NAME, "cookie": cookie,
                "ruby": format!("{rest}.merge('session_id' => '{id}')"),
            }));
            assert_kept(&answer, &vector);
            removed += 1;
        }
    }
    assert_eq!(removed, 27);
}

/// Read as a [`hardtack::value::Value`] and written as one: what a `Value` does not carry, and what Rails
/// says of the copy that hardtack writes. Sharing it never carries.
const NOT_CARRIED: [(&str, &str); 18] = [
    // Text is UTF-8 from then on.
    ("rails-8.1 ascii", "value: [#<Encoding:UTF-8>"),
    // Symbols and Regexps are text: what is no UTF-8 is shown as U+FFFD, and not written.
    (
        "ruby-3.1 symbol in another encoding",
        "U+FFFD in a Symbol, a Regexp or a name",
    ),
    (
        "ruby-3.1 symbol encoding",
        "U+FFFD in a Symbol, a Regexp or a name",
    ),
    (
        "ruby-3.1 regexp in another encoding",
        "U+FFFD in a Symbol, a Regexp or a name",
    ),
    // Hashes have no default.
    (
        "rails-8.1 hash_default",
        "value.default: NilClass, expected Integer",
    ),
    (
        "ruby-3.1 hash default shared",
        "value[0].default: NilClass, expected String",
    ),
    (
        "ruby-3.1 session with default",
        "value.default: NilClass, expected Integer",
    ),
    // Instance variables: only an object's own, and those of a `_dump`.
    ("ruby-3.1 string with ivars", "\"with ivars\", 0], expected"),
    (
        "ruby-3.1 binary string with ivars",
        "\"\\xFF\", 0], expected",
    ),
    ("ruby-3.1 array with ivars", "value[0]: [2], expected [3]"),
    ("ruby-3.1 struct with ivars", "value[0]: [2], expected [3]"),
    (
        "ruby-3.1 hash subclass with default and ivars",
        "value[0]: [3], expected [4]",
    ),
    // From 8.1 a SafeBuffer has no mark; up to 7.0 it counts as safe only with one.
    ("rails-8.1 safebuffer", "\"<b>\", 1], expected"),
    // Rather an error than half of it.
    ("ruby-3.1 uri", "URI cannot be written as Marshal"),
    ("ruby-3.1 uri opaque", "URI cannot be written as Marshal"),
    ("ruby-3.1 uri plain", "URI cannot be written as Marshal"),
    ("ruby-3.1 uri relative", "URI cannot be written as Marshal"),
    (
        "ruby-3.1 time zone",
        "ActiveSupport::TimeZone cannot be written as Marshal",
    ),
];

#[test]
fn every_vector_as_a_value() {
    let (settings, kind) = apps()[0].clone();
    let jar = settings.unlimited_jar(kind);
    let mut rails = Rails::start(&settings);
    let (mut same, mut different) = (0, 0);
    for vector in loadable() {
        let written = rails.ask(json!({
            "op": "eval_write", "jar": kind.name(), "name": "c1", "ruby": vector.ruby(),
        }));
        let header = format!("c1={}", cookie_value(&written, "c1"));
        let opened = jar.read::<hardtack::value::Value>("c1", &CookieHeader::new(&header));
        let opened = opened.expect("it opens").expect("it is there");
        let outcome = match jar.write("c1", opened.value(), None) {
            Err(error) => error.to_string(),
            Ok(cookie) => {
                let answer = rails.try_ask(&json!({
                    "op": "eval_equal", "jar": kind.name(), "name": "c1",
                    "cookie": cookie.escaped_value(), "ruby": vector.ruby(),
                }));
                match answer {
                    Err(error) => error,
                    Ok(answer) => answer["difference"].as_str().unwrap_or("same").to_owned(),
                }
            }
        };
        let expected = NOT_CARRIED.iter().find(|(name, _)| *name == vector.name);
        match expected {
            None => {
                assert_eq!(outcome, "same", "{}", vector.name);
                same += 1;
            }
            Some((name, difference)) => {
                assert!(outcome.contains(difference), "{name}: {outcome}");
                different += 1;
            }
        }
    }
    // The URI is recorded twice.
    assert_eq!((same, different), (VECTORS - 1 - 19, 19));
}
