//! A mail server that keeps what it is given: as much of SMTP as one client speaks.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use base64::prelude::*;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

/// How it speaks of TLS.
#[derive(Clone)]
pub(super) enum Tls {
    Never,
    OnRequest(TlsAcceptor),
    AtOnce(TlsAcceptor),
}

/// A mail that it took.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) to: Vec<String>,
    /// The header as it came, its lines unfolded.
    pub(super) header: Vec<String>,
    /// The body, decoded.
    pub(super) text: String,
}

pub(super) struct Sink {
    pub(super) port: u16,
    came: mpsc::UnboundedReceiver<Mail>,
    said: Arc<Mutex<Vec<String>>>,
    refusals: Arc<Mutex<VecDeque<(&'static str, &'static str)>>>,
}

#[derive(Clone)]
struct Conversation {
    came: mpsc::UnboundedSender<Mail>,
    said: Arc<Mutex<Vec<String>>>,
    refusals: Arc<Mutex<VecDeque<(&'static str, &'static str)>>>,
    tls: Tls,
}

impl Sink {
    pub(super) async fn start() -> Self {
        Self::at(0, Tls::Never).await
    }

    pub(super) async fn at(port: u16, tls: Tls) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, came) = mpsc::unbounded_channel();
        let (said, refusals) = (Arc::default(), Arc::default());
        let conversation =
            Conversation { came: sender, said: Arc::clone(&said), refusals: Arc::clone(&refusals), tls };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(conversation.clone().begin(stream));
            }
        });
        Self { port, came, said, refusals }
    }

    /// The next command that begins like this is answered so; further ones in their order.
    pub(super) fn refuse(&self, command: &'static str, answer: &'static str) {
        self.refusals.lock().unwrap().push_back((command, answer));
    }

    pub(super) async fn next(&mut self) -> Mail {
        self.came.recv().await.unwrap()
    }

    /// Whether nothing came that was not looked at.
    pub(super) fn is_empty(&self) -> bool {
        self.came.is_empty()
    }

    /// What clients said, all of them, but for the mails.
    pub(super) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}

impl Conversation {
    async fn begin(self, stream: TcpStream) -> Option<()> {
        match self.tls.clone() {
            Tls::Never => self.serve(stream, true).await.map(drop),
            Tls::AtOnce(acceptor) => {
                let stream = acceptor.accept(stream).await.ok()?;
                self.serve(stream, true).await.map(drop)
            }
            Tls::OnRequest(acceptor) => {
                let stream = self.serve(stream, true).await?;
                let stream = acceptor.accept(stream).await.ok()?;
                let inside = Self { tls: Tls::Never, ..self };
                inside.said.lock().unwrap().push("(TLS)".to_owned());
                inside.serve(stream, false).await.map(drop)
            }
        }
    }

    /// Until the client goes, or wants TLS: then the stream is given back.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, greet: bool) -> Option<S> {
        let mut stream = BufReader::new(stream);
        if greet {
            stream.write_all(b"220 sink ESMTP\r\n").await.ok()?;
        }
        let mut to = Vec::new();
        loop {
            let line = line(&mut stream).await?;
            self.said.lock().unwrap().push(line.clone());
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let mut answer = match verb.as_str() {
                "EHLO" if matches!(self.tls, Tls::OnRequest(_)) => "250-sink\r\n250 STARTTLS",
                "EHLO" => "250-sink\r\n250 AUTH PLAIN",
                "STARTTLS" => "220 go on",
                "AUTH" => "235 welcome",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 good",
            };
            let refusal = {
                let mut refusals = self.refusals.lock().unwrap();
                let meant = refusals.front().is_some_and(|(command, _)| *command == verb);
                if meant { refusals.pop_front() } else { None }
            };
            answer = refusal.map_or(answer, |(_, answer)| answer);
            if verb == "RCPT" && refusal.is_none() {
                to.push(line.split(['<', '>']).nth(1).unwrap().to_owned());
            }
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
            match verb.as_str() {
                "STARTTLS" => return Some(stream.into_inner()),
                "DATA" if refusal.is_none() => {
                    let mail = mail(std::mem::take(&mut to), &mut stream).await?;
                    stream.write_all(b"250 taken\r\n").await.ok()?;
                    let _ = self.came.send(mail);
                }
                _ => {}
            }
        }
    }
}

async fn line<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.strip_suffix("\r\n").unwrap_or(&line).to_owned())
}

async fn mail<S: AsyncRead + AsyncWrite + Unpin>(to: Vec<String>, stream: &mut BufReader<S>) -> Option<Mail> {
    let (mut header, mut body, mut in_header): (Vec<String>, Vec<String>, bool) = (vec![], vec![], true);
    loop {
        let line = line(stream).await?;
        match line.as_str() {
            "." => break,
            "" if in_header => in_header = false,
            _ if in_header && line.starts_with(' ') => header.last_mut().unwrap().push_str(&line),
            _ if in_header => header.push(line),
            _ => body.push(line),
        }
    }
    let encoding = header.iter().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: "));
    let text = match encoding {
        Some("quoted-printable") => quoted_printable(&body.join("\n")),
        Some("base64") => String::from_utf8(BASE64_STANDARD.decode(body.concat()).unwrap()).unwrap(),
        _ => body.join("\n"),
    };
    Some(Mail { to, header, text: text.replace("\r\n", "\n") })
}

/// RFC 2045 §6.7.
fn quoted_printable(text: &str) -> String {
    let text = text.replace("=\n", "");
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

impl Mail {
    /// The value of a header field that is there exactly once.
    pub(super) fn header(&self, name: &str) -> &str {
        let found: Vec<&str> =
            self.header.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect();
        assert_eq!(found.len(), 1, "{name}: {self:?}");
        found[0]
    }
}
