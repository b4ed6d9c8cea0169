//! Reads `config/secrets.yml` and `config/secrets.yml.enc` (`Rails::Secrets`, up to Rails 7.1).

use zeroize::Zeroizing;

use super::file::{self, MOST};
use super::rails_app_error::{MissingSecret, Searched};
use super::secrets::{Found, KEY_BASE, Search, Stop, TOKEN};
use super::yaml::{self, Node};
use super::{credentials, erb};

const SECRETS_YML: &str = "config/secrets.yml";
const SECRETS_YML_ENC: &str = "config/secrets.yml.enc";
const SECRETS_YML_KEY: &str = "config/secrets.yml.key";

impl Search<'_> {
    /// Reads the secret and the token in `config/secrets.yml` and `config/secrets.yml.enc`.
    pub(super) fn secrets_yml(
        &mut self,
        shared: bool,
    ) -> Result<(Option<Found>, Option<Found>), Stop> {
        let names = [KEY_BASE, TOKEN];
        let mut documents = Vec::new();
        for file in [SECRETS_YML_ENC, SECRETS_YML] {
            let text = match file {
                SECRETS_YML => self.plain_secrets()?,
                _ if shared && self.configuration.read_encrypted_secrets => {
                    self.encrypted_secrets()?
                }
                _ => continue,
            };
            let Some(text) = text else {
                self.searched.push(Searched {
                    place: file.to_owned(),
                    reason: MissingSecret::Missing,
                });
                continue;
            };
            let read = erb::result(&text, self.variables)
                .and_then(|text| yaml::read(&text, &[&["shared", self.environment], &names]));
            let mut document = match read {
                Ok(document) => document,
                Err(reason) => return self.stop(file, reason),
            };
            let own = document.take(self.environment).unwrap_or(Node::Nil);
            let common = document.take("shared").filter(|_| shared);
            documents.push((file, own, common));
        }
        // The sections of the encrypted file count before those of the other one.
        let mut take = |name| {
            documents.iter_mut().find_map(|(file, own, common)| {
                let node = own.take(name);
                let node = node.or_else(|| common.as_mut()?.take(name));
                node.map(|node| (*file, node))
            })
        };
        let token = match take(TOKEN) {
            Some((file, node)) if self.order.takes_token => self.text(file, TOKEN, node)?,
            _ => None,
        };
        let found = take(KEY_BASE);
        let found = if let Some((file, node)) = found {
            self.text(file, KEY_BASE, node)?
        } else {
            let environment = self.environment;
            let or_shared = if shared { " or shared" } else { "" };
            let keys = format!("{KEY_BASE} under {environment}{or_shared}");
            for (file, ..) in documents {
                let keys = keys.clone();
                self.lacks::<Found>(file, MissingSecret::NoSecretInside { keys });
            }
            None
        };
        Ok((found, token))
    }

    fn plain_secrets(&mut self) -> Result<Option<Zeroizing<String>>, Stop> {
        let read = file::read_text(&self.root.join(SECRETS_YML));
        read.or_else(|reason| self.stop(SECRETS_YML, reason))
    }

    /// Decrypts `config/secrets.yml.enc` (`Rails::Secrets.parse`).
    fn encrypted_secrets(&mut self) -> Result<Option<Zeroizing<String>>, Stop> {
        let file = match file::read(&self.root.join(SECRETS_YML_ENC), MOST) {
            Ok(Some(file)) => file,
            Ok(None) => return Ok(None),
            Err(reason) => return self.stop(SECRETS_YML_ENC, reason),
        };
        // In every version an empty variable is the key (`Rails::Secrets.key`).
        let Some((key, place)) = self.master_key(SECRETS_YML_KEY, true)? else {
            let key_file = SECRETS_YML_KEY.to_owned();
            return self.stop(SECRETS_YML_ENC, MissingSecret::NoKey { key_file });
        };
        let text = credentials::decrypt(&file, &key, &place);
        let text = text.or_else(|reason| self.stop(SECRETS_YML_ENC, reason))?;
        Ok(Some(text))
    }
}
