//! Messages that hyper lets through and that another parser on the way could read differently (RFC 9112 §3.2, §6.1).

use axum::{body::Body, response::Response};
use http::{HeaderValue, Request, StatusCode, Version, header};

use super::MAX_HEADER_BYTES;

/// What is wrong with a request's framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// None, or more than one, or not the one that the target names.
    Host,
    /// A transfer coding other than a single `chunked`.
    TransferEncoding,
    /// More than [`MAX_HEADER_BYTES`]: the parser's own bound depends on how the bytes came.
    Large,
}

pub(super) fn check<B>(request: &Request<B>) -> Result<(), Fault> {
    let headers = request.headers();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    // Every line is looked at anyway: once over all of them costs less than to look each name up.
    let (mut lines, mut hosts, mut codings) = (0, [None; 2], [None; 2]);
    for (name, value) in headers {
        lines += name.as_str().len() + value.len() + 4;
        if name == header::HOST {
            hosts = [Some(value), hosts[0]];
        } else if name == header::TRANSFER_ENCODING {
            codings = [Some(value), codings[0]];
        }
    }
    if target + lines > MAX_HEADER_BYTES {
        return Err(Fault::Large);
    }
    let [host, second] = hosts;
    let authority = request.uri().authority();
    let named_once = match (request.version(), host, authority) {
        (_, _, _) if second.is_some() => false,
        (Version::HTTP_11 | Version::HTTP_10, None, _) => false,
        (_, None, None) => false,
        (_, Some(host), Some(authority)) => {
            host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes())
        }
        (_, Some(_), None) | (_, None, Some(_)) => true,
    };
    if !named_once {
        return Err(Fault::Host);
    }
    match codings {
        [None, _] => Ok(()),
        [Some(coding), None] if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Fault::TransferEncoding),
    }
}

/// 400 or 431, and the connection is closed: where the next message begins is not certain.
pub(super) fn refuse(fault: Fault) -> Response {
    let text = match fault {
        Fault::Host => "The request needs exactly one Host header, the one that its target names.\n",
        Fault::TransferEncoding => "The only transfer coding understood here is a single \"chunked\".\n",
        Fault::Large => "The request's header is too large.\n",
    };
    let status = if fault == Fault::Large {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    } else {
        StatusCode::BAD_REQUEST
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut builder = Request::builder().uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap()
    }

    #[test]
    fn exactly_one_host() {
        assert_eq!(check(&request("/", &[("host", "a")])), Ok(()));
        assert_eq!(check(&request("/", &[])), Err(Fault::Host));
        assert_eq!(check(&request("/", &[("host", "a"), ("host", "a")])), Err(Fault::Host));
        assert_eq!(check(&request("http://A/x", &[("host", "a")])), Ok(()));
        assert_eq!(check(&request("http://b/x", &[("host", "a")])), Err(Fault::Host));
    }

    #[test]
    fn not_too_much() {
        let long = |length: usize| request("/", &[("host", "a"), ("x", &"y".repeat(length))]).map(|()| ());
        assert_eq!(check(&long(MAX_HEADER_BYTES - 100)), Ok(()));
        assert_eq!(check(&long(MAX_HEADER_BYTES)), Err(Fault::Large));
    }

    #[test]
    fn only_a_single_chunked() {
        for (codings, expected) in [
            (&["chunked"][..], Ok(())),
            (&["gzip, chunked"], Err(Fault::TransferEncoding)),
            (&["gzip", "chunked"], Err(Fault::TransferEncoding)),
            (&["identity"], Err(Fault::TransferEncoding)),
        ] {
            let mut headers = vec![("host", "a")];
            headers.extend(codings.iter().map(|coding| ("transfer-encoding", *coding)));
            assert_eq!(check(&request("/", &headers)), expected, "{codings:?}");
        }
    }
}
