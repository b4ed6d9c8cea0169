//! Functions for the fuzz targets of the readers of an app's files; see [`crate::fuzzing`].

use std::path::Path;

use zeroize::Zeroizing;

use super::configuration::Configuration;
use super::ruby::statement::Reach;
use super::runtime::Runtime;
use super::variables::Variables;
use super::yaml::Node;
use super::{credentials, erb as erb_files, yaml as yaml_files};

/// Returns the text in an encrypted file.
///
/// # Errors
/// The fault of the file.
pub fn encrypted_file(file: &[u8], key: &str) -> Result<String, String> {
    let text = credentials::decrypt(file, key, "the key");
    text.map(|text| (*text).clone())
        .map_err(|reason| reason.to_string())
}

/// Returns the `secret_key_base` at the root of a YAML document (`None` if it is not a text), and
/// those of two sections.
///
/// # Errors
/// The fault of the document.
pub fn yaml(text: &str) -> Result<[Option<String>; 3], String> {
    let secret = |node: &mut Node| match node.take("secret_key_base") {
        Some(Node::Text(text)) => Some((*text).clone()),
        _ => None,
    };
    let read =
        |names: &[&[&str]]| yaml_files::read(text, names).map_err(|reason| reason.to_string());
    let root = secret(&mut read(&[&["secret_key_base"]])?);
    let mut sections = read(&[&["production", "shared"], &["secret_key_base"]])?;
    let mut section = |name| secret(&mut sections.take(name)?);
    Ok([root, section("production"), section("shared")])
}

/// Evaluates the ERB of a YAML file; the value of each variable is its own name.
///
/// # Errors
/// The fault of the text.
pub fn erb(text: &str) -> Result<String, String> {
    let variables = Variables::new(|name| Some(name.to_owned()));
    let result = erb_files::result(text, &variables);
    result
        .map(|text| (*text).clone())
        .map_err(|reason| reason.to_string())
}

/// Returns the lines of a Ruby file that were not understood.
#[must_use]
pub fn ruby(text: &str) -> Vec<String> {
    let mut configuration = Configuration::new(Runtime {
        root: "/no/such/app".into(),
        environment: "production".to_owned(),
        rails: None,
    });
    let file = Path::new("/no/such/app/config/application.rb");
    configuration.read_text(file, Zeroizing::new(text.to_owned()), &Reach::Runs);
    let said = configuration.unreadable_settings.iter();
    said.map(ToString::to_string).collect()
}
