//! Evaluates the ERB in a YAML file as far as it needs no Ruby: environment variables.

use zeroize::Zeroizing;

use super::file::MOST;
use super::rails_app_error::MissingSecret;
use super::variables::Variables;

/// Replaces `<%= ENV["NAME"] %>` and `<%= ENV.fetch("NAME") %>` in a text with the values of the
/// variables (with nothing if a variable is not set). As in Rails, ERB is evaluated before the YAML
/// is parsed.
pub(super) fn result(
    text: &str,
    variables: &Variables,
) -> Result<Zeroizing<String>, MissingSecret> {
    // Room for the usual result: a string that grows leaves its old bytes in memory.
    let mut result = Zeroizing::new(String::with_capacity(2 * text.len() + 1024));
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once("<%") {
        result.push_str(before);
        if let Some(after) = tag.strip_prefix('%') {
            result.push_str("<%");
            rest = after;
            continue;
        }
        let line = || {
            let done = text.len().saturating_sub(tag.len());
            let newlines = text.bytes().take(done).filter(|byte| *byte == b'\n');
            u32::try_from(newlines.count() + 1).unwrap_or(u32::MAX)
        };
        let Some((code, after)) = tag.split_once("%>") else {
            return Err(MissingSecret::Erb { line: line() });
        };
        rest = after;
        if code.starts_with('#') {
            continue;
        }
        // `-%>` removes the newline after it only under a trim mode that Rails does not set here.
        let code = code
            .strip_prefix('=')
            .ok_or_else(|| MissingSecret::Erb { line: line() })?;
        let (name, required) =
            variable(code.trim()).ok_or_else(|| MissingSecret::Erb { line: line() })?;
        match variables.get(name) {
            Some(value) => result.push_str(&value),
            None if required => {
                return Err(MissingSecret::Fetch {
                    variable: name.to_owned(),
                });
            }
            None => {}
        }
        if result.len() > MOST {
            return Err(MissingSecret::TooLarge { most: MOST });
        }
    }
    result.push_str(rest);
    Ok(result)
}

/// Returns the variable that the code reads, and `true` if it must be set.
fn variable(code: &str) -> Option<(&str, bool)> {
    let code = code.strip_prefix("ENV")?;
    let (name, required) = match code.strip_prefix('[') {
        Some(rest) => (rest.strip_suffix(']')?, false),
        None => (code.strip_prefix(".fetch(")?.strip_suffix(')')?, true),
    };
    let name = name.trim();
    let quote = ['"', '\'']
        .into_iter()
        .find(|quote| name.starts_with(*quote))?;
    let name = name.strip_prefix(quote)?.strip_suffix(quote)?;
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (plain && !name.is_empty()).then_some((name, required))
}
