//! The places where the secret is found, and the settings that the files set plainly.

use hardtack::rails_app::{RailsAppError, Searched, UnreadableSetting};
use hardtack::{Jar, SecretKeyBase};

use crate::support;
use crate::{Case, app, text};

#[test]
fn secrets_are_found_where_rails_finds_them() {
    let cases: Vec<Case> = support::vectors("rails_apps/cases.jsonl");
    let (mut found, mut missed) = (0, 0);
    for case in &cases {
        let what = format!("{} {} {:?}", case.app, case.environment, case.variables);
        let app = app(case);
        match app.secrets() {
            Ok(secrets) => {
                assert_eq!(
                    secrets.secret_key_base.as_ref().map(text),
                    case.secret_key_base,
                    "{what}"
                );
                assert_eq!(
                    secrets.secret_token.as_ref().map(text),
                    case.secret_token,
                    "{what}"
                );
                assert_eq!(Some(secrets.found_in), case.found_in, "{what}");
                let rotated = secrets.rotated_secret_key_bases.iter().map(text);
                assert_eq!(rotated.collect::<Vec<_>>(), case.rotated, "{what}");
                assert_eq!(
                    app.secret_key_base().ok().as_ref().map(text),
                    case.secret_key_base
                );
                if case.settings.is_some() {
                    let notes = case.unreadable_settings.iter().flatten();
                    let guesses = notes.filter(|(_, _, setting)| setting == "load_defaults");
                    let plain = guesses.count() == 0;
                    assert_eq!(app.jar().is_ok(), plain, "{what}");
                    assert_eq!(app.signed_jar().is_ok(), plain, "{what}");
                }
                found += 1;
            }
            Err(error) => {
                let RailsAppError::NoSecret { searched, .. } = &error else {
                    panic!("{what}: {error}");
                };
                let searched = searched
                    .iter()
                    .map(|Searched { place, reason, .. }| (place.clone(), reason.to_string()));
                let searched: Vec<_> = searched.collect();
                assert_eq!(Some(&searched), case.searched.as_ref(), "{what}");
                // Every place is told, and no secret.
                let told = format!("{error} {error:?}");
                for (place, reason) in searched {
                    assert!(told.contains(&format!("\n  {place}: {reason}")), "{told}");
                }
                assert!(!told.contains("b3c631c314c0bbca"), "{told}");
                assert!(app.jar().is_err() && app.signed_jar().is_err(), "{what}");
                missed += 1;
            }
        }
    }
    assert_eq!((found, missed), (47, 32));
}

#[test]
fn settings_are_those_that_the_files_say_plainly() {
    let cases: Vec<Case> = support::vectors("rails_apps/cases.jsonl");
    let (mut settings, mut sessions, mut cookies, mut notes) = (0, 0, 0, 0);
    for case in &cases {
        let what = format!("{} {}", case.app, case.environment);
        let found = app(case).settings().unwrap();
        if let Some(expected) = &case.settings {
            // By the release, which has a test of its own.
            let expected_settings = expected.settings().safe_buffer(found.settings.safe_buffer);
            assert_eq!(found.settings, expected_settings, "{what}");
            let load_defaults = found.load_defaults.map(|version| version.to_string());
            assert_eq!(load_defaults, expected.load_defaults, "{what}");
            settings += 1;
        }
        if let Some(name) = &case.session {
            assert_eq!(found.session.name.as_ref(), Some(name), "{what}");
            let store = case.store.as_deref().unwrap_or("cookie_store");
            assert_eq!(found.session.store.as_deref(), Some(store), "{what}");
            let seconds = found.session.expire_after.map(|after| after.as_secs());
            assert_eq!(seconds, case.expire_after, "{what}");
            sessions += 1;
        }
        if let Some(expected) = &case.set_cookie {
            let attributes = &found.session.attributes.for_host("shop.example.com");
            let secret = SecretKeyBase::generate().unwrap();
            let jar = Jar::encrypted(&secret, found.settings.clone());
            let cookie = jar
                .write(found.session.name.as_ref().unwrap(), 1, attributes)
                .unwrap();
            let cookie = cookie.to_string();
            let (pair, attributes) = cookie.split_once("; ").unwrap();
            let (name, _) = pair.split_once('=').unwrap();
            assert_eq!(&format!("{name}=v; {attributes}"), expected, "{what}");
            cookies += 1;
        }
        if let Some(expected) = &case.rotations {
            let digests = found.rotations.iter();
            let digests = digests.map(|one| one.settings.signed_cookie_digest.to_string());
            assert_eq!(&digests.collect::<Vec<_>>(), expected, "{what}");
        }
        if let Some(expected) = &case.unreadable_settings {
            let found = found.unreadable_settings.iter().map(
                |UnreadableSetting {
                     file,
                     line,
                     setting,
                     ..
                 }| (file.display().to_string(), *line, (*setting).to_owned()),
            );
            assert_eq!(&found.collect::<Vec<_>>(), expected, "{what}");
            notes += expected.len();
        }
        // The messages hold no secret.
        let told = format!("{found:?}");
        assert!(!told.contains("b3c631c314c0bbca"), "{what}: {told}");
        for one in &found.unreadable_settings {
            assert!(!one.to_string().contains("b3c631c314c0bbca"), "{one}");
        }
    }
    assert_eq!((settings, sessions, cookies, notes), (18, 10, 9, 13));
}
