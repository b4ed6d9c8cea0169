//! `hardtack rotate`: cookies of old settings, sealed anew under others.

use std::cell::Cell;
use std::ffi::OsString;

use clap::Args;

use crate::args::{Limit, SEALED_BEFORE, SEALING, SECRETS, SealedBefore, Sealing};
use crate::cookies::{Cookies, attributes};
use crate::input;
use crate::lines::{self, JSONL, VALUES};
use crate::output::complain;
use crate::seal::{self, EXPIRY_LOST};

#[derive(Args)]
#[command(after_help = help())]
pub(crate) struct Rotate {
    #[arg(value_name = "COOKIE", allow_negative_numbers = true, help = VALUES)]
    values: Vec<OsString>,

    #[arg(long, help = JSONL)]
    jsonl: bool,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten, next_help_heading = SEALING)]
    sealing: Sealing,

    #[command(flatten, next_help_heading = SEALED_BEFORE)]
    sealed_before: SealedBefore,
}

fn help() -> String {
    format!(
        "\
A COOKIE is taken as 'hardtack open' takes it; what is printed belongs after
NAME= in Set-Cookie. The options that start with --from- say how the cookies
were sealed, the others how they are to be. Name what changed:
  - without --from-rails, all that no --from- option says was as it will be;
  - with --from-rails, ciphers, digests, serializer and metadata were that
    version's; name, jar and secrets were still as they will be, and a
    secret_token that is all there is signed;
  - without --from-secret-key-base-file and --from-secret-token-file the secrets
    are those that seal, by the rules below for --from-rails.

The serialized value is copied byte for byte where both settings write the same
format, and converted otherwise (what JSON has no form for becomes what Rails'
as_json makes of it). The expiry that was sealed with it is kept.

--jsonl prints {{\"cookie\": \"...\"}}, and for a cookie that was not sealed anew
{{\"error\": \"...\"}}, with the reasons of 'hardtack open'; besides
  unreadable value  also a value that the new serializer cannot write
  too large         also one that does not fit: see --limit

{SECRETS}\
Exit status: 0 all were sealed anew, 1 some were not, 2 wrong use.

Examples:
  # load_defaults 6.1 -> 7.0: SHA1 -> SHA256, and Marshal -> JSON.
  export SECRET_KEY_BASE=...
  hardtack rotate --name _shop_session --from-rails 6.1 --rails 7.0 < cookies

  # A new secret.
  hardtack rotate --name _shop_session --rails 7.1 --jsonl \\
    --from-secret-key-base-file old.txt --secret-key-base-file new.txt < cookies

  # Marshal -> JSON, and nothing else.
  hardtack rotate --name _shop_session --rails 6.1 \\
    --from-serializer marshal --serializer json < cookies

  # Signed by Rails 3.2 with its secret_token -> encrypted.
  hardtack rotate --name _shop_session --rails 7.1 \\
    --from-rails 3.2 --from-secret-token-file token.txt \\
    --secret-key-base-file secret.txt < cookies

  # Another name, which is sealed with the value.
  hardtack rotate --from-name _old_session --name _shop_session --rails 7.1 \\
    'Cookie: theme=dark; _old_session=cKMlQ...'"
    )
}

pub(crate) fn run(options: Rotate) -> Result<u8, String> {
    let (before, after) = Cookies::before_and_after(
        options.sealed_before.into(),
        options.sealing,
        options.limit.limit,
    )?;
    after.try_out(None)?;
    // Told once, and only where there is one to lose.
    let loses_expiry = Cell::new(!after.seal_expiry());
    lines::each(&options.values, options.jsonl, |line| {
        let opened = input::open(&before, line, |jar, name, value| jar.open(name, value))?;
        let expires = opened.expires_at();
        if expires.is_some() && loses_expiry.take() {
            complain(EXPIRY_LOST);
        }
        let Cookies { jar, name, .. } = &after;
        seal::answer(jar.write_serialized(name, opened.value(), &attributes(expires)))
    })
}
