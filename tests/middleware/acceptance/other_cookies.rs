//! Other cookies than the session's, after a change of secret, through every framework.

use std::sync::Arc;

use hardtack::{CookieAttributes, CookieStore, Jar, LoadDefaults, Rotation, SecretKeyBase};

use super::app::{Framework, Handler, Reply, Request};

/// A cookie that a rotation opens is set again as Rails sets it. A cookie that nothing opens is
/// treated as absent.
pub(crate) fn other_cookies_after_a_change_of_secret(framework: &dyn Framework) {
    let [new, old, lost] = ["n", "o", "l"].map(|c| SecretKeyBase::new(c.repeat(64)).unwrap());
    let version = LoadDefaults::V7_1;
    let store = CookieStore::new(&new, version, "_app_session")
        .rotation(Rotation::encrypted(&old, version))
        .signed_rotation(Rotation::signed(&old, version));
    let pair = |jar: &Jar, name: &str| {
        let cookie = jar.write(name, "v", &CookieAttributes::new().http_only(true));
        format!("{name}={}", cookie.unwrap().escaped_value())
    };
    let again = pair(&Jar::signed(&new, version), "seen");
    let request = Request {
        cookies: vec![
            pair(&Jar::signed(&old, version), "seen"),
            pair(&Jar::encrypted(&old, version), "discount"),
            pair(&Jar::encrypted(&lost, version), "plan"),
        ],
        ..Request::default()
    };
    let response = framework.serve(
        &(&Arc::new(store)).into(),
        request,
        Handler::new(|session| {
            let cookies = session.cookies();
            let read = [
                cookies.signed().get::<String>("seen"),
                cookies.encrypted().get("discount"),
                cookies.encrypted().get("plan"),
            ];
            Reply::text(format!("{read:?}"))
        }),
    );
    let response = response.unwrap();
    assert_eq!(
        (response.status, response.body.as_str()),
        (200, r#"[Ok(Some("v")), Ok(Some("v")), Ok(None)]"#)
    );
    let [seen, discount] = &response.set_cookies[..] else {
        panic!("{response:?}");
    };
    assert_eq!(*seen, format!("{again}; path=/; samesite=lax"));
    assert!(
        discount.starts_with("discount=") && discount.ends_with("; path=/; samesite=lax"),
        "{discount}"
    );
}
