//! [`Configuration`]: the settings that an app's Ruby files make, one file after the other.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use zeroize::Zeroizing;

use super::credentials_paths::CredentialsPaths;
use super::file;
use super::key_part::{KeyPart, Rotate};
use super::loaded_files::loads;
use super::mention::{mentioned, names_any, sets_cache};
use super::options::SessionOptions;
use super::rails_app_error::RailsAppError;
use super::ruby::Source;
use super::ruby::literal::{Argument, Literal};
use super::ruby::statement::{Reach, Statement, Walk};
use super::ruby::token::{Kind, Token};
use super::runtime::Runtime;
use super::stored_keys::CacheOptions;
use super::unreadable_setting::UnreadableSetting;
use crate::load_defaults::LoadDefaults;
use crate::settings::{HmacDigest, Settings};
use crate::shown::Shown;

/// Settings whose statements may contain a secret as a text.
const SECRET: &[&str] = &[
    "secret_key_base",
    "secret_token",
    "cookies_rotations",
    "session_options",
];

pub(super) const NO_LITERAL: &str = "its value is not a literal that hardtack reads";

/// Rails 2.3's setting, which adds options to those set before.
pub(super) const OF_RAILS_2_3: &str = "session";

/// The depth to which files load each other.
const MAX_DEPTH: usize = 16;

/// The most files that are read.
const MOST_FILES: usize = 2000;

/// The most bytes of all files: large apps have a tenth of them.
const MOST_BYTES: usize = 16 * file::MOST;

/// The setting of a secret in Ruby.
pub(super) struct SecretSetting {
    /// The file and the line.
    pub(super) place: String,
    /// The secret, or the reason why it cannot be read.
    pub(super) value: Result<Secret, &'static str>,
}

/// The value that a secret is set to.
pub(super) enum Secret {
    Text(Zeroizing<String>),
    Variable { name: String, required: bool },
}

/// The settings that an app's Ruby files make.
pub(super) struct Configuration {
    /// The settings without the version, which the files do not decide.
    pub(super) settings: Settings,
    pub(super) load_defaults: Option<LoadDefaults>,
    pub(super) signed_cookie_digest: Option<HmacDigest>,
    /// Used up to 5.1 instead of `signed_cookie_digest`.
    pub(super) cookies_digest: Option<HmacDigest>,
    pub(super) session: SessionOptions,
    pub(super) cache: CacheOptions,
    pub(super) force_ssl: bool,
    /// The option `secure_cookies` of `ssl_options`.
    pub(super) secure_cookies: bool,
    pub(super) rotations: Vec<Rotate>,
    /// The local variables of the present file that hold a part of an older key.
    pub(super) key_parts: Vec<(String, Option<KeyPart>)>,
    pub(super) secret_key_base: Option<SecretSetting>,
    pub(super) secret_token: Option<SecretSetting>,
    pub(super) credentials: CredentialsPaths,
    /// Reads `config/secrets.yml.enc` beside `config/secrets.yml`.
    pub(super) read_encrypted_secrets: bool,
    /// The application's class.
    pub(super) application: Option<String>,
    pub(super) unreadable_settings: Vec<UnreadableSetting>,
    pub(super) runtime: Rc<Runtime>,
    files: FilesRead,
}

/// The files that were read.
#[derive(Default)]
struct FilesRead {
    /// Their absolute paths.
    paths: Vec<PathBuf>,
    bytes: usize,
    /// They are too many, and no other is read.
    is_full: bool,
    /// The number of files that are being read, each loaded by the one before.
    depth: usize,
}

impl Configuration {
    /// Creates the settings that Rails has before any file is read.
    pub(super) fn new(runtime: Runtime) -> Self {
        Self {
            // The newest version whose load_defaults sets nothing for cookies.
            settings: LoadDefaults::V5_1.settings(),
            load_defaults: None,
            signed_cookie_digest: None,
            cookies_digest: None,
            session: SessionOptions::default(),
            cache: CacheOptions::default(),
            force_ssl: false,
            secure_cookies: true,
            rotations: Vec::new(),
            key_parts: Vec::new(),
            secret_key_base: None,
            secret_token: None,
            credentials: CredentialsPaths::default(),
            read_encrypted_secrets: false,
            application: None,
            unreadable_settings: Vec::new(),
            runtime: Rc::new(runtime),
            files: FilesRead::default(),
        }
    }

    /// Reads a file that Rails loads after those read before. Returns `false` if there is none.
    pub(super) fn load(&mut self, path: &Path) -> Result<bool, RailsAppError> {
        let read = file::read_text(path).map_err(|reason| RailsAppError::File {
            file: self.runtime.shown(path).to_owned(),
            reason,
        })?;
        let Some(mut text) = read else {
            return Ok(false);
        };
        // Ruby's parser ignores a byte order mark.
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        if !self.takes(path) {
            return Ok(true);
        }
        self.note(path, &text);
        self.read_text(path, text, &Reach::Runs);
        Ok(true)
    }

    /// Checks that one more file may be read. The first time that it may not, the operator is told.
    fn takes(&mut self, path: &Path) -> bool {
        let is_full = self.files.depth >= MAX_DEPTH
            || self.files.paths.len() >= MOST_FILES
            || self.files.bytes >= MOST_BYTES;
        if is_full && !self.files.is_full {
            self.files.is_full = true;
            self.session.doubt();
            let runtime = Rc::clone(&self.runtime);
            let why = "too many files load each other, or they are too large; no others are read";
            let file = runtime.shown(path);
            self.unreadable(file, 1, "the file", String::new(), why.to_owned());
        }
        !self.files.is_full
    }

    /// Remembers a file that is read.
    fn note(&mut self, path: &Path, text: &str) {
        self.files.paths.push(path.to_owned());
        self.files.bytes += text.len();
    }

    /// Reads the text of a file with this absolute path, which is loaded if `reach` says so.
    pub(super) fn read_text(&mut self, path: &Path, text: Zeroizing<String>, reach: &Reach) {
        let runtime = Rc::clone(&self.runtime);
        let file = runtime.shown(path);
        // The app's other code makes no setting, whether it can be parsed or not.
        let matters = self.files.depth == 0 || names_any(&text);
        let names_session = text.contains("session");
        let source = match Source::parse(text) {
            Ok(source) => source,
            Err(_) if !matters => return,
            Err(unfinished) => {
                if names_session {
                    self.session.doubt();
                }
                self.cache = CacheOptions::default();
                let why =
                    "something that starts on this line does not end, or is nested too deeply";
                self.unreadable(
                    file,
                    unfinished.line,
                    "the file",
                    String::new(),
                    why.to_owned(),
                );
                return;
            }
        };
        let outer = std::mem::take(&mut self.key_parts);
        let mut walk = source.walk(path, &runtime);
        while let Some(mut statement) = walk.next() {
            statement.reach = statement.reach.within(reach.clone());
            if statement.reach != Reach::Never {
                self.statement(file, &source, &walk, &statement);
            }
        }
        self.key_parts = outer;
        self.application = self.application.take().or(walk.application.take());
    }

    fn unreadable(
        &mut self,
        file: &Path,
        line: u32,
        setting: &'static str,
        text: String,
        why: String,
    ) {
        self.unreadable_settings.push(UnreadableSetting {
            file: file.to_owned(),
            line,
            setting,
            text,
            why,
        });
    }

    fn statement(&mut self, file: &Path, source: &Source, walk: &Walk, statement: &Statement) {
        let Statement {
            tokens,
            reach,
            opens_plainly,
            late,
        } = statement;
        let line = tokens.first().map_or(0, |first| first.line);
        match loads(walk, tokens) {
            Some(Ok(loads)) => {
                let reach = loads.reach.as_ref().unwrap_or(reach);
                for path in loads.files {
                    self.load_also(&path, loads.once, reach);
                }
            }
            Some(Err(why)) => {
                let text = source.excerpt(tokens, false);
                self.unreadable(file, line, "the loaded file", text, why.to_owned());
            }
            None => {}
        }
        // A statement that loads a file may make a setting too.
        self.remember_key_part(walk, tokens, *reach == Reach::Runs);
        if sets_cache(source.text(), tokens) {
            let runs = *reach == Reach::Runs && late.is_none() && !opens_plainly;
            self.set_cache(walk, tokens, runs);
        }
        let Some(setting) = mentioned(source.text(), walk, tokens) else {
            return;
        };
        if *opens_plainly {
            return;
        }
        // What the statement sets is not known, unless it can be read.
        if setting != OF_RAILS_2_3 {
            self.doubt(setting);
        }
        let faults = match (reach, late) {
            (Reach::Unknown(why), _) => vec![why.clone()],
            // Rails reads the list of rotations at the first request, and other settings before.
            (_, Some(begun)) if setting != "cookies_rotations" => {
                vec![format!("it is inside `do` (line {begun})")]
            }
            _ => self.plain(walk, tokens, (file, line)),
        };
        if setting == OF_RAILS_2_3 && !faults.is_empty() {
            self.doubt(setting);
        }
        let says_secret = || {
            tokens
                .iter()
                .any(|token| ["secret:", ":secret"].contains(&token.text(source.text())))
        };
        let hides = SECRET.contains(&setting) || says_secret();
        for why in faults {
            self.unreadable(file, line, setting, source.excerpt(tokens, hides), why);
        }
    }

    /// Reads a file that another one loads.
    fn load_also(&mut self, path: &Path, once: bool, reach: &Reach) {
        if self.files.is_full || *reach == Reach::Never {
            return;
        }
        let is_read = self.files.paths.iter().any(|read| read == path);
        if once && is_read || !self.takes(path) {
            return;
        }
        match file::read_text(path) {
            Ok(Some(text)) => {
                self.note(path, &text);
                self.files.depth += 1;
                self.read_text(path, text, reach);
                self.files.depth -= 1;
            }
            Ok(None) => {}
            Err(reason) => {
                let runtime = Rc::clone(&self.runtime);
                let file = runtime.shown(path);
                self.unreadable(file, 1, "the file", String::new(), reason.to_string());
            }
        }
    }

    /// Applies a statement that sets a cache, or seems to.
    fn set_cache(&mut self, walk: &Walk, tokens: &[Token], runs: bool) {
        self.cache = match walk.path(tokens) {
            // The cache of pages and fragments, in versions in which it was another one.
            Some((path, _)) if path == ["action_controller", "cache_store"] => return,
            Some((path, [equals, value @ ..]))
                if runs
                    && path == ["cache_store"]
                    && equals.is(walk.scope().source(), Kind::Operator, "=") =>
            {
                CacheOptions::new(walk.scope().arguments(value))
            }
            _ => CacheOptions::default(),
        };
    }

    /// Remembers that a setting was made in a way that cannot be read, so that neither an earlier
    /// value nor a default is taken for it.
    fn doubt(&mut self, setting: &str) {
        match setting {
            "session_store" | "session_options" | OF_RAILS_2_3 => self.session.doubt(),
            "credentials.content_path" => self.credentials.set("content_path", None),
            "credentials.key_path" => self.credentials.set("key_path", None),
            _ => {}
        }
    }

    /// Applies a statement that runs exactly once and without a condition; returns the faults of
    /// the parts that cannot be read.
    fn plain(&mut self, walk: &Walk, tokens: &[Token], place: (&Path, u32)) -> Vec<String> {
        let scope = walk.scope();
        let source = scope.source();
        let Some((path, rest)) = walk.path(tokens) else {
            return vec!["it is not a plain assignment to the app's config".to_owned()];
        };
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        match rest {
            [equals, value @ ..] if equals.is(source, Kind::Operator, "=") => match path.as_slice()
            {
                ["ssl_options"] => faults(self.ssl_options(scope, value)),
                ["action_controller", "session"] => {
                    self.session_of_2_3(scope.arguments(value), place)
                }
                path => {
                    let place = format!("{}:{}", Shown::path(place.0), place.1);
                    faults(self.assign(path, scope.literal(value), &place))
                }
            },
            [operator, ..] if operator.text(source).ends_with('=') => {
                vec![format!(
                    "`{}` depends on the earlier value",
                    operator.text(source)
                )]
            }
            _ if path == ["action_dispatch", "cookies_rotations", "rotate"] => {
                faults(self.rotate(walk, rest, place))
            }
            _ => self.call(&path, scope.arguments(rest)),
        }
    }

    fn call(&mut self, path: &[&str], arguments: Vec<Argument>) -> Vec<String> {
        match path {
            ["load_defaults"] => {
                let [Argument::Positional(Some(version))] = arguments.as_slice() else {
                    return vec![NO_LITERAL.to_owned()];
                };
                let version = match version {
                    Literal::Number(version) => version.as_str(),
                    Literal::Text(version) => version.as_str(),
                    _ => return vec![NO_LITERAL.to_owned()],
                };
                match version.parse() {
                    Ok(version) => self.load_defaults(version),
                    Err(error) => return vec![format!("{error}")],
                }
                Vec::new()
            }
            ["session_store"] | ["middleware", "use"] => match SessionOptions::new(arguments) {
                Ok((options, faults)) => {
                    self.session = options;
                    faults
                }
                Err(why) => vec![why],
            },
            _ => vec!["it is not a plain assignment or call".to_owned()],
        }
    }
}

fn faults(result: Result<(), &'static str>) -> Vec<String> {
    result.err().into_iter().map(str::to_owned).collect()
}
