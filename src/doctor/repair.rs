//! [`Repair`]: a step that mends a copied value.

use std::fmt;

/// Defines [`Repair`] from its rows: a variant with its documentation, the name that `--json`
/// prints, and the sentence of the report.
macro_rules! repairs {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $sentence:literal;)+) => {
        /// A repair that a copied value needed before it opened or had the form of a cookie.
        ///
        /// Rails makes no repairs: if the cookie reaches the app in this form, the app reads `nil`.
        ///
        /// ```
        /// use hardtack::doctor::{Doctor, Repair};
        ///
        /// let quoted = format!("\"{}--{}--{}\"", "A".repeat(40), "A".repeat(16), "AAAAAAAAAAAAAAAAAAAAAA==");
        /// let diagnosis = Doctor::new().examine(&quoted);
        /// assert_eq!(diagnosis.repairs, [Repair::Quoted]);
        /// assert_eq!(Repair::Quoted.name(), "quoted");
        /// assert!(Repair::Quoted.to_string().contains("quotes"));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Repair {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Repair {
            /// Every repair, in the order in which reports list them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the name that `--json` prints (example: at the type).
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)+
                }
            }
        }
    };
}

repairs! {
    /// The value was escaped more than once: `%252B` stands for `%2B`.
    EscapedTwice = "escaped-twice",
        "the value was escaped twice (%25 stands for %): whatever sets or forwards it escapes a \
         value that is escaped already";
    /// A `%` begins no escape. Rack then decodes no escape of the value.
    BadEscape = "bad-escape",
        "a % of the value begins no escape: Rack then decodes none of the value's escapes";
    /// The text is UTF-16.
    Utf16 = "utf-16",
        "the text is UTF-16, as PowerShell and Windows' Notepad write files: a cookie is ASCII";
    /// Characters were escaped as in JSON or HTML: `\u002B` or `&#43;` stands for `+`.
    EscapedAsText = "escaped-as-text",
        "characters of the value were escaped as in JSON or HTML (\\u002B or &#43; stands for +): \
         Rack takes them for part of it";
    /// Characters were escaped as for a shell: `^%` stands for `%`.
    ShellEscapes = "shell-escapes",
        "a shell's escapes stood in the value (^ of Windows' cmd): Rack takes them for part of it";
    /// The text is quoted-printable, as a mail: `=3D` stands for `=`.
    QuotedPrintable = "quoted-printable",
        "the value was quoted-printable, as the source of a mail is (=3D stands for =, and a = at \
         the end of a line joins it to the next)";
    /// The escape sequences of a terminal's colours stood in the value.
    TerminalColours = "terminal-colours",
        "a terminal's colours (escape sequences) stood in or around the value";
    /// Tags of HTML stood in the value, such as `<wbr>`.
    Markup = "markup",
        "tags of HTML stood in the value (such as <wbr>)";
    /// Zero-width characters, soft hyphens or no-break spaces stood in the value.
    InvisibleCharacters = "invisible-characters",
        "invisible characters stood in the value (soft hyphens, zero-width or no-break spaces), as \
         web pages and word processors insert them";
    /// The quotes around the value or its name were typographic: `“` stands for `"`.
    SmartQuotes = "smart-quotes",
        "the quotes in the text are typographic, as an editor makes them of \" and '";
    /// Characters had typographic forms: full-width ones, or ligatures such as `ﬁ`.
    Typography = "typography",
        "characters of the value have typographic forms (full-width, or joined to one as fi is), as \
         an input method or a PDF makes them";
    /// A dash stood in place of `--`.
    Dashes = "dashes",
        "a dash stood in place of --, as word processors and chat programs replace it";
    /// Quotes or other punctuation surrounded the value.
    Quoted = "quoted",
        "quotes or other punctuation stood around the value: Rack takes them for part of it";
    /// The value was a concatenation of quoted parts, as in source code.
    Concatenated = "concatenated",
        "the value stands in several quoted parts, as source code joins them";
    /// Each line began with a mark such as `> `.
    QuotedLines = "quoted-lines",
        "each line of the value began with a mark (such as > of a quoted mail)";
    /// A `\` at the end of each line joined it to the next.
    ContinuedLines = "continued-lines",
        "the value stood on several lines, each joined to the next by a sign at its end (such as \
         \\ of a shell)";
    /// The value had line breaks.
    LineBreaks = "line-breaks",
        "line breaks stood in the value: Rails' base64 is strict";
    /// The base64 of the value has line feeds, as that of `Rack::Session::Cookie` up to Rack 2.0.
    RackLineFeeds = "rack-line-feeds",
        "line feeds stand in its base64 and are signed, as Rack::Session::Cookie of Rack up to 2.0 \
         wrote it: Rails' base64 is strict";
    /// The value had spaces in place of base64's `+`.
    SpacesForPlus = "spaces-for-plus",
        "spaces stood in the value where base64 has +: it was unescaped once too often, or a + was \
         sent that should have been %2B";
    /// The value had spaces that belong to nothing.
    SpacesInserted = "spaces-inserted",
        "spaces stood in the value, as a field of one line makes them of line breaks";
    /// The value was base64 in the url-safe alphabet.
    UrlSafe = "url-safe",
        "the base64 of the value is in the url-safe alphabet (- and _ in place of + and /), which \
         Rails does not use for cookies";
    /// The digits of the signature were upper case.
    UpperCaseDigest = "upper-case-digest",
        "the digits of its signature are upper case: Rails compares them with lower case";
    /// The `=` that pad base64 were missing.
    PaddingLost = "padding-lost",
        "the = that end its base64 were lost: Rails' base64 is strict; something splits the cookie \
         at = or cuts it";
    /// The value was pasted more than once.
    Repeated = "repeated",
        "the value stands there twice, one copy after the other";
    /// The value was split into several cookies, such as `_session.0` and `_session.1`.
    SplitCookies = "split-cookies",
        "the value is split into parts, in cookies whose names end with a number: Rails joins no \
         cookies";
    /// The whole cookie was encoded once more, in base64 or hexadecimal digits.
    EncodedOnceMore = "encoded-once-more",
        "the whole cookie was encoded once more, in base64 or hexadecimal digits";
    /// The name of the cookie begins with `["`, as Rails up to 7.0 sets it under Rack 3.
    BracketedName = "bracketed-name",
        "its name begins with [\": Rails up to 7.0 under Rack 3 writes its Set-Cookie headers as one \
         list, and browsers take the start of the list for a part of the name: use Rack 2, or Rails \
         7.1 and later";
    /// An earlier cookie of the same name was skipped.
    SecondOfName = "second-of-name",
        "two cookies of this name were sent, and Rails reads the first: remove the other (an older \
         path or domain, or another app on a parent domain)";
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}
