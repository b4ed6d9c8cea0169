//! [`FormType`]: finds the fields that the forgery protection needs in a form's body.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;
use multer::{Constraints, Multipart, SizeLimit};

use super::invalid_authenticity_token::InvalidAuthenticityToken;

/// The field of the method (`METHOD_OVERRIDE_PARAM_KEY`, Rack 2.2 `method_override.rb`)
const METHOD: &str = "_method";

/// The maximum length of either field in a multipart form, in bytes: a token has 88.
const FIELD: u64 = 4096;

/// The number of parts from which a multipart form is refused (`multipart_total_part_limit`, Rack
/// 2.2 `utils.rb`), because many small parts take long to read.
const PARTS: usize = 4096;

/// The two types of forms that browsers send and Rails reads.
pub(super) enum FormType {
    UrlEncoded,
    Multipart { boundary: String },
}

/// The two fields; if several have the same name, the last one counts, as in Rack.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) token: Option<Vec<u8>>,
    pub(super) method: Option<String>,
}

impl FormType {
    /// Returns the type of form that a header `Content-Type` names.
    pub(super) fn of(content_type: Option<&[u8]>) -> Result<Self, InvalidAuthenticityToken> {
        let content_type = content_type.and_then(|bytes| std::str::from_utf8(bytes).ok());
        let content_type = content_type.ok_or(InvalidAuthenticityToken::NoToken)?;
        let media_type = content_type.split([';', ',']).next().unwrap_or_default();
        match media_type.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Ok(Self::UrlEncoded),
            "multipart/form-data" => multer::parse_boundary(content_type)
                .map(|boundary| Self::Multipart { boundary })
                .map_err(|_| InvalidAuthenticityToken::UnreadableForm),
            _ => Err(InvalidAuthenticityToken::NoToken),
        }
    }

    /// Reads the two fields of a complete body; `token` is the name of the token's field.
    pub(super) fn fields(
        self,
        body: &Bytes,
        token: &str,
    ) -> Result<Fields, InvalidAuthenticityToken> {
        match self {
            Self::UrlEncoded => Ok(url_encoded(body, token)),
            Self::Multipart { boundary } => {
                // The body is complete, so the future never waits.
                let fields = pin!(multipart(boundary, body.clone(), token));
                match fields.poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(Ok(fields)) => Ok(fields),
                    Poll::Ready(Err(_)) | Poll::Pending => {
                        Err(InvalidAuthenticityToken::UnreadableForm)
                    }
                }
            }
        }
    }
}

fn url_encoded(body: &[u8], token: &str) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in form_urlencoded::parse(body) {
        if name == token {
            fields.token = Some(value.into_owned().into_bytes());
        } else if name == METHOD {
            fields.method = Some(value.into_owned());
        }
    }
    fields
}

async fn multipart(boundary: String, body: Bytes, token: &str) -> Result<Fields, multer::Error> {
    let limit = SizeLimit::new()
        .for_field(token, FIELD)
        .for_field(METHOD, FIELD);
    let constraints = Constraints::new().size_limit(limit);
    let mut parts = Multipart::with_constraints(Whole(Some(body)), boundary, constraints);
    let mut fields = Fields::default();
    while let Some(part) = parts.next_field().await? {
        if part.index() + 1 == PARTS {
            return Err(multer::Error::IncompleteStream);
        }
        // An uploaded file is not a text field, even under the name of one.
        if part.file_name().is_some() {
            continue;
        }
        match part.name() {
            Some(name) if name == token => fields.token = Some(part.bytes().await?.into()),
            Some(METHOD) => fields.method = Some(part.text().await?),
            _ => {}
        }
    }
    Ok(fields)
}

/// A complete body as a stream of one item.
struct Whole(Option<Bytes>);

impl Stream for Whole {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "authenticity_token";

    fn part(name: &str, content: &[u8]) -> Vec<u8> {
        let head = format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    }

    fn form_type() -> FormType {
        FormType::of(Some(b"multipart/form-data; boundary=XX")).unwrap_or(FormType::UrlEncoded)
    }

    proptest! {
        #[test]
        fn a_token_is_found_among_any_parts(
            before in proptest::collection::vec("[^X]{0,80}", 0..4),
            after in proptest::collection::vec("[^X]{0,80}", 0..4),
        ) {
            let other = |content: &String| part("other", content.as_bytes());
            let mut body: Vec<u8> = before.iter().flat_map(other).collect();
            body.extend(part(TOKEN, b"c2VjcmV0"));
            body.extend(after.iter().flat_map(other));
            body.extend(b"--XX--\r\n");
            let fields = form_type().fields(&body.into(), TOKEN).unwrap();
            prop_assert_eq!(fields.token.as_deref(), Some(&b"c2VjcmV0"[..]));
        }

        #[test]
        fn no_body_makes_it_panic_or_wait(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just(&b"--XX"[..]), Just(&b"--"[..]), Just(&b"\r\n"[..]), Just(&b"\r"[..]),
                    Just(&b"Content-Disposition: form-data; name=\"authenticity_token\""[..]),
                    Just(&b"Content-Disposition: form-data; name=\""[..]),
                    Just(&b": \xff\x00"[..]), Just(&b"a"[..]), Just(&b"%f&_method="[..]),
                ],
                0..30,
            ),
        ) {
            let body = Bytes::from(pieces.concat());
            let _ = form_type().fields(&body, TOKEN);
            prop_assert!(FormType::UrlEncoded.fields(&body, TOKEN).is_ok());
        }

        #[test]
        fn no_content_type_makes_it_panic(more in proptest::collection::vec(any::<u8>(), 0..60)) {
            let header = [b"multipart/form-data; boundary=", more.as_slice()].concat();
            if let Ok(form_type) = FormType::of(Some(&header)) {
                let _ = form_type.fields(&Bytes::from_static(b"--\r\n\r\n\r\n----"), TOKEN);
            }
        }
    }
}
