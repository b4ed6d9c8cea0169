//! Examines a cookie of cookie-session, whose signature is a second cookie, `<name>.sig`.

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::cookie_format::CookieFormat;
use super::damaged_signature::DamagedSignature;
use super::intake::Mended;
use super::node::{Examined, KEYGRIP, keygrip, mended as mended_causes};
use super::pasted::Pasted;
use super::repair::Repair;
use crate::shown::Shown;

/// The name of the cookie unless the app sets another (cookie-session, `index.js`).
const NAME: &str = "session";

impl Doctor {
    pub(super) fn of_cookie_session(
        &self,
        mended: &Mended,
        cookie: &Pasted<'_>,
        all: &[Pasted<'_>],
    ) -> Option<Examined> {
        if self.node_secrets.is_empty() {
            return None;
        }
        let mut examined = Examined::new(CookieFormat::CookieSession);
        let name = cookie.name.or(self.cookie_name.as_deref()).unwrap_or(NAME);
        let beside = format!("{name}.sig");
        let sent = all.iter().find(|other| other.name == Some(&beside));
        let Some(sent) = sent.and_then(|other| str::from_utf8(other.value).ok()) else {
            let text = format!(
                "the copy has no cookie {}, which signs this one: without it cookie-session begins \
                 an empty session",
                Shown::new(&beside)
            );
            let cause = Cause::new(CauseKind::Unsigned, text)
                .with_action("copy both cookies, or the whole Cookie header");
            return Some(examined.with_cause(cause));
        };
        // cookie-session signs the value as it is sent.
        let signed = |value: &[u8]| [name.as_bytes(), b"=", value].concat();
        let ways = [cookie.value, &mended.bytes];
        let fits = |way: &[u8]| self.fitting(|key| keygrip(key, &signed(way)) == sent);
        let fitting = ways.into_iter().enumerate();
        let fitting = fitting.map(|(way, value)| (way, fits(value)));
        let mut fitting = fitting.filter_map(|(way, secret)| Some((way, secret?)));
        if let Some((way, secret)) = fitting.next() {
            examined.opens = true;
            examined.secret = Some(secret);
            if way == 1 {
                examined.causes.push(escaped(&mended.repairs));
            }
            return Some(examined);
        }
        let damage = ways.into_iter().find_map(|way| {
            let is_of = |key: &[u8]| {
                let right = keygrip(key, &signed(way));
                DamagedSignature::beside(&right, sent, KEYGRIP)
            };
            let secret = self.fitting(|key| is_of(key).is_some())?;
            let right = self.node_secrets.get(secret.place)?;
            let damage = is_of(right.labelled.secret.expose());
            Some((
                secret,
                damage.or_else(|| DamagedSignature::of(sent, KEYGRIP))?,
            ))
        });
        let cause = match damage {
            Some((secret, damage)) => {
                let label = self.node_label(secret.place).unwrap_or_default();
                examined.secret = Some(secret);
                let text = format!("{}; the key {} made it", damage.text, Shown::new(&label));
                Cause::new(damage.kind, text).with_action("copy both cookies again, whole")
            }
            None => match DamagedSignature::of(sent, KEYGRIP) {
                Some(damage) => Cause::new(damage.kind, damage.text)
                    .with_action("copy both cookies again, whole"),
                None => self.another_node_secret(
                    &format!("the signature {}", Shown::new(&beside)),
                    "ask the app for its option keys (or secret) of cookie-session, in its own \
                     environment, and give all of the list; the cookie's name is signed too",
                ),
            },
        };
        Some(examined.with_cause(cause))
    }
}

/// Creates the cause of a value that is signed as it reads once it is mended.
fn escaped(repairs: &[Repair]) -> Cause {
    mended_causes(repairs, "cookie-session")
        .next()
        .unwrap_or_else(|| {
            Cause::new(
                CauseKind::Mended,
                "the value was escaped on the way (%3D stands for =), and cookie-session undoes no \
             escapes",
            )
            .with_action("if it reaches the app like this, mend what sends it")
        })
}
