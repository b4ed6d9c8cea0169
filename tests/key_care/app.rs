//! A Rails app with the secret that the test searches for.

use std::fs;
use std::path::{Path, PathBuf};

use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::SecretKeyBase;

use crate::needles::Needles;

/// The place of an app's secret.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Credentials,
    SecretsYml,
    Local,
    Setting,
}

/// A folder that is removed when dropped.
pub(crate) struct Folder {
    path: PathBuf,
    line: Vec<u8>,
}

impl Folder {
    /// Returns the folder's path, and a line feed.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.path).unwrap();
    }
}

/// Returns the environment whose apps read the secret from this place.
pub(crate) fn environment(folder: &str) -> &'static str {
    if folder.ends_with("Local") {
        "development"
    } else {
        "production"
    }
}

/// Makes the app, and adds its other secrets to the needles.
pub(crate) fn make(
    place: Option<Place>,
    secret: &[u8],
    mut needles: Needles,
) -> (Option<Folder>, Needles) {
    let Some(place) = place else {
        return (None, needles);
    };
    let path = std::env::temp_dir().join(format!("hardtack-{}-{place:?}", std::process::id()));
    let secret = std::str::from_utf8(secret).unwrap();
    let version = match place {
        Place::SecretsYml => "5.1",
        _ => "7.1",
    };
    let setting = match place {
        Place::Setting => format!("config.secret_key_base = '{secret}'"),
        _ => String::new(),
    };
    let ruby = format!(
        "module Shop\n  class Application < Rails::Application\n    config.load_defaults {version}\n    \
         config.action_dispatch.cookies_serializer = :json\n    {setting}\n  end\nend\n"
    );
    write(&path, "config/application.rb", ruby);
    let yaml = format!(
        "# Of no interest.\naws:\n  access_key_id: 123\n\nsecret_key_base: {secret}\nother: [1, two]\n"
    );
    match place {
        Place::Credentials => {
            let generated = SecretKeyBase::generate().unwrap();
            let digits = &generated.expose()[..32];
            let key = hex::decode(digits).unwrap();
            needles.add("master key", digits);
            needles.add("master key, decoded", &key);
            write(&path, "config/credentials.yml.enc", encrypted(&yaml, &key));
            write(&path, "config/master.key", digits);
        }
        Place::SecretsYml => {
            let yaml = format!("shared:\n  a: b\nproduction:\n  secret_key_base: \"{secret}\"\n");
            write(&path, "config/secrets.yml", yaml);
        }
        Place::Local => write(&path, "tmp/local_secret.txt", secret),
        Place::Setting => {}
    }
    let line = format!("{}\n", path.display()).into_bytes();
    (Some(Folder { path, line }), needles)
}

fn write(root: &Path, file: &str, text: impl AsRef<[u8]>) {
    let file = root.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Encrypts a text as Rails does (`ActiveSupport::EncryptedFile`): AES-128-GCM over a Marshal
/// String.
fn encrypted(text: &str, key: &[u8]) -> String {
    assert!((256..65536).contains(&text.len()) || (123..256).contains(&text.len()));
    let mut bytes = b"\x04\x08I\"".to_vec();
    let length = u16::try_from(text.len()).unwrap().to_le_bytes();
    match length {
        [low, 0] => bytes.extend([1, low]),
        [low, high] => bytes.extend([2, low, high]),
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(b"\x06:\x06ET");
    let iv = [7; 12];
    let cipher = Aes128Gcm::new_from_slice(key).unwrap();
    let tag = cipher
        .encrypt_inout_detached(&iv.into(), &[], bytes.as_mut_slice().into())
        .unwrap();
    [&bytes[..], &iv, &tag]
        .map(|part| STANDARD.encode(part))
        .join("--")
}
