//! A person's browser: keeps cookies by host, follows no redirect unasked, and says where a form was posted from.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use standin::demo::{PEOPLE, Person};
use url::Url;

use super::{Client, Form, Reply, World};

pub(crate) struct Browser<'w> {
    world: &'w World,
    person: &'static Person,
    /// Port of the site and name of the cookie → value.
    cookies: Mutex<BTreeMap<(u16, String), String>>,
}

impl<'w> Browser<'w> {
    /// Ada's.
    pub(crate) fn new(world: &'w World) -> Self {
        Self::of(world, &PEOPLE[0])
    }

    pub(crate) fn of(world: &'w World, person: &'static Person) -> Self {
        Self { world, person, cookies: Mutex::default() }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.world.http.get(self.absolute(path))).await
    }

    /// With these headers to say where the link was.
    pub(crate) async fn get_from(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let request = self.world.http.get(self.absolute(path));
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// Posts a form of a page of ours.
    pub(crate) async fn post(&self, path: &str, form: &Form) -> Reply {
        self.post_from(path, form, &[("sec-fetch-site", "same-origin"), ("origin", "null")]).await
    }

    /// Posts a form, with these headers to say where it comes from.
    pub(crate) async fn post_from(&self, path: &str, form: &Form, headers: &[(&str, &str)]) -> Reply {
        let request = self
            .world
            .http
            .post(self.absolute(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.encode());
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// The page that names the client.
    pub(crate) async fn ask(&self, request: &Form) -> Reply {
        self.get(&format!("/oauth/authorize?{}", request.encode())).await
    }

    /// Presses the button of that page.
    pub(crate) async fn go_on(&self, page: &Reply) -> Reply {
        self.post("/oauth/authorize", &Form::of([("request", page.hidden("request").as_str())])).await
    }

    /// Asks and presses the button; gives the address at Peaka.
    pub(crate) async fn leave_for_peaka(&self, request: &Form) -> String {
        let page = self.ask(request).await;
        page.assert_is_a_page(200);
        let leaving = self.go_on(&page).await;
        leaving.assert_is_a_page(200);
        leaving.link()
    }

    /// Signs in at Peaka and agrees there; gives the address that Peaka sends the browser back to.
    pub(crate) async fn sign_in_at_peaka(&self, address: &str) -> String {
        let mut reply = self.get(address).await;
        let at = |path: &str| format!("{}{path}", self.world.peaka.url());
        for _ in 0..4 {
            if let Some(back) = Some(reply.header("location")).filter(|to| to.contains("/oauth/callback")) {
                return back.to_owned();
            }
            if reply.header("location").starts_with("/consent") {
                reply = self.get(&at(reply.header("location"))).await;
            }
            let request = hidden_request(&reply.body);
            reply = if reply.body.contains("name=\"password\"") {
                let form = Form::of([
                    ("request", request.as_str()),
                    ("email", self.person.email),
                    ("password", self.person.password),
                ]);
                self.post(&at("/login"), &form).await
            } else {
                let form = Form::of([("request", request.as_str()), ("decision", "authorize")]);
                self.post(&at("/consent"), &form).await
            };
        }
        panic!("Peaka does not send the browser back: {reply:?}");
    }

    /// Up to the consent page.
    pub(crate) async fn to_consent(&self, request: &Form) -> Reply {
        let page = self.ask(request).await;
        page.assert_is_a_page(200);
        let mut reply = self.go_on(&page).await;
        if reply.status == 200 {
            let back = self.sign_in_at_peaka(&reply.link()).await;
            reply = self.get(&back).await;
        }
        assert_eq!(reply.status, 303, "{reply:?}");
        reply.assert_is_protected();
        let consent = self.get(reply.header("location")).await;
        consent.assert_is_a_page(200);
        consent
    }

    /// Answers the consent page with these fields besides the hidden one.
    pub(crate) async fn decide(&self, consent: &Reply, fields: &Form) -> Reply {
        self.post("/oauth/consent", &fields.with("authorization", &consent.hidden("authorization"))).await
    }

    /// What a person sends who changes nothing and presses "Allow".
    pub(crate) fn all() -> Form {
        Form::of([
            ("scope", "peaka:read"),
            ("scope", "peaka:query"),
            ("scope", "peaka:write"),
            ("projects", "all"),
            ("decision", "approve"),
        ])
    }

    /// The whole way to a code.
    pub(crate) async fn code(&self, request: &Form, fields: &Form) -> String {
        let consent = self.to_consent(request).await;
        let leaving = self.decide(&consent, fields).await;
        leaving.assert_is_a_page(200);
        leaving.carries("code").unwrap()
    }

    /// The whole way to a code for everything.
    pub(crate) async fn code_for(&self, client: &Client) -> String {
        self.code(&client.request(self.world), &Self::all()).await
    }

    /// The cookie that names the browser.
    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie_called("peaka-browser")
    }

    /// One of the gateway's cookies.
    pub(crate) fn cookie_called(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.get(&(self.port(), name.to_owned())).cloned()
    }

    /// Plants a value in both of the gateway's cookies.
    pub(crate) fn set_cookie(&self, value: &str) {
        for name in ["peaka-browser", "peaka-signed-in"] {
            self.cookies.lock().unwrap().insert((self.port(), name.to_owned()), value.to_owned());
        }
    }

    pub(crate) fn forget_cookies(&self) {
        self.cookies.lock().unwrap().clear();
    }

    fn port(&self) -> u16 {
        Url::parse(&self.world.origin).unwrap().port().unwrap()
    }

    fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') { self.world.url(path) } else { path.to_owned() }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let mut request = request.build().unwrap();
        let port = request.url().port().unwrap();
        let cookies: Vec<String> = (self.cookies.lock().unwrap().iter())
            .filter(|((site, _), _)| *site == port)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        }
        let reply = Reply::of(self.world.http.execute(request).await.unwrap()).await;
        for line in reply.headers.get_all("set-cookie") {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.lock().unwrap().insert((port, name.to_owned()), value.to_owned());
        }
        reply
    }
}

/// The hidden field of Peaka's pages.
fn hidden_request(html: &str) -> String {
    let start = "name=\"request\" value=\"";
    let from = html.find(start).unwrap_or_else(|| panic!("no request in {html}")) + start.len();
    html[from..].split('"').next().unwrap().to_owned()
}
