//! The look of the examples' pages: plain HTML, no scripts.

use std::fmt::Write as _;

/// A page; the body is HTML already.
pub(crate) fn page(title: &str, notices: &[(&str, String)], body: &str) -> String {
    let notices = notices
        .iter()
        .fold(String::new(), |mut html, (kind, text)| {
            // Writing into a String cannot fail.
            let _ = write!(
                html,
                r#"<p class="{kind}" role="status">{}</p>"#,
                escape(text)
            );
            html
        });
    let title = escape(title);
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{notices}
{body}
</main>
</body>
</html>
"#
    )
}

/// A form of one button, or with what stands before the button.
pub(crate) fn form(action: &str, token: Option<&str>, fields: &str, button: &str) -> String {
    let token = token.map(escape).map_or_else(String::new, |token| {
        format!(r#"<input type="hidden" name="authenticity_token" value="{token}">"#)
    });
    format!(
        r#"<form action="{action}" method="post">{token}{fields}<button>{}</button></form>"#,
        escape(button),
    )
}

/// Text as it stands in HTML, between tags or in quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

const STYLE: &str = include_str!("style.css");
