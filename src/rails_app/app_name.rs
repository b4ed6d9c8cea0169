//! The app's name, as used in the session's default name.

/// Returns the name that Rails derives from the application's class: `MyShop::Application` is
/// `my_shop` (`Railtie.generate_railtie_name` and the initializer `setup_default_session_store`).
/// The app's own inflections (acronyms) are not known.
pub(super) fn app_name(class: &str) -> String {
    let name = class
        .split("::")
        .map(underscore)
        .collect::<Vec<_>>()
        .join("_");
    match name.strip_suffix("_application") {
        Some(name) => name.to_owned(),
        None => name,
    }
}

/// Converts a name without `::` as `ActiveSupport::Inflector.underscore` does.
fn underscore(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let at = |index: usize| characters.get(index).copied();
    let mut result = String::with_capacity(name.len() + 8);
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(at);
        let starts_word = character.is_ascii_uppercase()
            && match before {
                Some(before) if before.is_ascii_lowercase() || before.is_ascii_digit() => true,
                // The last capital before a small letter starts a word: HTMLPage becomes html_page.
                Some(before) if before.is_ascii_uppercase() => {
                    at(index + 1).is_some_and(|next| next.is_ascii_lowercase())
                }
                _ => false,
            };
        if starts_word {
            result.push('_');
        }
        result.push(if *character == '-' {
            '_'
        } else {
            character.to_ascii_lowercase()
        });
    }
    result
}
