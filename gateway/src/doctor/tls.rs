//! What a TLS handshake was refused for, and until when a certificate is good.

use std::{error::Error, io};

use chrono::{DateTime, NaiveDateTime};
use shared::clock::Timestamp;
use tokio_rustls::rustls::{self, CertificateError};

use super::fault::Fault;

/// Why the handshake failed.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) fault: Fault,
    reason: String,
}

impl Refused {
    pub(super) fn reason(&self) -> String {
        self.reason.clone()
    }
}

/// The cause at the bottom, if it is one of TLS.
pub(super) fn refused(error: &(dyn Error + 'static)) -> Option<Refused> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref() {
            return Some(named(tls));
        }
        // An I/O error shows the source of what it wraps, not the wrapped error itself.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(tls) = wrapped.and_then(|wrapped| wrapped.downcast_ref()) {
            return Some(named(tls));
        }
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn named(error: &rustls::Error) -> Refused {
    let fault = match error {
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => Fault::CertificateExpired,
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Fault::CertificateName,
        rustls::Error::InvalidCertificate(_) => Fault::CertificateUntrusted,
        _ => Fault::TlsRefused,
    };
    Refused { fault, reason: error.to_string() }
}

/// The end of a certificate's validity (RFC 5280 §4.1.2.5), if it can be read.
pub(super) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    const SEQUENCE: u8 = 0x30;
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    // Version, serial number, algorithm and issuer come before; of these only the version may be missing.
    let mut sequences = 0;
    loop {
        let (tag, content, after) = element(rest)?;
        rest = after;
        sequences += u8::from(tag == SEQUENCE);
        if sequences == 3 {
            let (_, _, end) = element(content)?;
            let (tag, end, _) = element(end)?;
            return moment(tag, std::str::from_utf8(end).ok()?);
        }
    }
}

/// A tag, its content, and what follows (X.690 §8.1, definite lengths).
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let mut length = usize::from(*first);
    if length >= 0x80 {
        let (bytes, after) = rest.split_at_checked(length - 0x80).filter(|(bytes, _)| bytes.len() <= 4)?;
        length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    Some((*tag, content, after))
}

fn moment(tag: u8, text: &str) -> Option<Timestamp> {
    // UTCTime has two digits for the year, of which those from 50 on are of the last century.
    let whole = match (tag, text.get(..2)?.parse::<u8>().ok()?) {
        (0x17, ..50) => format!("20{text}"),
        (0x17, _) => format!("19{text}"),
        _ => text.to_owned(),
    };
    let naive = NaiveDateTime::parse_from_str(&whole, "%Y%m%d%H%M%SZ").ok()?;
    Some(Timestamp::from_seconds(naive.and_utc().timestamp()))
}

/// The moment of a `Date` header (RFC 9110 §5.6.7, in the form that is written today).
pub(super) fn date(header: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc2822(header).ok().map(|at| Timestamp::from_seconds(at.timestamp()))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn the_end_of_a_certificate() {
        for (year, seconds) in [(2030, 1_893_456_000), (2060, 2_840_140_800)] {
            let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
            params.not_after = date_time_ymd(year, 1, 1);
            let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            assert_eq!(not_after(certificate.der()), Some(Timestamp::from_seconds(seconds)));
        }
        assert_eq!(not_after(b"\x30\x82"), None);
    }

    #[test]
    fn the_moment_of_a_date() {
        let moment = Timestamp::from_seconds(784_111_777);
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(moment));
        assert_eq!(date("yesterday"), None);
    }
}
