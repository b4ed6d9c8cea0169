//! Writes the report of a [`Diagnosis`] for a person.

use std::fmt;

use crate::message::jar_kind::JarKind;
use crate::shown::Shown;

use super::cause::{Cause, CauseKind};
use super::checkup::Check;
use super::cookie_format::CookieFormat;
use super::diagnosis::{Diagnosis, Inside};
use super::words::{count, expiry};

/// The most keys of a session that the report lists.
const MOST_KEYS: usize = 20;

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.answer())?;
        self.list_causes(f)?;
        self.list_actions(f)?;
        self.remedy_rows(f)?;
        self.evidence(f)?;
        self.weak_secret_rows(f)
    }
}

impl Diagnosis {
    /// Returns the first line, with the answer.
    fn answer(&self) -> String {
        let label = self.secret.as_deref().unwrap_or_default();
        let label = Shown::new(label);
        // That another cookie was asked about says nothing of this one.
        let mut kinds = self.causes.iter().map(Cause::kind);
        let first = kinds.find(|kind| self.opens || *kind != CauseKind::OtherName);
        if self.opens {
            let end = match first {
                None => return format!("It opens, with the secret {label}."),
                Some(CauseKind::UnreadableValue | CauseKind::FeatureMissing) => {
                    return format!("The secret {label} fits, but the value cannot be read.");
                }
                Some(CauseKind::OtherMessage) => {
                    return format!("It is no cookie; it verifies with the secret {label}.");
                }
                Some(CauseKind::SecretAltered) => {
                    return format!("It opens, but not with the secret {label} as it is given.");
                }
                Some(CauseKind::Expired) => "but it has expired",
                Some(CauseKind::BadExpiry) => "but its expiry is no time",
                Some(CauseKind::WrongPurpose | CauseKind::OtherName) => {
                    "but belongs to a cookie of another name"
                }
                Some(CauseKind::RotatedSecret) => "which is not the app's present one",
                Some(CauseKind::OtherSettings | CauseKind::UnreadRotations) => {
                    "but not under the app's settings"
                }
                Some(CauseKind::OtherKeys) => "but by keys that no Rails makes by itself",
                Some(CauseKind::OtherJar) => "but the app reads no session from the signed jar",
                Some(CauseKind::OtherStore) => "but the app keeps its sessions elsewhere",
                Some(CauseKind::UrlSafe | CauseKind::OddEnvelope) => {
                    "but the app's version of Rails does not read it"
                }
                Some(CauseKind::Mended) => "once it is mended",
                Some(CauseKind::NotStored) => "but the store has no such session",
                Some(CauseKind::UnknownPassword) => "but the app has it under another number",
                Some(_) => "but something is wrong with what is in it",
            };
            return format!("It opens, with the secret {label}, {end}.");
        }
        match first {
            Some(CauseKind::NoSecret) => "It was not opened: no secret was given.".to_owned(),
            Some(CauseKind::NotRails) if self.format == CookieFormat::Unknown => {
                "It was not opened: it is not recognized.".to_owned()
            }
            Some(CauseKind::NotRails) => {
                format!("It is {}, and no cookie that Rails sealed.", self.format)
            }
            Some(CauseKind::OtherStore) => {
                "It is only the id of a session, which is not in the cookie itself.".to_owned()
            }
            Some(CauseKind::OtherMessage) => "It is no cookie by what it says itself.".to_owned(),
            Some(CauseKind::Elided) => {
                "It does not open: it was taken out of the text that you copied.".to_owned()
            }
            Some(CauseKind::Unsigned) => "It does not open: it is not signed.".to_owned(),
            Some(CauseKind::NotStored) => "The store has no such session.".to_owned(),
            Some(CauseKind::OtherVersion) => {
                "It does not open: it is of another version.".to_owned()
            }
            Some(CauseKind::NotASession) => {
                format!("It is {}, and no session.", self.format)
            }
            Some(CauseKind::Mended) => "It does not open as it was sent.".to_owned(),
            Some(CauseKind::UnreadableValue) => {
                "It was not opened: what the store has cannot be read.".to_owned()
            }
            Some(CauseKind::CutOff) => "It does not open: it is cut off.".to_owned(),
            Some(CauseKind::Damaged) => "It does not open: it is damaged.".to_owned(),
            Some(CauseKind::NoCookie) => "There is no cookie in it.".to_owned(),
            Some(CauseKind::TooLarge) => "It was not looked at: it is too large.".to_owned(),
            Some(CauseKind::FeatureMissing) => {
                "It was not opened: a feature of hardtack is off.".to_owned()
            }
            Some(CauseKind::AnotherSalt) => {
                "It does not open: a secret fits, but not the salt of its encryption.".to_owned()
            }
            Some(CauseKind::PlaceholderSecret) => {
                "It does not open: what was given looks like a placeholder, and not like a secret."
                    .to_owned()
            }
            _ => "It does not open: no secret that was given fits.".to_owned(),
        }
    }

    fn list_causes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = match (self.causes.len(), self.opens) {
            (0, _) => return Ok(()),
            (1, _) => "Cause:",
            (_, true) => "Causes:",
            (_, false) => "Causes left, the likeliest first:",
        };
        let texts = self.causes.iter().map(Cause::text);
        list(f, heading, texts)
    }

    fn list_actions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions = self.causes.iter().map(Cause::action);
        let mut actions: Vec<_> = actions.filter(|action| !action.is_empty()).collect();
        // Two repairs ask for the same.
        actions.dedup();
        if actions.is_empty() {
            return Ok(());
        }
        list(f, "What to do:", actions.into_iter())
    }

    /// Writes what the causes follow from.
    fn evidence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_known = self.format.is_rails() || self.secret.is_some();
        if !is_known && self.name.is_none() {
            return Ok(());
        }
        writeln!(f, "\nEvidence:")?;
        if is_known {
            row(f, "form", &self.format)?;
            if let Some(shape) = &self.shape {
                row(f, "", shape)?;
            }
        }
        match &self.inside {
            Some(inside) => self.opened(f, inside),
            None => self.unopened(f),
        }
    }

    fn unopened(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            row(f, "name", &Shown::new(name))?;
        }
        if let Some(claims) = &self.claims {
            row(f, "it says", claims)?;
        }
        for repair in &self.repairs {
            row(f, "mended", repair)?;
        }
        if let Some(tried) = &self.tried {
            row(f, "tried", tried)?;
        }
        Ok(())
    }

    fn opened(&self, f: &mut fmt::Formatter<'_>, inside: &Inside) -> fmt::Result {
        if let Some(salt) = &inside.message {
            row(f, "salt", &Shown::new(salt).whole())?;
        } else {
            row(f, "sealed by", &inside.era)?;
        }
        if let Some(digest) = self.key_digest {
            row(f, "keys", &format_args!("derived by {digest}"))?;
        } else if inside.unusual.is_none() {
            row(f, "keys", &"the secret itself, as a secret_token")?;
        }
        if let Some(unusual) = inside.unusual {
            row(f, "", &format_args!("its {}", unusual.in_words()))?;
        }
        if let Some(digest) = self.hmac_digest {
            row(f, "signed", &format_args!("by HMAC-{digest}"))?;
        }
        if let Some(serializer) = self.serializer {
            row(f, "serializer", &serializer)?;
        }
        let purpose = match (&self.purpose, inside.has_envelope) {
            (Some(purpose), _) => Shown::new(purpose).to_string(),
            (None, true) => "none, in an envelope".to_owned(),
            (None, false) => "none, and no envelope".to_owned(),
        };
        row(f, "purpose", &purpose)?;
        if let Some(app) = &inside.app {
            let by = match self.jar {
                Some(JarKind::Signed) if self.key_digest.is_some() => " in cookies.signed",
                _ => "",
            };
            row(f, "the app", &format_args!("{app} opens it as it is{by}"))?;
        } else if self.causes.is_empty() {
            let text = "not known: the report tells more with its version (--rails) or its \
                        directory (--rails-app)";
            row(f, "the app", &text)?;
        }
        let expires = self.expires.map(|at| expiry(at, self.now));
        row(f, "expires", &expires.as_deref().unwrap_or("never"))?;
        if inside.message.is_some() {
            return Ok(());
        }
        let counted = if self.name.is_some() || self.purpose.is_some() {
            "name and value as they are sent"
        } else {
            "the value alone as it is sent"
        };
        row(
            f,
            "size",
            &format_args!("{} of 4096, {counted}", count(inside.size, "byte")),
        )?;
        self.session_rows(f)?;
        entries(f, &inside.entries)
    }

    fn session_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(check) = self.session() else {
            return Ok(());
        };
        let word = |check| match check {
            Check::Absent => "none",
            Check::Sane => "sane",
            Check::Odd => "ODD",
        };
        let id = match check.session_id {
            Check::Odd => "of another form than Rails makes, which it reads",
            check => word(check),
        };
        let waits = if check.flash_waits {
            " and waiting"
        } else {
            ""
        };
        row(
            f,
            "session",
            &format_args!(
                "id {id}, flash {}{waits}, CSRF token {}",
                word(check.flash),
                word(check.csrf_token)
            ),
        )
    }

    fn weak_secret_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.weak_secrets.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nWEAK SECRETS, with which anybody can make cookies:")?;
        for (label, weak) in &self.weak_secrets {
            paragraph(f, "-", 4, &format_args!("{}: {weak}", Shown::new(label)))?;
        }
        Ok(())
    }

    fn remedy_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(remedy) = self.remedy_asked_for() else {
            return Ok(());
        };
        writeln!(f, "\nRust:")?;
        for line in remedy.rust().lines() {
            writeln!(f, "  {line}")?;
        }
        let is_message = self.inside.as_ref().is_some_and(|it| it.message.is_some());
        if is_message {
            writeln!(f, "\nRails:")?;
        } else {
            writeln!(
                f,
                "\nRails, in an initializer (config/initializers/cookie_rotator.rb):"
            )?;
        }
        for line in remedy.rails().lines() {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}

/// Writes a list under a heading; numbers it if it has several entries.
fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    heading: &str,
    texts: impl ExactSizeIterator<Item = &'a str>,
) -> fmt::Result {
    writeln!(f, "\n{heading}")?;
    let is_alone = texts.len() == 1;
    for (index, text) in texts.enumerate() {
        if is_alone {
            paragraph(f, "", 2, &text)?;
        } else {
            paragraph(f, &format!("{}.", index + 1), 5, &text)?;
        }
    }
    Ok(())
}

fn entries(f: &mut fmt::Formatter<'_>, entries: &[(String, usize)]) -> fmt::Result {
    if entries.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nBytes of each key, before sealing:")?;
    for (key, bytes) in entries.iter().take(MOST_KEYS) {
        writeln!(f, "{bytes:>6}  {}", Shown::new(key))?;
    }
    if let Some(more) = entries
        .len()
        .checked_sub(MOST_KEYS)
        .filter(|more| *more > 0)
    {
        writeln!(f, "        and {more} more")?;
    }
    Ok(())
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, value: &dyn fmt::Display) -> fmt::Result {
    paragraph(f, name, 14, value)
}

/// Writes a text after `mark`, wrapped to the width of a terminal and indented.
fn paragraph(
    f: &mut fmt::Formatter<'_>,
    mark: &str,
    indent: usize,
    text: &dyn fmt::Display,
) -> fmt::Result {
    const WIDTH: usize = 80;
    let margin = " ".repeat(indent.min(2));
    let mut line = format!("{margin}{mark:<width$}", width = indent.saturating_sub(2));
    let mut is_new = true;
    for word in text.to_string().split(' ').filter(|word| !word.is_empty()) {
        let width = line.chars().count() + 1 + word.chars().count();
        if width > WIDTH && !is_new {
            writeln!(f, "{}", line.trim_end())?;
            line.clear();
            is_new = true;
        }
        if is_new {
            let used = line.chars().count();
            line.extend(std::iter::repeat_n(' ', indent.saturating_sub(used)));
            is_new = false;
        } else {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(f, "{}", line.trim_end())
}
