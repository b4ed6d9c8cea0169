//! The recipes of `docs/migrating.md`: no user is logged out, each browser moves with its next
//! request, and its new cookie opens without the old settings.

use std::sync::Arc;

use hardtack::observe::Tally;
use hardtack::test_util::{Browser, cookie_header};
use hardtack::{
    Commit, CookieAttributes, CookieStore, Jar, Keyring, LoadDefaults, RequestOrigin, Rotation,
    Serializer, Session, Settings,
};

use crate::steps::Step;
use crate::support::{json, other_secret, secret, vectors};

const NAME: &str = "_app_session";

/// A session that needs no recipe any more.
const GCM_SHA256: &str = "current: encrypted, aes-256-gcm, key digest SHA256, json";
const GCM_SHA1: &str = "current: encrypted, aes-256-gcm, key digest SHA1, json";

/// The session of a browser, before and after.
struct Case {
    what: &'static str,
    before: Before,
    /// The store of the recipe, and a store that has only the new settings.
    recipe: CookieStore,
    after: CookieStore,
    /// The reports of the session's observer: for the first request, and for later ones.
    opened: [&'static str; 2],
    /// The cookies that the response sets or removes.
    names: &'static [&'static str],
}

#[allow(clippy::large_enum_variant, reason = "a dozen cases of a test")]
enum Before {
    /// A cookie that Rails set: `user_id` 42.
    Rails(String),
    Store(Box<CookieStore>),
}

impl Before {
    fn store(store: CookieStore) -> Self {
        Self::Store(Box::new(store))
    }
}

/// The first session that Rails wrote under a serializer.
fn of_rails(file: &str, serializer: &str) -> Before {
    let steps = vectors::<Step>(file).into_iter();
    let mut first =
        steps.filter(|step| step.serializer == serializer && step.what == "first write");
    let step = first.next().unwrap();
    assert!(
        step.secret_key_base
            .starts_with("b3c631c314c0bbca50c1b2843150fe33")
    );
    Before::Rails(step.cookie.unwrap())
}

/// The secret of the vectors.
fn rails_secret() -> hardtack::SecretKeyBase {
    hardtack::SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap()
}

fn store(settings: impl Into<Settings>) -> CookieStore {
    CookieStore::new(&secret(), settings, NAME)
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let hybrid = |version: LoadDefaults| version.settings().cookies_serializer(Serializer::Hybrid);
    vec![
        Case {
            what: "a new secret",
            before: of_rails("sessions/rails-7.1.jsonl", "json"),
            recipe: store(LoadDefaults::V7_1)
                .rotation(Rotation::encrypted(&rails_secret(), LoadDefaults::V7_1)),
            after: store(LoadDefaults::V7_1),
            opened: [
                "rotation 0: encrypted, aes-256-gcm, key digest SHA256, json; to be written again",
                GCM_SHA256,
            ],
            names: &[NAME],
        },
        Case {
            what: "SHA-1 to SHA-256",
            before: of_rails("sessions/rails-6.1.jsonl", "json"),
            recipe: CookieStore::new(&rails_secret(), LoadDefaults::V7_0, NAME).rotation(
                Rotation::encrypted(&rails_secret(), json(LoadDefaults::V6_1)),
            ),
            after: CookieStore::new(&rails_secret(), LoadDefaults::V7_0, NAME),
            opened: [
                "rotation 0: encrypted, aes-256-gcm, key digest SHA1, json; to be written again",
                GCM_SHA256,
            ],
            names: &[NAME],
        },
        Case {
            what: "SHA-1 to SHA-256, and Marshal to JSON",
            before: of_rails("sessions/rails-6.1.jsonl", "marshal"),
            recipe: CookieStore::new(&rails_secret(), LoadDefaults::V7_0, NAME)
                .rotation(Rotation::encrypted(&rails_secret(), LoadDefaults::V6_1)),
            after: CookieStore::new(&rails_secret(), LoadDefaults::V7_0, NAME),
            opened: [
                "rotation 0: encrypted, aes-256-gcm, key digest SHA1, marshal; to be written again",
                GCM_SHA256,
            ],
            names: &[NAME],
        },
        Case {
            what: "CBC to GCM",
            before: Before::store(store(json(LoadDefaults::V5_1))),
            recipe: store(json(LoadDefaults::V6_1)),
            after: store(json(LoadDefaults::V6_1)),
            opened: [
                "current: encrypted, aes-256-cbc, key digest SHA1, HMAC digest SHA1, json; to be written again",
                GCM_SHA1,
            ],
            names: &[NAME],
        },
        Case {
            what: "CBC to GCM, under a new secret",
            before: Before::store(CookieStore::new(
                &other_secret(),
                json(LoadDefaults::V5_1),
                NAME,
            )),
            recipe: store(LoadDefaults::V7_1).rotation(Rotation::encrypted(
                &other_secret(),
                json(LoadDefaults::V5_1),
            )),
            after: store(LoadDefaults::V7_1),
            opened: [
                "rotation 0: encrypted, aes-256-cbc, key digest SHA1, HMAC digest SHA1, json; to be written again",
                GCM_SHA256,
            ],
            names: &[NAME],
        },
        Case {
            what: "Marshal to JSON",
            before: of_rails("sessions/rails-7.1.jsonl", "marshal"),
            recipe: CookieStore::new(&rails_secret(), hybrid(LoadDefaults::V7_1), NAME),
            after: CookieStore::new(&rails_secret(), LoadDefaults::V7_1, NAME),
            opened: [
                "current: encrypted, aes-256-gcm, key digest SHA256, marshal; to be written again",
                GCM_SHA256,
            ],
            names: &[NAME],
        },
        Case {
            what: "signed to encrypted",
            before: Before::store(CookieStore::with_keyring(
                Keyring::new(&other_secret(), LoadDefaults::V3_2)
                    .session_in(Jar::signed(&other_secret(), LoadDefaults::V3_2)),
                NAME,
            )),
            recipe: store(LoadDefaults::V7_1)
                .rotation(Rotation::signed(&other_secret(), LoadDefaults::V3_2)),
            after: store(LoadDefaults::V7_1),
            opened: [
                "rotation 0: signed, the secret itself as key, HMAC digest SHA1, marshal; to be written again",
                GCM_SHA256,
            ],
            names: &[NAME],
        },
        Case {
            what: "narrowing a domain",
            before: Before::store(store(LoadDefaults::V7_1).domain("example.org")),
            recipe: store(LoadDefaults::V7_1)
                .former_attributes(CookieAttributes::new().domain("example.org")),
            after: store(LoadDefaults::V7_1),
            opened: [GCM_SHA256, GCM_SHA256],
            names: &[NAME, NAME],
        },
        Case {
            what: "renaming a cookie",
            before: of_rails("sessions/rails-7.1.jsonl", "json"),
            recipe: CookieStore::new(&rails_secret(), LoadDefaults::V7_1, "__Host-app")
                .secure(true)
                .rotation(
                    Rotation::encrypted(&rails_secret(), LoadDefaults::V7_1).cookie_name(NAME),
                ),
            after: CookieStore::new(&rails_secret(), LoadDefaults::V7_1, "__Host-app"),
            opened: [
                "rotation 0: encrypted, aes-256-gcm, key digest SHA256, json, under an older name; to be written again",
                GCM_SHA256,
            ],
            names: &["__Host-app", NAME],
        },
    ]
}

/// Sends a request that changes the session; the browser stores the cookies of the response.
fn visit(store: &Arc<CookieStore>, browser: &mut Browser) -> Vec<String> {
    let origin = RequestOrigin::new(true, Some("www.example.org"));
    let session = Session::open(store, browser.cookie_header(), origin);
    assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
    session.insert("moved", true).unwrap();
    let Commit::Set(cookies) = session.commit(200).unwrap() else {
        panic!("nothing is set")
    };
    // This test's browser has no cookie that is removed under another domain.
    let own = cookies.iter().filter(|cookie| cookie.domain().is_none());
    browser.receive(own.map(ToString::to_string));
    cookies
        .iter()
        .map(|cookie| cookie.name().to_owned())
        .collect()
}

/// Returns how the cookies of this name came in, one after another if they differ.
fn heard(tally: &Tally, name: &str) -> Vec<String> {
    let mut heard = Vec::new();
    for (cookie, how, count) in tally.snapshot() {
        assert_eq!(cookie, name);
        heard.extend((0..count).map(|_| how.unwrap().to_string()));
    }
    heard
}

#[test]
fn nobody_is_logged_out() {
    let mut ran = 0;
    for case in cases() {
        let Case {
            what,
            before,
            recipe,
            after,
            opened,
            names,
        } = case;
        let tally = Arc::new(Tally::new());
        let recipe = Arc::new(recipe.observer(tally.clone()));
        let header = match before {
            Before::Rails(cookie) => format!("{NAME}={cookie}"),
            Before::Store(before) => {
                cookie_header(&before, |session| session.insert("user_id", 42)).unwrap()
            }
        };
        let mut browser = Browser::default();
        browser.receive([header]);
        let same = what == "narrowing a domain" || what == "CBC to GCM";
        assert_eq!(
            browser.session(&after).is_some(),
            same,
            "{what}: nothing to mend"
        );
        assert_eq!(visit(&recipe, &mut browser), names, "{what}");
        let moved = browser.clone();
        visit(&recipe, &mut browser);
        assert_eq!(heard(&tally, recipe.name()), opened, "{what}");
        let browser = moved;
        let session = browser.session(&after).expect(what);
        assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42), "{what}");
        assert_eq!(session.get::<bool>("moved").unwrap(), Some(true), "{what}");
        ran += 1;
    }
    assert_eq!(ran, 9);
}

/// Old and new servers in turns, through all three deploys.
#[test]
fn a_rolling_deploy() {
    let old = || CookieStore::new(&rails_secret(), json(LoadDefaults::V6_1), NAME);
    let sha1 = || Rotation::encrypted(&rails_secret(), json(LoadDefaults::V6_1));
    let new = || CookieStore::new(&rails_secret(), LoadDefaults::V7_0, NAME);
    let deploys = [
        [old(), new().rotation(sha1().writes())],
        [new().rotation(sha1().writes()), new().rotation(sha1())],
        [new().rotation(sha1()), new()],
    ];
    let mut browser = Browser::default();
    let Before::Rails(cookie) = of_rails("sessions/rails-6.1.jsonl", "json") else {
        panic!("a cookie of Rails")
    };
    browser.receive([format!("{NAME}={cookie}")]);
    let mut ran = 0;
    for servers in deploys {
        let servers = servers.map(Arc::new);
        for server in servers.iter().cycle().take(6) {
            visit(server, &mut browser);
            ran += 1;
        }
    }
    assert_eq!(ran, 18);
    assert!(browser.session(&new()).is_some());
    assert!(browser.session(&old()).is_none());
}
