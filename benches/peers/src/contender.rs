//! [`Contender`]: what takes part, and how it is seen to do what it should.

use crate::operation::Operation;
use crate::samples::Session;

/// The contender that the others are compared with.
pub(crate) const OURS: &str = "hardtack";

/// A library that takes part: a session in, a header out, and back.
pub(crate) trait Contender {
    /// Its name in the table.
    const NAME: &'static str;

    /// A session that was opened, every top-level key of it found.
    type Opened: Clone;

    /// Every value of a session.
    type Values;

    fn new() -> Self;

    /// Checks that it has this operation; the table leaves out the others.
    fn can(_: Operation) -> bool {
        true
    }

    fn open(&self, cookie: &str) -> Option<Self::Opened>;

    /// The third of six keys.
    fn user_id(opened: &Self::Opened) -> Option<u32>;

    /// The same from the header, where passing over the other five is faster than holding on to
    /// them.
    fn user_id_alone(&self, cookie: &str) -> Option<u32> {
        Self::user_id(&self.open(cookie)?)
    }

    fn typed(&self, cookie: &str) -> Option<Session>;

    fn values(&self, cookie: &str) -> Option<Self::Values>;

    /// The `Set-Cookie` header.
    fn seal(&self, session: &Session) -> String;

    /// The same of a session that is put together here.
    fn seal_by_key(&self, session: &Session) -> String;

    /// The `Set-Cookie` header of a session, with another `user_id`.
    fn change(&self, opened: Self::Opened, user_id: u32) -> String;
}

/// The part of a `Set-Cookie` header that the browser sends back.
pub(crate) fn cookie(set_cookie: &str) -> String {
    set_cookie
        .split_once(';')
        .map_or(set_cookie, |(cookie, _)| cookie)
        .to_owned()
}

/// A contender that does something else than it should is not worth measuring.
pub(crate) fn check<C: Contender>(contender: &C, sessions: &[Session], cookies: &[String]) {
    for (session, sent) in sessions.iter().zip(cookies) {
        let opened = contender.open(sent).expect("it opens what it sealed");
        assert_eq!(C::user_id(&opened), Some(session.user_id), "{}", C::NAME);
        assert_eq!(contender.user_id_alone(sent), Some(session.user_id));
        assert_eq!(contender.typed(sent).as_ref(), Some(session), "{}", C::NAME);
        assert!(!C::can(Operation::OpenAll) || contender.values(sent).is_some());
        if C::can(Operation::SealByKey) {
            let by_key = cookie(&contender.seal_by_key(session));
            assert_eq!(contender.typed(&by_key).as_ref(), Some(session));
        }
        if C::can(Operation::SealChanged) {
            let changed = contender.open(&cookie(&contender.change(opened, 7)));
            assert_eq!(changed.as_ref().and_then(C::user_id), Some(7));
        }
        let mut forged = sent.clone().into_bytes();
        let middle = forged.len() / 2;
        forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).expect("a cookie is ASCII");
        assert!(contender.open(&forged).is_none(), "{}", C::NAME);
    }
}
