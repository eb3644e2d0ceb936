//! A mail to the person whose connection it is, by the operator's mail server.

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret as _;
use shared::{chain::Chain, clock::SharedClock};
use url::Url;

use super::{
    Unusable,
    letter::{self, Letter},
    teller::{Failure, Messenger},
};
use crate::{
    config::{Mail as Settings, Security, as_smtp},
    domain::{issuer::Issuer, session::machine_client},
    store::{AuditRow, Channel, Store},
    words::{Language, Words},
};

const CONNECT: Duration = Duration::from_secs(5);
/// So that no absence is reported to nobody (RFC 3834 §5).
const BY_ITSELF: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Tells by mail.
pub(super) struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    issuer: Issuer,
    store: Store,
    clock: SharedClock,
}

impl Mail {
    pub(super) fn new(
        settings: Settings,
        issuer: Issuer,
        store: Store,
        clock: SharedClock,
    ) -> Result<Self, Unusable> {
        let server = server(&settings, &issuer).map_err(Unusable::Mail)?;
        Ok(Self { server, from: settings.from, issuer, store, clock })
    }

    async fn letter(&self, event: &AuditRow) -> Result<(Address, Letter), Failure> {
        let session = match &event.session_id {
            Some(id) => self.store.session(id).await?,
            None => None,
        };
        let gone = || Failure::ForGood("its session is not there any more".to_owned());
        let session = session.ok_or_else(gone)?;
        if machine_client(&session.subject).is_some() {
            return Err(Failure::ForGood("it is of no person".to_owned()));
        }
        let nobody = |_| Failure::ForGood("Peaka told no address that a mail can be sent to".to_owned());
        let to: Address = session.email.parse().map_err(nobody)?;
        let tag = self.store.language(&session.subject).await?;
        let language = tag.and_then(|tag| Language::of_tag(&tag)).unwrap_or_default();
        let letter = letter::write(Words::of(language), event, &session, &self.issuer.join("/account"));
        Ok((to, letter))
    }

    fn message(&self, event: &AuditRow, to: Address, letter: Letter) -> Result<Message, Failure> {
        let seconds = u64::try_from(self.clock.now().seconds()).unwrap_or_default();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .date(UNIX_EPOCH + Duration::from_secs(seconds))
            // The same for the same event: a mail that comes twice is known to be one.
            .message_id(Some(format!("<{}@{}>", event.id, self.from.email.domain())))
            .raw_header(HeaderValue::new(BY_ITSELF, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)
            .map_err(|error| Failure::ForGood(Chain(&error).to_string()))
    }
}

impl Messenger for Mail {
    const CHANNEL: Channel = Channel::Mail;

    async fn tell(&self, event: &AuditRow) -> Result<(), Failure> {
        let (to, letter) = self.letter(event).await?;
        let message = self.message(event, to, letter)?;
        match self.server.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(judge(&error)),
        }
    }
}

fn server(settings: &Settings, issuer: &Issuer) -> Result<AsyncSmtpTransport<Tokio1Executor>, Error> {
    let parameters = || {
        let mut parameters = TlsParameters::builder(settings.host.clone());
        if let Some(pem) = &settings.authorities {
            parameters = parameters.add_root_certificate(Certificate::from_pem(pem)?);
        }
        parameters.build()
    };
    let tls = match settings.security {
        Security::Tls => Tls::Wrapper(parameters()?),
        Security::StartTls => Tls::Required(parameters()?),
        Security::Plain => Tls::None,
    };
    let name = Url::parse(issuer.as_str()).ok().and_then(|url| url.host_str().map(str::to_owned));
    let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(&as_smtp(settings.url.expose_secret()))?;
    let server = server.port(settings.port).tls(tls).timeout(Some(CONNECT));
    Ok(server.hello_name(ClientId::Domain(name.unwrap_or_else(|| "localhost".to_owned()))).build())
}

/// What is won by trying again. Of what the server says only its code is kept: it may repeat the address, or worse.
fn judge(error: &Error) -> Failure {
    match error.status() {
        // It is not content with us (RFC 4954 §6), which its operator can mend.
        Some(code) if matches!(u16::from(code), 530 | 534 | 535 | 538) => {
            Failure::ForNow(format!("it does not take our password: {code}"))
        }
        Some(code) if error.is_permanent() => Failure::ForGood(format!("it answered {code}")),
        Some(code) => Failure::ForNow(format!("it answered {code}")),
        // With its sources, as this library writes them.
        None => Failure::ForNow(error.to_string()),
    }
}
