//! The head of a request, and that of an answer.

use std::cell::Cell;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{Content, WireError};

/// The most bytes and fields of an answer's head.
const MOST_BYTES: usize = 64 * 1024;
const MOST_FIELDS: usize = 64;

/// What a request's head has room in, most often.
const ROOM: usize = 2048;

thread_local! {
    /// Where the head before lay: one is written, sent and done with after the other.
    static SPARE: Cell<Option<BytesMut>> = const { Cell::new(None) };
}

/// A request's head, written as it is sent. What may stand in a field is what its types can hold: no line can be smuggled in.
#[derive(Debug)]
pub(in crate::upstream) struct RequestHead(BytesMut);

impl RequestHead {
    /// Posts to `path`. The target is not the client's.
    pub(in crate::upstream) fn post(path: &'static str) -> Self {
        let mut head = SPARE.take().unwrap_or_default();
        head.reserve(ROOM);
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

    /// Keeps the memory of one that is done with, if it is no larger than most.
    pub(super) fn done(mut memory: BytesMut) {
        memory.clear();
        memory.reserve(ROOM);
        let spare = Some(memory).filter(|memory| memory.capacity() <= 2 * ROOM);
        // A thread that ends has none any more.
        let _ = SPARE.try_with(|place| place.set(spare));
    }

    fn line(&mut self, name: &str, value: &[u8]) {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            self.0.extend_from_slice(part);
        }
    }
}

/// Whether a field of an answer is wanted. Those that tell where the answer ends are looked at in any case.
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
        let mut framing = Framing::default();
        for field in answer.headers {
            let name = HeaderName::from_bytes(field.name.as_bytes());
            let name = name.map_err(|_| WireError::Malformed("a field's name"))?;
            framing.take_in(&name, field.value)?;
            if wanted(&name) {
                places.push((name, place(field.value), field.value.len()));
            }
        }
        let head = came.split_to(length).freeze();
        let mut headers = HeaderMap::with_capacity(places.len() + 4);
        for (name, at, length) in places {
            headers.append(name, value(head.slice(at..at + length))?);
        }
        let has_none = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let may_keep = is_1_1 && !framing.closes;
        let (content, keeps) = match framing.content()? {
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

/// What the fields say of where the answer ends (RFC 9112 §6.3), and whether another may follow (§9.6). What two readers could
/// understand in two ways is refused.
#[derive(Default)]
struct Framing {
    length: Option<u64>,
    is_chunked: bool,
    closes: bool,
}

impl Framing {
    fn take_in(&mut self, name: &HeaderName, value: &[u8]) -> Result<(), WireError> {
        if name == header::CONTENT_LENGTH {
            if self.length.replace(decimal(value)?).is_some() {
                return Err(WireError::Malformed("its length is told twice"));
            }
        } else if name == header::TRANSFER_ENCODING {
            if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(WireError::Malformed("its transfer coding"));
            }
            self.is_chunked = true;
        } else if name == header::CONNECTION {
            let mut options = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
            self.closes |= options.any(|option| option.eq_ignore_ascii_case(b"close"));
        }
        Ok(())
    }

    fn content(&self) -> Result<Content, WireError> {
        match (self.length, self.is_chunked) {
            (None, false) => Ok(Content::UntilClose),
            (Some(length), false) => Ok(Content::Length(length)),
            (None, true) => Ok(Content::chunked()),
            (Some(_), true) => Err(WireError::Malformed("its length is told twice")),
        }
    }
}

/// Digits and nothing else: no sign, no list.
fn decimal(length: &[u8]) -> Result<u64, WireError> {
    let digits =
        std::str::from_utf8(length).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or(WireError::Malformed("its length"))
}
