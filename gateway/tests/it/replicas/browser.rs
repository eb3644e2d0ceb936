//! A person's browser: it keeps cookies, posts the forms of pages and follows where they lead.

use std::collections::HashMap;

use reqwest::{Response, StatusCode, header};
use standin::demo::PEOPLE;
use url::Url;

use super::{
    client::{Answer, CHALLENGE, Client, REDIRECT_URI, from_anywhere},
    cluster::Cluster,
};

pub(crate) struct Browser {
    http: reqwest::Client,
    issuer: String,
    peaka: String,
    /// By name alone: all hosts are this machine, and no two cookies have the same name.
    cookies: HashMap<String, String>,
    /// Which replica answers the next request, as a load balancer would have it.
    replicas: Vec<String>,
    requests: usize,
}

impl Browser {
    /// One whose requests go to these replicas in turn.
    pub(crate) fn new(cluster: &Cluster, replicas: &[&str]) -> Self {
        Self {
            http: cluster.http.clone(),
            issuer: cluster.issuer.clone(),
            peaka: cluster.peaka.url().to_owned(),
            cookies: HashMap::new(),
            replicas: replicas.iter().map(|url| (*url).to_owned()).collect(),
            requests: 0,
        }
    }

    /// Signs in where that is asked for, approves what is asked, and gives the code.
    pub(crate) async fn authorize(&mut self, client: &Client) -> String {
        let query = [
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "a&b"),
        ];
        let ask = Url::parse_with_params(&format!("{}/oauth/authorize", self.issuer), query).unwrap();
        let page = text(self.get(ask.as_str()).await).await;
        let begin = format!("{}/oauth/authorize", self.issuer);
        let begun = self.post(&begin, &[("request", &field(&page, "request"))]).await;
        let mut consent = location(&begun);
        if consent.is_none() {
            let to_peaka = refresh(&text(begun).await);
            let callback = self.sign_in(&to_peaka).await;
            consent = location(&self.get(&callback).await);
        }
        let consent = Url::parse(&self.issuer).unwrap().join(&consent.unwrap()).unwrap();
        let page = text(self.get(consent.as_str()).await).await;
        let mut form = vec![("projects", "all".to_owned()), ("decision", "approve".to_owned())];
        form.push(("authorization", field(&page, "authorization")));
        for scope in ["peaka:read", "peaka:query"] {
            form.push(("scope", scope.to_owned()));
        }
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let decided = self.post(&format!("{}/oauth/consent", self.issuer), &form).await;
        let back = Url::parse(&refresh(&text(decided).await)).unwrap();
        let parameters: HashMap<_, _> = back.query_pairs().collect();
        assert_eq!(
            (parameters["state"].as_ref(), parameters["iss"].as_ref()),
            ("a&b", self.issuer.as_str()),
            "{back}"
        );
        parameters["code"].clone().into_owned()
    }

    /// A session from beginning to end.
    pub(crate) async fn tokens(&mut self, client: &Client, at: &str) -> Answer {
        let code = self.authorize(client).await;
        client.redeem(at, &code).await.granted()
    }

    /// Through Peaka's pages, to the address at which the gateway is called back.
    async fn sign_in(&mut self, to: &str) -> String {
        let mut answer = self.get(to).await;
        loop {
            if let Some(next) = location(&answer) {
                let next = Url::parse(&self.peaka).unwrap().join(&next).unwrap();
                if next.as_str().starts_with(&self.issuer) {
                    return next.into();
                }
                answer = self.get(next.as_str()).await;
                continue;
            }
            let page = text(answer).await;
            let request = field(&page, "request");
            answer = if page.contains("action=\"/login\"") {
                let form =
                    [("request", &*request), ("email", PEOPLE[0].email), ("password", PEOPLE[0].password)];
                self.post(&format!("{}/login", self.peaka), &form).await
            } else {
                let form = [("request", &*request), ("decision", "authorize")];
                self.post(&format!("{}/consent", self.peaka), &form).await
            };
        }
    }

    async fn get(&mut self, url: &str) -> Response {
        let url = self.next_replica(url);
        let request = self.http.get(url);
        self.send(request).await
    }

    async fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Response {
        let url = self.next_replica(url);
        let request = self.http.post(url).form(form).header("sec-fetch-site", "same-origin");
        self.send(request).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = from_anywhere(request).header(header::COOKIE, cookies.join("; "));
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// What is addressed to the gateway goes to the next of its replicas.
    fn next_replica(&mut self, url: &str) -> String {
        let Some(path) = url.strip_prefix(&self.issuer) else { return url.to_owned() };
        let replica = &self.replicas[self.requests % self.replicas.len()];
        self.requests += 1;
        format!("{replica}{path}")
    }
}

/// Where a redirect leads.
fn location(answer: &Response) -> Option<String> {
    let redirected = answer.status() == StatusCode::SEE_OTHER;
    redirected.then(|| answer.headers()[header::LOCATION].to_str().unwrap().to_owned())
}

async fn text(answer: Response) -> String {
    let (status, page) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{page}");
    page
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    between(page, &format!("name=\"{name}\" value=\""))
}

/// Where a page navigates by itself.
fn refresh(page: &str) -> String {
    between(page, "content=\"0;url=")
}

fn between(page: &str, before: &str) -> String {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&")
}
