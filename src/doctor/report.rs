//! Writes the report of a [`Diagnosis`] for a person.

use std::fmt;

use crate::message::jar_kind::JarKind;
use crate::shown::Shown;

use super::cause::CauseKind;
use super::checkup::Check;
use super::cookie_format::CookieFormat;
use super::diagnosis::{Diagnosis, Inside};
use super::words::{count, expiry};

/// The most keys of a session that the report lists.
const MOST_KEYS: usize = 20;

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.answer(f)?;
        match &self.inside {
            Some(inside) => self.opened(f, inside)?,
            None => self.unopened(f)?,
        }
        self.weak_secret_rows(f)
    }
}

impl Diagnosis {
    /// Writes the first line, with the answer.
    fn answer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = Shown::new(self.secret.as_deref().unwrap_or_default());
        let first = self.causes.first().map(super::cause::Cause::kind);
        if self.opens {
            return match first {
                None => writeln!(f, "It opens, with the secret {label}."),
                Some(CauseKind::Expired) => {
                    writeln!(f, "It opens, with the secret {label}, but it has expired.")
                }
                Some(CauseKind::WrongPurpose | CauseKind::OtherName) => writeln!(
                    f,
                    "It opens, with the secret {label}, but belongs to a cookie of another name."
                ),
                Some(CauseKind::OtherSettings) => writeln!(
                    f,
                    "It opens, with the secret {label}, but not under the app's settings."
                ),
                Some(CauseKind::UnreadableValue | CauseKind::FeatureMissing) => {
                    writeln!(f, "The secret {label} fits, but the value cannot be read.")
                }
                Some(CauseKind::Mended) => {
                    writeln!(f, "It opens, with the secret {label}, once it is mended.")
                }
                Some(CauseKind::SecretAltered) => {
                    writeln!(f, "It opens, with the secret {label}, once that is mended.")
                }
                Some(_) => writeln!(
                    f,
                    "It opens, with the secret {label}, but something is wrong with what is in it."
                ),
            };
        }
        match first {
            Some(CauseKind::NoSecret) => writeln!(f, "It was not opened: no secret was given."),
            Some(CauseKind::NotRails) if self.format == CookieFormat::Unknown => {
                writeln!(f, "It was not opened: it is not recognized.")
            }
            Some(CauseKind::NotRails) => {
                writeln!(f, "It is {}, and no cookie that Rails sealed.", self.format)
            }
            Some(CauseKind::Elided) => {
                writeln!(
                    f,
                    "It does not open: it was taken out of the text that you copied."
                )
            }
            Some(CauseKind::CutOff) => writeln!(f, "It does not open: it is cut off."),
            Some(CauseKind::Damaged) => writeln!(f, "It does not open: it is damaged."),
            Some(CauseKind::NoCookie) => writeln!(f, "There is no cookie in it."),
            Some(CauseKind::TooLarge) => writeln!(f, "It was not looked at: it is too large."),
            Some(CauseKind::FeatureMissing) => {
                writeln!(f, "It was not opened: a feature of hardtack is off.")
            }
            _ => writeln!(f, "It does not open: no secret that was given fits."),
        }
    }

    fn unopened(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.format.is_rails() || self.name.is_some() {
            f.write_str("\n")?;
        }
        if self.format.is_rails() {
            row(f, "form", &self.format)?;
            if let Some(shape) = &self.shape {
                row(f, "", shape)?;
            }
        }
        if let Some(name) = &self.name {
            row(f, "name", &Shown::new(name))?;
        }
        for repair in &self.repairs {
            row(f, "mended", repair)?;
        }
        if let Some(tried) = &self.tried {
            row(f, "tried", tried)?;
        }
        self.list_causes(f, "Causes left, the most likely first")
    }

    fn opened(&self, f: &mut fmt::Formatter<'_>, inside: &Inside) -> fmt::Result {
        f.write_str("\n")?;
        row(f, "form", &self.format)?;
        row(f, "sealed by", &inside.era)?;
        if let Some(digest) = self.key_digest {
            row(f, "keys", &format_args!("derived by {digest}"))?;
        } else {
            row(f, "keys", &"the secret itself, as a secret_token")?;
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
        if let Some(version) = inside.opens_as_it_is {
            // The doctor cannot know whether the app reads this cookie as its session. From 4.0 on
            // Rails reads no session from the signed jar, unless only a secret_token is set.
            let by = match self.jar {
                Some(JarKind::Signed) if self.key_digest.is_some() && self.session().is_some() => {
                    " in cookies.signed; its own session it reads from the encrypted jar alone"
                }
                Some(JarKind::Signed) if self.key_digest.is_some() => " in cookies.signed",
                _ => "",
            };
            row(
                f,
                "the app",
                &format_args!("load_defaults {version} opens it as it is{by}"),
            )?;
        }
        let expires = self.expires.map(|at| expiry(at, self.now));
        row(f, "expires", &expires.as_deref().unwrap_or("never"))?;
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
        entries(f, &inside.entries)?;
        self.list_causes(f, "Why an app reads nil from it")?;
        self.remedy_rows(f)
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
        let waits = if check.flash_waits {
            " and waiting"
        } else {
            ""
        };
        row(
            f,
            "session",
            &format_args!(
                "id {}, flash {}{waits}, CSRF token {}",
                word(check.session_id),
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

    fn list_causes(&self, f: &mut fmt::Formatter<'_>, heading: &str) -> fmt::Result {
        if self.causes.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{heading}:")?;
        for (index, cause) in self.causes.iter().enumerate() {
            paragraph(f, &format!("{}.", index + 1), 5, cause)?;
        }
        Ok(())
    }

    fn remedy_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(remedy) = self.remedy() else {
            return Ok(());
        };
        let jar = self.jar.map_or("", JarKind::name);
        let keys = match self.key_digest {
            Some(digest) => format!("Its keys are derived by {digest}"),
            None => "Its key is the secret itself".to_owned(),
        };
        f.write_str("\n")?;
        let text = format!("{keys}. Where the {jar} jar is set otherwise, add this rotation.");
        paragraph(f, "", 0, &text)?;
        writeln!(f, "\nRust:")?;
        writeln!(f, "  {}", remedy.rust())?;
        writeln!(f, "\nRails, in config/initializers/cookie_rotator.rb:")?;
        for line in remedy.rails().lines() {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
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
