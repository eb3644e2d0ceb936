//! Requests byte by byte, for what no HTTP client would send.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::World;

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
}
