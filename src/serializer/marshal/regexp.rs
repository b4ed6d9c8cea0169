//! Converts a Regexp's source and options into one text, as `Regexp#to_s` writes it, and back.

/// The flags, in the order in which Ruby names them, and their bits.
const FLAGS: [(char, u8); 3] = [('m', 4), ('i', 1), ('x', 2)];

/// Returns `(?i-mx:a.b)` (`rb_reg_str_with_opt`): a slash is escaped, control characters are
/// `\x01`.
///
/// The options of a group around the whole source become those of the whole, as in Ruby. Ruby keeps
/// the group if its content is not a Regexp by itself; here its parentheses are counted.
pub(super) fn regexp(source: &str, options: u8) -> String {
    let (source, options) = group(source, options & 7).unwrap_or((source, options));
    let flags = |on: bool| {
        let chosen = FLAGS
            .iter()
            .filter(move |(_, bit)| (options & bit != 0) == on);
        chosen.map(|(flag, _)| flag).collect::<String>()
    };
    let (on, off) = (flags(true), flags(false));
    let dash = if off.is_empty() { "" } else { "-" };
    let mut text = format!("(?{on}{dash}{off}:");
    let mut escaped = false;
    for character in source.chars() {
        match character {
            '/' if !escaped => text.push_str("\\/"),
            '\t'..='\r' => text.push(character),
            _ if character.is_ascii_control() && !escaped => {
                let byte = u32::from(character);
                text.extend(["\\x", &format!("{byte:02X}")]);
            }
            _ => text.push(character),
        }
        escaped = character == '\\' && !escaped;
    }
    text.push(')');
    text
}

/// Returns the source inside a group around the whole source, and the options merged with the
/// group's.
fn group(source: &str, options: u8) -> Option<(&str, u8)> {
    outer(source, options).filter(|(inner, _)| is_whole(inner))
}

/// Returns the text between the first `:` and the last `)` of a source in the form `(?flags:..)`,
/// and the options merged with the flags. It does not check that both belong to one group.
fn outer(source: &str, mut options: u8) -> Option<(&str, u8)> {
    let (flags, inner) = source
        .strip_prefix("(?")?
        .strip_suffix(')')?
        .split_once(':')?;
    let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
    for (flags, set) in [(on, true), (off, false)] {
        for flag in flags.chars() {
            let (_, bit) = FLAGS.iter().find(|(known, _)| *known == flag)?;
            options = if set { options | bit } else { options & !bit };
        }
    }
    Some((inner, options))
}

/// Returns true if every parenthesis has its partner.
fn is_whole(source: &str) -> bool {
    let (mut open, mut class, mut escaped) = (0_usize, 0_usize, false);
    for character in source.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class += 1,
            ']' => class = class.saturating_sub(1),
            '(' if class == 0 => open += 1,
            ')' if class == 0 => match open.checked_sub(1) {
                Some(left) => open = left,
                None => return false,
            },
            _ => {}
        }
    }
    open == 0 && class == 0 && !escaped
}

/// Splits the text that `Regexp#to_s` writes into source and options; other text is a source
/// without options.
pub(super) fn take_apart(text: &str) -> (String, u8) {
    let complete = |(source, options)| {
        // Only all three flags together are the whole expression's options.
        let flags = text.strip_prefix("(?")?.split_once(':')?.0;
        (flags.trim_end_matches('-').replacen('-', "", 1).len() == 3).then_some((source, options))
    };
    // If no parenthesis has its partner it is still one group: a source that Ruby would not compile
    // must not get another group around it each time it is written.
    let whole = outer(text, 0).filter(|(inner, _)| is_whole(inner) || !is_whole(text));
    let (source, options) = whole.and_then(complete).unwrap_or((text, 0));
    // Only `to_s` escaped the slash.
    (source.replace("\\/", "/"), options)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ruby writes no such Regexp; in other streams it must not grow.
    #[test]
    fn what_ruby_would_not_compile_stays_as_it_is() {
        for source in [
            "a[",
            "(",
            "a)b",
            "(?-mix:x[",
            "\\",
            "(?i-mx:a[))",
            "a)(b[",
            "(?i-mx:x[)",
        ] {
            let shown = regexp(source, 2);
            let (again, options) = take_apart(&shown);
            assert_eq!(regexp(&again, options), shown, "{source}");
        }
        // The group's content does not end with it.
        assert_eq!(regexp("(?i-mx:x[)", 0), "(?-mix:(?i-mx:x[))");
    }
}
