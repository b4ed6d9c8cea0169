//! An app's Ruby files, of which no Ruby is run.

use hardtack::fuzzing;

pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let said = fuzzing::ruby(text);
    // One statement or file each, no more than there are lines and semicolons to begin one.
    let begins = text.matches(['\n', ';', '{', '}', '(', '|']).count();
    assert!(said.len() <= 8 * (begins + 1));
    // A comment before it changes the numbers of lines, and nothing else.
    if !text.starts_with('\u{feff}') {
        let commented = format!("# a comment\n{text}");
        assert_eq!(fuzzing::ruby(&commented).len(), said.len());
    }
}
