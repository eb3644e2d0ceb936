//! A person's browser: it keeps cookies, posts the forms of pages and follows where they lead, to a code.

use std::collections::HashMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use standin::demo;
use url::Url;

use super::wire::{Answer, Wire};
use crate::record::{Event, Record, Reply, Says, What};

/// Where codes are sent. Nobody listens there.
pub(super) const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";
/// The pair of RFC 7636, appendix B: what is protected here is a demonstration.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The cookies of one person, by name alone: no two have the same.
#[derive(Debug, Default)]
pub(super) struct Browser {
    cookies: HashMap<String, String>,
}

/// Who walks, and on what.
pub(super) struct Walk<'a> {
    pub(super) wire: &'a mut Wire,
    pub(super) record: &'a Record,
    pub(super) person: u16,
    pub(super) who: &'a demo::Person,
    pub(super) client_id: &'a str,
}

impl Browser {
    /// Signs in where that is asked for, approves, and gives the code; `None` if a page was not as it should be, which
    /// stands in the record.
    pub(super) async fn code(&mut self, walk: &mut Walk<'_>) -> Option<String> {
        let issuer = walk.wire.issuer.to_string();
        let query = [
            ("response_type", "code"),
            ("client_id", walk.client_id),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "a&b"),
        ];
        let ask = Url::parse_with_params(&format!("{issuer}/oauth/authorize"), query).ok()?;
        let page = text(&self.page(walk, ask.as_str(), None).await?)?;
        let form = [("request", field(&page, "request")?)];
        let begun = self.page(walk, &format!("{issuer}/oauth/authorize"), Some(&form)).await?;
        let consent = match location(&begun) {
            Some(consent) => consent,
            None => {
                let callback = self.sign_in(walk, &leads_to(&text(&begun)?)?).await?;
                location(&self.page(walk, &callback, None).await?)?
            }
        };
        let consent = Url::parse(&issuer).ok()?.join(&consent).ok()?;
        let page = text(&self.page(walk, consent.as_str(), None).await?)?;
        let form = [
            ("authorization", field(&page, "authorization")?),
            ("projects", "all".to_owned()),
            ("scope", "peaka:read".to_owned()),
            ("scope", "peaka:query".to_owned()),
            ("decision", "approve".to_owned()),
        ];
        let decided = self.page(walk, &format!("{issuer}/oauth/consent"), Some(&form)).await?;
        let back = Url::parse(&leads_to(&text(&decided)?)?).ok()?;
        let code = back.query_pairs().find(|(name, _)| name == "code")?.1.into_owned();
        walk.record.keep_secret(&code);
        Some(code)
    }

    /// Through Peaka's pages, to the address at which the gateway is called back.
    async fn sign_in(&mut self, walk: &Walk<'_>, to: &str) -> Option<String> {
        let peaka = Url::parse(to).ok()?;
        let mut answer = self.peaka(walk, to, None).await?;
        loop {
            if let Some(next) = location(&answer) {
                let next = peaka.join(&next).ok()?;
                if next.as_str().starts_with(&*walk.wire.issuer) {
                    return Some(next.into());
                }
                answer = self.peaka(walk, next.as_str(), None).await?;
                continue;
            }
            let page = text(&answer)?;
            let request = field(&page, "request")?;
            let (path, form) = if page.contains("action=\"/login\"") {
                let (email, password) = (walk.who.email.to_owned(), walk.who.password.to_owned());
                ("/login", vec![("request", request), ("email", email), ("password", password)])
            } else {
                ("/consent", vec![("request", request), ("decision", "authorize".to_owned())])
            };
            answer = self.peaka(walk, peaka.join(path).ok()?.as_str(), Some(&form)).await?;
        }
    }

    /// A page of the gateway.
    async fn page(
        &mut self,
        walk: &mut Walk<'_>,
        url: &str,
        form: Option<&[(&str, String)]>,
    ) -> Option<Answer> {
        let path = url.strip_prefix(&*walk.wire.issuer)?.to_owned();
        let (from, cookies) = (walk.record.now(), self.header());
        let answer = walk
            .wire
            .send(|http, origin| {
                let url = format!("{origin}{path}");
                let request = match form {
                    Some(form) => http.post(url).form(form).header("sec-fetch-site", "same-origin"),
                    None => http.get(url),
                };
                request.header(COOKIE, &cookies)
            })
            .await;
        let reply = answer.as_ref().map_or(Reply::BROKEN, |answer| answer.reply(Says::Nothing));
        // A redirect is what was asked for, too.
        let reply = if reply.status == 303 { Reply::status(200) } else { reply };
        let to = walk.record.now();
        walk.record.add(Event { from, to, person: walk.person, session: 0, what: What::Page, reply });
        let answer = answer.filter(|_| reply.is_success())?;
        self.keep(&answer);
        Some(answer)
    }

    async fn peaka(&mut self, walk: &Walk<'_>, url: &str, form: Option<&[(&str, String)]>) -> Option<Answer> {
        let cookies = self.header();
        let build = |http: &reqwest::Client| {
            let request = match form {
                Some(form) => http.post(url).form(form),
                None => http.get(url),
            };
            request.header(COOKIE, &cookies)
        };
        let answer = walk.wire.elsewhere(build).await?;
        self.keep(&answer);
        Some(answer)
    }

    fn header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn location(answer: &Answer) -> Option<String> {
    let to = answer.headers.get(LOCATION).filter(|_| answer.status.is_redirection())?;
    Some(to.to_str().ok()?.to_owned())
}

fn text(answer: &Answer) -> Option<String> {
    answer.status.is_success().then(|| String::from_utf8_lossy(&answer.body).into_owned())
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> Option<String> {
    between(page, &format!("name=\"{name}\" value=\""))
}

/// Where a page navigates by itself.
fn leads_to(page: &str) -> Option<String> {
    between(page, "content=\"0;url=")
}

fn between(page: &str, before: &str) -> Option<String> {
    let value = page.split_once(before)?.1.split_once('"')?.0;
    Some(value.replace("&#38;", "&").replace("&amp;", "&"))
}
