//! `hardtack secret`: prints a new `secret_key_base`.

use hardtack::SecretKeyBase;
use zeroize::Zeroizing;

use crate::output;

pub(crate) fn run() -> Result<u8, String> {
    let secret = SecretKeyBase::generate().map_err(|error| error.to_string())?;
    let mut line = Zeroizing::new(Vec::with_capacity(secret.expose().len() + 1));
    line.extend_from_slice(secret.expose());
    line.push(b'\n');
    output::print(&line)
}
