//! An OAuth client, and the flows in one step for tests that begin where they end.

use serde_json::{Value, json};

use super::{Browser, Form, Reply, World};

/// PKCE's pair of RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) redirect_uri: String,
}

/// What a token request gave.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// A client that a person let in.
pub(crate) struct Connected {
    pub(crate) client: Client,
    pub(crate) code: String,
    pub(crate) tokens: Tokens,
}

impl Tokens {
    pub(crate) fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{reply:?}");
        Self::from_answer(&reply.json())
    }

    pub(crate) fn from_answer(answer: &Value) -> Self {
        let text = |name| answer[name].as_str().unwrap_or_default().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

impl Client {
    /// A whole and valid authorization request.
    pub(crate) fn request(&self, world: &World) -> Form {
        Form::of([
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "st/te"),
            ("scope", "peaka:read peaka:query peaka:write"),
            ("resource", &world.url("/mcp")),
        ])
    }

    /// A whole and valid token request for a code.
    pub(crate) fn redemption(&self, code: &str) -> Form {
        let form = Form::of([
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", &self.redirect_uri),
        ]);
        self.with_secret(form)
    }

    /// A whole and valid token request for a refresh token; as many clients do, without a resource.
    pub(crate) fn refreshing(&self, token: &str) -> Form {
        let form =
            Form::of([("grant_type", "refresh_token"), ("client_id", &self.id), ("refresh_token", token)]);
        self.with_secret(form)
    }

    /// A whole and valid revocation request.
    pub(crate) fn revoking(&self, token: &str) -> Form {
        self.with_secret(Form::of([("client_id", self.id.as_str()), ("token", token)]))
    }

    fn with_secret(&self, form: Form) -> Form {
        match &self.secret {
            Some(secret) => form.with("client_secret", secret),
            None => form,
        }
    }
}

impl World {
    pub(crate) async fn register_with(&self, metadata: &Value) -> Reply {
        let request = self.http.post(self.url("/oauth/register")).json(metadata);
        Reply::of(request.send().await.unwrap()).await
    }

    /// A public client, as Claude is one.
    pub(crate) async fn register(&self) -> Client {
        self.client(
            &json!({"client_name": "Claude", "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"]}),
        )
        .await
    }

    /// A client with this metadata, which must be good.
    pub(crate) async fn client(&self, metadata: &Value) -> Client {
        let reply = self.register_with(metadata).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let answer = reply.json();
        Client {
            id: answer["client_id"].as_str().unwrap().to_owned(),
            secret: answer["client_secret"].as_str().map(str::to_owned),
            redirect_uri: answer["redirect_uris"][0].as_str().unwrap().to_owned(),
        }
    }

    /// From nothing to tokens: a client registers, ada signs in and approves all.
    pub(crate) async fn connect(&self) -> Connected {
        let client = self.register().await;
        let code = Browser::new(self).code_for(&client).await;
        let tokens = self.tokens(&client, &code).await;
        Connected { client, code, tokens }
    }

    pub(crate) async fn redeem(&self, form: &Form) -> Reply {
        self.post("/oauth/token", form).await
    }

    pub(crate) async fn tokens(&self, client: &Client, code: &str) -> Tokens {
        Tokens::of(&self.redeem(&client.redemption(code)).await)
    }

    pub(crate) async fn refresh(&self, client: &Client, token: &str) -> Reply {
        self.redeem(&client.refreshing(token)).await
    }

    /// A JSON-RPC request to the protected resource.
    pub(crate) async fn mcp(&self, token: &str) -> Reply {
        self.mcp_with(&[("authorization", &format!("Bearer {token}"))]).await
    }

    pub(crate) async fn mcp_with(&self, headers: &[(&str, &str)]) -> Reply {
        let mut request = self
            .http
            .post(self.url("/mcp"))
            .header("content-type", "application/json")
            .body(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Reply::of(request.send().await.unwrap()).await
    }

    /// The client's tokens still do what they did.
    pub(crate) async fn assert_alive(&self, connected: &Connected) {
        assert_eq!(self.mcp(&connected.tokens.access).await.status, 200);
    }

    /// The whole session is over: its access tokens and its newest refresh token.
    pub(crate) async fn assert_over(&self, client: &Client, tokens: &Tokens) {
        let refused = self.mcp(&tokens.access).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        assert_eq!(self.refresh(client, &tokens.refresh).await.error(), "400 invalid_grant");
    }
}
