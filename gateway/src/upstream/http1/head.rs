//! The head of a request, and that of an answer.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{Content, WireError};

/// The most bytes and fields of an answer's head.
const MOST_BYTES: usize = 64 * 1024;
const MOST_FIELDS: usize = 64;
/// The fields that tell where an answer ends, and whether another may follow.
const FRAMING: [HeaderName; 3] = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];

/// A request's head, written as it is sent. What may stand in a field is what its types can hold: no line can be smuggled in.
#[derive(Debug)]
pub(in crate::upstream) struct RequestHead(BytesMut);

impl RequestHead {
    /// Posts to `path`. The target is not the client's.
    pub(in crate::upstream) fn post(path: &'static str) -> Self {
        let mut head = BytesMut::with_capacity(2048);
        for part in ["POST ", path, " HTTP/1.1\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
        Self(head)
    }

    /// One more field.
    pub(in crate::upstream) fn field(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.line(name.as_str(), value.as_bytes());
    }

    /// `length` of the content, if it is known, and the end of the head.
    pub(super) fn end(mut self, length: Option<u64>) -> BytesMut {
        match length {
            Some(length) => self.line("content-length", length.to_string().as_bytes()),
            None => self.line("transfer-encoding", b"chunked"),
        }
        self.0.extend_from_slice(b"\r\n");
        self.0
    }

    fn line(&mut self, name: &str, value: &[u8]) {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            self.0.extend_from_slice(part);
        }
    }
}

/// Whether a field of an answer is wanted. Those that tell where the answer ends are read in any case.
pub(in crate::upstream) type Wanted = fn(&HeaderName) -> bool;

/// An answer's head.
#[derive(Debug)]
pub(in crate::upstream) struct AnswerHead {
    /// Its status.
    pub(in crate::upstream) status: StatusCode,
    /// Its wanted fields.
    pub(in crate::upstream) headers: HeaderMap,
    /// What follows.
    pub(in crate::upstream) content: Content,
    /// Whether the connection is good for another exchange after that.
    pub(in crate::upstream) keeps: bool,
}

impl AnswerHead {
    /// Takes it from what `came`, if all of it is there.
    pub(super) fn read(came: &mut BytesMut, wanted: Wanted) -> Result<Option<Self>, WireError> {
        if came.is_empty() {
            return Ok(None);
        }
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut answer = httparse::Response::new(&mut fields);
        let parsed = answer.parse(came).map_err(|_| WireError::Malformed("its head"))?;
        let httparse::Status::Complete(length) = parsed else {
            return if came.len() > MOST_BYTES {
                Err(WireError::Malformed("its head is too long"))
            } else {
                Ok(None)
            };
        };
        let status = answer.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or(WireError::Malformed("its status"))?;
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(WireError::Malformed("it switches protocols unasked"));
        }
        let is_1_1 = answer.version == Some(1);
        // Where each value lies, since what came cannot be split while it is looked at.
        let start = came.as_ptr() as usize;
        let place = |value: &[u8]| if value.is_empty() { 0 } else { value.as_ptr() as usize - start };
        let mut places = Vec::with_capacity(answer.headers.len());
        for field in answer.headers {
            let name = HeaderName::from_bytes(field.name.as_bytes());
            let name = name.map_err(|_| WireError::Malformed("a field's name"))?;
            if FRAMING.contains(&name) || wanted(&name) {
                places.push((name, place(field.value), field.value.len()));
            }
        }
        let head = came.split_to(length).freeze();
        let mut headers = HeaderMap::with_capacity(places.len() + 4);
        for (name, at, length) in places {
            headers.append(name, value(head.slice(at..at + length))?);
        }
        let has_none = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let may_keep = is_1_1 && !closes(&headers);
        let (content, keeps) = match content(&headers)? {
            Content::UntilClose | Content::Length(0) if has_none => (Content::Length(0), may_keep),
            // Announced where there can be none: if it comes nevertheless, it must not pass for the next answer.
            _ if has_none => (Content::Length(0), false),
            Content::UntilClose => (Content::UntilClose, false),
            content => (content, may_keep),
        };
        Ok(Some(Self { status, headers, content, keeps }))
    }
}

fn value(bytes: Bytes) -> Result<HeaderValue, WireError> {
    HeaderValue::from_maybe_shared(bytes).map_err(|_| WireError::Malformed("a field's value"))
}

/// How the content ends (RFC 9112 §6.3). What two readers could understand in two ways is refused.
fn content(headers: &HeaderMap) -> Result<Content, WireError> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let of_both = (lengths.next(), codings.next());
    if lengths.next().is_some() || codings.next().is_some() {
        return Err(WireError::Malformed("its length is told twice"));
    }
    match of_both {
        (None, None) => Ok(Content::UntilClose),
        (Some(length), None) => Ok(Content::Length(decimal(length)?)),
        (None, Some(coding)) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(Content::chunked()),
        (None, Some(_)) => Err(WireError::Malformed("its transfer coding")),
        (Some(_), Some(_)) => Err(WireError::Malformed("its length is told twice")),
    }
}

/// Digits and nothing else: no sign, no list.
fn decimal(length: &HeaderValue) -> Result<u64, WireError> {
    let digits = length.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or(WireError::Malformed("its length"))
}

fn closes(headers: &HeaderMap) -> bool {
    let options =
        headers.get_all(header::CONNECTION).iter().flat_map(|value| value.as_bytes().split(|&b| b == b','));
    options.map(<[u8]>::trim_ascii).any(|option| option.eq_ignore_ascii_case(b"close"))
}
