//! A gateway, and a client on a device.

use serde_json::{Value, json};

use crate::harness::{Browser, Client, Form, Reply, World};

pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) struct House {
    pub(super) world: World,
    pub(super) client: Client,
}

pub(super) async fn register(world: &World) -> Client {
    world
        .client(&json!({"client_name": "Headless", "redirect_uris": ["https://device.example/cb"],
            "grant_types": ["authorization_code", "refresh_token", GRANT]}))
        .await
}

pub(super) fn beginning(client: &Client) -> Form {
    let form = Form::of([("client_id", client.id.as_str()), ("scope", "peaka:read peaka:query")]);
    match &client.secret {
        Some(secret) => form.with("client_secret", secret),
        None => form,
    }
}

pub(super) async fn begin(world: &World, client: &Client) -> Reply {
    world.post("/oauth/device_authorization", &beginning(client)).await
}

/// What the device is told.
pub(super) async fn ask_again(world: &World, form: &Form) -> String {
    let reply = world.redeem(form).await;
    assert_eq!(reply.status, 400, "{reply:?}");
    reply.json()["error"].as_str().unwrap().to_owned()
}

impl House {
    pub(super) async fn start() -> Self {
        let world = World::start().await;
        let client = register(&world).await;
        Self { world, client }
    }

    pub(super) async fn begin(&self) -> Value {
        let reply = begin(&self.world, &self.client).await;
        assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{reply:?}");
        reply.json()
    }

    pub(super) fn polling(&self, begun: &Value) -> Form {
        Form::of([
            ("grant_type", GRANT),
            ("client_id", &self.client.id),
            ("device_code", begun["device_code"].as_str().unwrap()),
        ])
    }

    /// Types the code and presses the button; the page that names the client.
    pub(super) async fn enter(&self, browser: &Browser<'_>, code: &str) -> Reply {
        browser.get("/oauth/device").await.assert_is_a_page(200);
        browser.post("/oauth/device", &Form::of([("user_code", code)])).await
    }

    /// Up to the consent page.
    pub(super) async fn to_consent(&self, browser: &Browser<'_>, code: &str) -> Reply {
        let page = self.enter(browser, code).await;
        page.assert_is_a_page(200);
        assert!(page.body.contains("Headless"), "{page:?}");
        let mut reply = browser.go_on(&page).await;
        if reply.status == 200 {
            let back = browser.sign_in_at_peaka(&reply.link()).await;
            reply = browser.get(&back).await;
        }
        assert_eq!(reply.status, 303, "{reply:?}");
        let consent = browser.get(reply.header("location")).await;
        consent.assert_is_a_page(200);
        consent
    }

    pub(super) async fn allow(&self, browser: &Browser<'_>, code: &str) {
        let consent = self.to_consent(browser, code).await;
        let fields = Form::of([
            ("scope", "peaka:read"),
            ("scope", "peaka:query"),
            ("projects", "all"),
            ("decision", "approve"),
        ]);
        browser.decide(&consent, &fields).await.assert_is_a_page(200);
    }
}
