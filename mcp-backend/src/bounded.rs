//! Reading an answer without letting its sender decide how much memory it takes.

/// Why an answer could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// It is longer than the cap.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The connection failed or the deadline passed.
    #[error("the answer broke off")]
    Broken(#[from] reqwest::Error),
}

/// The answer's body, if it has no more than `cap` bytes.
pub(crate) async fn read(mut response: reqwest::Response, cap: usize) -> Result<Vec<u8>, ReadError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > cap as u64 {
        return Err(ReadError::TooLong(cap));
    }
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > cap {
            return Err(ReadError::TooLong(cap));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The seconds of a `Retry-After` header (RFC 9110 §10.2.3), if it gives seconds; at most an hour.
pub(crate) fn retry_after(headers: &http::HeaderMap) -> Option<u64> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(|seconds: u64| seconds.min(3600))
}
