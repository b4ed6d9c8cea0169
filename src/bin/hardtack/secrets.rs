//! Secrets, from files or from the environment. Never from an argument, which every user of the
//! machine could see.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use hardtack::{Error, SecretKeyBase};
use zeroize::Zeroizing;

use crate::output::complain;

/// The environment variable, Rails' own.
pub(crate) const VARIABLE: &str = "SECRET_KEY_BASE";

/// The most bytes of a secret's file: 500 times what `rails secret` makes.
const MOST: usize = 64 * 1024;

/// Where a secret may be short, and the option that allows it.
#[derive(Clone, Copy)]
pub(crate) struct Short {
    pub(crate) allowed: bool,
    pub(crate) option: &'static str,
}

/// The secret of the environment; none where it is not set.
pub(crate) fn from_environment(short: Short) -> Option<Result<SecretKeyBase, String>> {
    let secret = std::env::var_os(VARIABLE)?.into_encoded_bytes();
    Some(make(secret, short).map_err(|reason| format!("{VARIABLE}: {reason}")))
}

/// The secret that a file holds: verbatim, save one final newline.
pub(crate) fn from_file(file: &Path, short: Short) -> Result<SecretKeyBase, String> {
    let place = format!("secret file {}", file.display());
    let mut secret = read(file).map_err(|error| format!("{place}: {error}"))?;
    if secret.len() > MOST {
        return Err(format!(
            "{place}: more than {MOST} bytes; name a file that holds nothing but the secret"
        ));
    }
    if secret.last() == Some(&b'\n') {
        secret.pop();
    }
    if secret.last() == Some(&b'\r') {
        complain(&format!(
            "{place}: a carriage return ends the secret and is part of it; save the file with \
             Unix line ends if the app's secret has none"
        ));
    }
    make(std::mem::take(&mut *secret), short).map_err(|reason| format!("{place}: {reason}"))
}

/// The file's bytes, as many as are of interest, in memory that is wiped.
fn read(file: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of them beforehand: a vector that grows leaves its old bytes in memory.
    let mut secret = Zeroizing::new(Vec::with_capacity(2 * MOST));
    File::open(file)?
        .take(MOST as u64 + 1)
        .read_to_end(&mut secret)?;
    Ok(secret)
}

fn make(secret: Vec<u8>, short: Short) -> Result<SecretKeyBase, String> {
    let secret = if short.allowed {
        SecretKeyBase::allow_short(secret)
    } else {
        SecretKeyBase::new(secret)
    };
    secret.map_err(|error| match error {
        Error::BlankSecret => {
            "blank; it takes the app's secret_key_base ('hardtack secret' makes a new one)"
                .to_owned()
        }
        Error::ShortSecret { characters, least } => format!(
            "{characters} characters, and {least} are the least; take the app's secret_key_base, \
             or --{} if it really is that short",
            short.option
        ),
        other => other.to_string(),
    })
}
