//! Requests byte by byte, for what no HTTP client would send.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Form, World};

impl World {
    /// Where the public listener is.
    pub(crate) fn address(&self) -> String {
        self.origin.replace("http://localhost", "127.0.0.1")
    }

    /// The `Host` that belongs to it.
    pub(crate) fn host(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// Sends these bytes and reads until the gateway hangs up.
    pub(crate) async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A reset after the answer is as good an end as any.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A POST to `/mcp` with these header lines besides the usual ones.
    pub(crate) async fn raw_mcp(&self, lines: &[&str]) -> String {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        self.raw(&format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{lines}\r\n{body}",
            self.host(),
            body.len(),
        ))
        .await
    }

    /// The same token request many times at the same moment: each lies there but for its last byte, and then all of
    /// them get it. Status and body of each answer.
    pub(crate) async fn redeem_at_once(&self, form: &Form, times: usize) -> Vec<(u16, Value)> {
        let body = form.encode();
        let (begin, last) = body.split_at(body.len() - 1);
        let head = format!(
            "POST /oauth/token HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{begin}",
            self.host(),
            body.len(),
        );
        let mut streams = Vec::new();
        for _ in 0..times {
            let mut stream = TcpStream::connect(self.address()).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            streams.push(stream);
        }
        for stream in &mut streams {
            stream.write_all(last.as_bytes()).await.unwrap();
        }
        let mut answers = Vec::new();
        for stream in &mut streams {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            answers.push((head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap()));
        }
        answers
    }
}
