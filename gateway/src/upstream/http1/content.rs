//! The content of an answer, and where it ends (RFC 9112 §6 and §7.1).

use bytes::{Buf as _, Bytes, BytesMut};
use httparse::Status;

use super::WireError;

/// The most bytes of a chunk's size with its extensions, of a line of trailers, and of all trailers.
const MOST_LINE: usize = 4 * 1024;
const MOST_TRAILERS: usize = 16 * 1024;

/// How much is still to come.
#[derive(Debug)]
pub(in crate::upstream) enum Content {
    /// So many bytes; at its end, none.
    Length(u64),
    /// Chunks.
    Chunked(Chunk),
    /// Whatever comes until the connection is closed.
    UntilClose,
}

/// Where in the chunks the reader is.
#[derive(Debug)]
pub(in crate::upstream) enum Chunk {
    /// Before a size.
    Size,
    /// So many bytes before a chunk's end.
    Data(u64),
    /// Behind a chunk's data.
    Behind,
    /// In the trailers, of which so many bytes were seen.
    Trailers(usize),
}

impl Content {
    pub(super) const fn chunked() -> Self {
        Self::Chunked(Chunk::Size)
    }

    /// Whether nothing follows.
    pub(in crate::upstream) const fn is_at_end(&self) -> bool {
        matches!(self, Self::Length(0))
    }

    /// Takes what belongs to it of what `came`; `None` if more has to come first, or nothing follows.
    pub(in crate::upstream) fn take(&mut self, came: &mut BytesMut) -> Result<Option<Bytes>, WireError> {
        self.pass_framing(came)?;
        let Some(left) = (match self {
            Self::Length(left) | Self::Chunked(Chunk::Data(left)) => Some(left),
            Self::Chunked(_) => return Ok(None),
            Self::UntilClose => None,
        }) else {
            return Ok((!came.is_empty()).then(|| came.split().freeze()));
        };
        let length = usize::try_from(*left).map_or(came.len(), |left| left.min(came.len()));
        if length == 0 {
            return Ok(None);
        }
        *left -= length as u64;
        let data = came.split_to(length).freeze();
        // Whoever sends it on should know by now if it was the last.
        self.pass_framing(came)?;
        Ok(Some(data))
    }

    /// The connection was closed: whether that is the end.
    pub(in crate::upstream) fn closed(&mut self) -> Result<(), WireError> {
        match self {
            Self::UntilClose => {
                *self = Self::Length(0);
                Ok(())
            }
            _ => Err(WireError::Closed),
        }
    }

    /// Goes over what stands between the data of chunks, as far as it came.
    fn pass_framing(&mut self, came: &mut BytesMut) -> Result<(), WireError> {
        while let Self::Chunked(chunk) = self {
            match chunk {
                Chunk::Data(0) => *chunk = Chunk::Behind,
                Chunk::Data(_) => return Ok(()),
                Chunk::Behind => {
                    if came.len() < 2 {
                        return Ok(());
                    }
                    if !came.starts_with(b"\r\n") {
                        return Err(WireError::Malformed("a chunk's end"));
                    }
                    came.advance(2);
                    *chunk = Chunk::Size;
                }
                Chunk::Size => match httparse::parse_chunk_size(came) {
                    // The parser takes a line without a digit for the end, and passes over a line's end in an extension.
                    Ok(Status::Complete((line, _)))
                        if !came[0].is_ascii_hexdigit() || came[..line - 2].contains(&b'\n') =>
                    {
                        return Err(WireError::Malformed("a chunk's size"));
                    }
                    Ok(Status::Complete((line, size))) => {
                        came.advance(line);
                        *chunk = if size == 0 { Chunk::Trailers(0) } else { Chunk::Data(size) };
                    }
                    Ok(Status::Partial) if came.len() <= MOST_LINE => return Ok(()),
                    _ => return Err(WireError::Malformed("a chunk's size")),
                },
                Chunk::Trailers(seen) => {
                    let Some(end) = came.iter().position(|&byte| byte == b'\n') else {
                        let long = came.len() > MOST_LINE;
                        return if long { Err(WireError::Malformed("its trailers")) } else { Ok(()) };
                    };
                    let is_last = matches!(&came[..end], b"" | b"\r");
                    came.advance(end + 1);
                    *seen += end + 1;
                    if is_last {
                        *self = Self::Length(0);
                    } else if *seen > MOST_TRAILERS {
                        return Err(WireError::Malformed("its trailers"));
                    }
                }
            }
        }
        Ok(())
    }
}
